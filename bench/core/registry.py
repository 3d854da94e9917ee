"""Names to cards. A name that is not known gets the nearest ones in its error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sightsound.bench.core import cards as door
from sightsound.bench.core.cards import KINDS, cards
from sightsound.bench.core.loading import UnknownNameError, is_module, load, unknown
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Task, Variant
from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, MetricCard
from sightsound.metrics.catalogue import Metrics

__all__ = ["KINDS", "System", "UnknownNameError", "cards", "load", "unknown"]


@dataclass(frozen=True)
class System:
    """One variant of one family with its options: what a board has a line for."""

    card: ModelCard
    """The family."""
    variant: str
    """Variant name; empty where the family has only one way."""
    build: Variant
    """How it is made."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword arguments of the entry that the user set."""

    @property
    def label(self) -> str:
        """`family:variant`, with the options that were set: what a row calls it."""
        options = "".join(f"+{key}={value}" for key, value in sorted(self.options.items()))
        return f"{self.card.name}:{self.variant}{options}".rstrip(":")


def find(kind: str, name: str) -> Any:
    """The card of a kind by its name or by `package.module:NAME`. UnknownNameError, BenchError."""
    known = cards(kind)
    if name in known:
        return known[name]
    module, _, attribute = name.partition(":")
    if attribute and is_module(module):
        card = door.adopt(name)
        if not isinstance(card, KINDS[kind]):
            raise UnknownNameError(f"{name} is a {type(card).__name__}, no {kind}")
        return card
    raise unknown(kind, name, known)


def systems(spec: str, preset: str, options: Mapping[str, str] | None = None) -> list[System]:
    """The systems that `family`, `family:variant` or `package.module:Class` stands for under a preset.

    A bare family name stands for the preset's variants of it; a variant is also found with the preset's name
    before it (`no_bridge` is `pocket_no_bridge` under the preset `pocket`).
    """
    family, _, variant = spec.partition(":")
    known = cards("model")
    if family in known:
        card = known[family]
    elif variant and is_module(family):
        card, variant = find("model", spec), ""
    else:
        raise unknown("model", family, known)
    if variant:
        names = [name for name in (variant, f"{preset}_{variant}") if name in card.variants][:1]
        if not names:
            raise unknown(f"variant of {family}", variant, card.variants)
    else:
        names = list(card.presets.get(preset, tuple(card.variants)[:1]))
    return [System(card, name, card.variants[name], dict(options or {})) for name in names]


def reference_systems() -> list[System]:
    """The reference rows, in the order in which a table has them."""
    return [
        System(card, name, variant)
        for card in model_cards().values()
        if card.reference
        for name, variant in card.variants.items()
    ]


def model_cards() -> dict[str, ModelCard]:
    """Every family that is known, those of other packages included."""
    return cards("model")


def task(name: str) -> Task:
    """The task of that name."""
    found: Task = find("task", name)
    return found


def preset(name: str) -> PresetCard:
    """The preset of that name."""
    found: PresetCard = find("preset", name)
    return found


def asset(name: str) -> Asset:
    """The asset of that name."""
    found: Asset = find("asset", name)
    return found


def split_cards() -> dict[str, SplitCard]:
    """Every split that has a card."""
    return cards("split")


_metrics: dict[int, Metrics] = {}
"""Number of card sources -> the metrics of all cards that were known then; the last is kept."""


def metrics() -> Metrics:
    """Every metric: formulas over networks, and metrics with a card of their own."""
    known = [cards(kind).values() for kind in ("formula", "network", "metric")]
    if len(door.changed) not in _metrics:
        made = Metrics(*known)
        _metrics.clear()
        _metrics[len(door.changed)] = made
    return _metrics[len(door.changed)]


def metric(name: str, task: Task | None = None) -> MetricCard:
    """The metric of that name; for a task, the one that scores what it makes.

    Where the task's condition is a video, with the networks that take one.
    """
    known = metrics()
    if name not in known:
        if ":" not in name:
            raise unknown("metric", name, known.spellings())
        name = find("metric", name).name
        known = metrics()
    card = known.get_for(name, task.output if task else "audio")
    if task is None or "video" not in task.conditions:
        return card
    return replace(card, needs=tuple(replace(n, extractor=n.video or n.extractor) for n in card.needs))


def extractor_names() -> list[str]:
    """Names of all networks."""
    return list(cards("network"))


def extractor(name: str) -> ExtractorCard:
    """The network of that name."""
    found: ExtractorCard = find("network", name)
    return found


def names(kind: str) -> Iterable[str]:
    """Every name of a kind."""
    return metrics() if kind == "metric" else cards(kind)
