"""What a metric reads and how it is called: the features behind a card, its module's functions, its signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from sightsound.bench.core import media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.sides import FIELDS
from sightsound.metrics.signature import signature


def under(card: MetricCard) -> MetricCard:
    """The paired metric whose values a ranked one ranks, over the features that the ranked one names."""
    paired = registry.metric(card.over)
    return replace(paired, needs=card.needs or paired.needs)


def needs(card: MetricCard) -> tuple[Need, ...]:
    """The features that a metric reads, a ranked metric's through the one that it ranks."""
    return under(card).needs if card.kind == "ranked" else card.needs


def place_of(card: MetricCard, need: Need, *, against: bool) -> str:
    """Where a need's features are: `against` for the reference of a distance between sets where the split has
    another set for it, else the need's own place."""
    return "against" if against and card.kind == "two_sets" and need.side == "reference" else need.place


def of_examples(card: MetricCard, *, against: bool, halves: bool = False) -> tuple[Need, ...]:
    """What a metric reads of each example: half of a reference is held against the other half's references, and a
    set against another set (`against`), not against its own."""
    others = halves or (against and card.kind == "two_sets")
    return tuple(need for need in needs(card) if not (others and need.side == "reference"))


def extractors(cards: Sequence[MetricCard]) -> list[str]:
    """Names of the extractors that the metrics need."""
    return sorted({need.extractor for card in cards for need in needs(card)})


def reads_corpus(card: MetricCard) -> bool:
    """Whether it compares with the user's corpus."""
    return any(need.side == "corpus" for need in card.needs)


def refuse_absent(cards: Sequence[MetricCard], examples: Sequence[Example], split: str) -> None:
    """BenchError for a metric that reads a field which no example of the split has."""
    for card in cards:
        for need in needs(card):
            if not need.of or need.note or any(getattr(each, need.of) is not None for each in examples):
                continue
            there = [name for name in FIELDS if any(getattr(each, name) is not None for each in examples)]
            raise BenchError(f"metric {card.name}: {split} has no {need.of}; its examples have {', '.join(there)}")


def sign(card: MetricCard, stored: FeatureSet, n: int) -> str:
    """The signature of a value over `n` clips."""
    names = {need.extractor for need in needs(card)}
    rates = {registry.extractor(name).rate_hz for name in names} - {0}
    of_video = [n for n in needs(card) if n.of == "video" or (stored.video and n.place == "image")]
    seen = {registry.extractor(n.extractor).modality for n in of_video}
    frame = {"cond": "middleframe"} if "image" in seen else {}
    sound = {"rs": media.RESAMPLER, "len": stored.length}
    corpus = {"corpus": stored.corpus} if reads_corpus(card) else {}
    whose = [place_of(card, need, against=stored.against is not None) for need in needs(card)]
    return signature(
        card,
        n=n,
        reference=stored.against.label if stored.against and "against" in whose else stored.split,
        extractors={name: stored.extractor_signature(name) for name in names},
        options={"sr": "+".join(map(str, sorted(rates)))} | (sound if rates else {}) | frame | corpus,
    )


def module_of(card: MetricCard) -> Any:
    """The module of a metric: `statistics` and `aggregate`."""
    module = _module(card.module)
    if lacking := [name for name in ("statistics", "aggregate") if not callable(getattr(module, name, None))]:
        raise BenchError(f"metric {card.name}: its module {card.module} has no function {lacking[0]!r}")
    return module


def function_of(card: MetricCard, name: str) -> Any:
    """`aggregate`, `replicates` or `plugin` of a metric, with its options; None where the module has none."""
    function = getattr(module_of(card), name, None)
    return function and partial(function, **card.aggregate_options)


@cache
def _module(name: str) -> Any:
    return registry.load(name)
