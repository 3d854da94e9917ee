"""What the cards say of what a page shows; of names that no card has, that there is none."""

from __future__ import annotations

from collections.abc import Iterable

from sightsound.bench.core import labels, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import ModelCard
from sightsound.metrics.card import MetricCard

SPEED = {
    "seconds": "Wall seconds that the system took to generate, loading left out.",
    "seconds_per_example": "Wall seconds that the system took to generate, by example that it was asked for. "
    "It is one machine's: compare it on the same device only.",
}
"""Columns that no metric's card describes."""


def metric_card(metric: str) -> MetricCard | None:
    """The card of a metric as rows name it, `NAME` or `NAME@FIELD`; None where nothing of that name is known."""
    name = metric.partition("@")[0]
    known = registry.metrics()
    if name not in known:
        return None
    try:
        return registry.metric(metric)
    except BenchError:  # what stands behind the @ cannot be read: the metric itself is known all the same
        return known[name]


def model_card(system: str) -> ModelCard | None:
    """The card of a system's family; None where nothing of that name is known."""
    return registry.model_cards().get(system.partition(":")[0])


def definition(metric: str) -> str:
    """What a metric is; of a name that is not registered, that it is not."""
    if metric in labels.SPEED:
        return SPEED[metric]
    card = metric_card(metric)
    return card.definition if card else "No metric of this name is registered here."


def blind(metric: str) -> str:
    """What a metric can't tell; empty where nothing is known."""
    card = metric_card(metric)
    return card.blind if card else ""


def networks(signatures: Iterable[str]) -> dict[str, str]:
    """The networks in the signatures' field `x` that are known here -> their licences."""
    fields = [part for text in signatures for part in text.split("|") if part.startswith("x:")]
    names = {each.partition("@")[0] for part in fields for each in part.removeprefix("x:").split("+")}
    return {name: registry.extractor(name).licence for name in sorted(names & set(registry.extractor_names()))}


def leaks(systems: Iterable[str]) -> dict[str, str]:
    """Families whose training data leak into a split -> what their cards say of it."""
    cards = {system.partition(":")[0]: model_card(system) for system in systems}
    return {name: card.leaks for name, card in cards.items() if card and card.leaks}
