"""What a metric reads and how it is called: the features behind a card, its module's functions, its signature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from sightsound.bench.core import media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.signature import signature

SOUND = {"rs": media.RESAMPLER, "len": media.LENGTH_POLICY}  # what the signature of a metric over sound also says


def under(card: MetricCard) -> MetricCard:
    """The paired metric whose values a ranked one ranks, over the features that the ranked one names."""
    paired = registry.metric(card.over)
    return replace(paired, needs=card.needs or paired.needs)


def needs(card: MetricCard) -> tuple[Need, ...]:
    """The features that a metric reads, a ranked metric's through the one that it ranks."""
    return under(card).needs if card.kind == "ranked" else card.needs


def side_of(card: MetricCard, need: Need, *, against: bool) -> str:
    """Where a need's features are: `against` for the reference of a distance between sets where the split has
    another set for it, else the need's own side."""
    return "against" if against and card.kind == "two_sets" and need.side == "reference" else need.side


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


def sign(card: MetricCard, stored: FeatureSet, n: int) -> str:
    """The signature of a value over `n` clips."""
    names = {need.extractor for need in needs(card)}
    rates = {registry.extractor(name).rate_hz for name in names} - {0}
    seen = {registry.extractor(n.extractor).modality for n in needs(card) if n.side == "image"}
    frame = {"cond": "middleframe"} if stored.video and "image" in seen else {}
    corpus = {"corpus": stored.corpus} if reads_corpus(card) else {}
    return signature(
        card,
        n=n,
        reference=stored.against.label if stored.against and card.kind == "two_sets" else stored.split,
        extractors={name: stored.extractor_signature(name) for name in names},
        options={"sr": "+".join(map(str, sorted(rates)))} | (SOUND if rates else {}) | frame | corpus,
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


def bounds(card: MetricCard) -> tuple[float, float]:
    """Between what a metric's values lie; infinite where its module states no bound."""
    module, scale = module_of(card), float(card.options.get("scale", "1"))
    return scale * getattr(module, "LEAST", -math.inf), scale * getattr(module, "MOST", math.inf)


@cache
def _module(name: str) -> Any:
    return registry.load(name)
