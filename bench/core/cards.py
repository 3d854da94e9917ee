"""One door for every kind of card: ours, those of installed packages, those of a module that the user names.

A package hands over cards of any kind through the entry-point group `sightsound.plugins`; a module that is named
as `package.module:NAME` hands over all of its cards. docs/adding/ shows each kind.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from types import ModuleType
from typing import Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import load
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Task, Variant
from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard

ENTRY_POINTS = "sightsound.plugins"
KINDS: dict[str, type] = {
    "model": ModelCard,
    "metric": MetricCard,
    "formula": FormulaCard,
    "network": ExtractorCard,
    "split": SplitCard,
    "task": Task,
    "preset": PresetCard,
    "asset": Asset,
}
"""What there are cards of."""
_METRICS, _SPLITS, _MODELS = (
    "sightsound.metrics.cards",
    "sightsound.bench.splits.cards",
    "sightsound.baselines.cards",
)
OURS = {
    "model": (_MODELS,),
    "metric": (_METRICS,),
    "formula": (_METRICS,),
    "network": (_METRICS,),
    "split": (_SPLITS,),
    "task": ("sightsound.bench.core.tasks",),
    "preset": ("sightsound.bench.core.presets",),
    "asset": (_METRICS, _SPLITS, _MODELS),
}
"""Kind -> our modules that hand over cards of it, so that a listing of one kind imports no other."""

_known: dict[str, dict[str, Any]] = {}
"""Kind -> name -> card: of ours, once they were asked for, and of every module that was adopted."""
_plugins_read: list[bool] = []


def cards(kind: str) -> dict[str, Any]:
    """Every card of a kind by name."""
    if kind not in _known:
        _known[kind] = {}
        for module in OURS[kind]:
            add((card for card in handed_over(load(module)) if isinstance(card, KINDS[kind])), module)
    if not _plugins_read:
        _plugins_read.append(True)
        for point in metadata.entry_points(group=ENTRY_POINTS):
            _read_plugin(point)
    return _known[kind]


def adopt(entry: str) -> Any:
    """The card at `package.module:NAME`; the module's other cards become known with it.

    A class of a model has its card as the attribute `card`. BenchError where there is no card.
    """
    found = load(entry)
    if not _is_card(found):
        raise BenchError(f"{entry} is no card and has no attribute `card` that is one")
    (card,) = handed_over(found)
    module = entry.partition(":")[0]
    add([card, *handed_over(load(module))], module)
    return card


def handed_over(found: Any) -> list[Any]:
    """The cards that `found` is or holds.

    It is a card, a model's class with its card, a list or mapping of these, a function that returns any of these,
    or a module: its CARDS where it has them, else every card among its public names.
    """
    if isinstance(found, tuple(KINDS.values())):
        return [found]
    if isinstance(found, type):
        return [_of_class(found)] if _is_card(found) else []
    if isinstance(found, ModuleType):
        if hasattr(found, "CARDS"):
            return handed_over(found.CARDS)
        public = [item for name, item in vars(found).items() if not name.startswith("_") and _is_card(item)]
        own = [item for item in public if not isinstance(item, type) or item.__module__ == found.__name__]
        return _each_once(card for item in own for card in handed_over(item))
    if callable(found):
        return handed_over(found())
    if isinstance(found, Mapping):
        found = found.values()
    return [card for item in found for card in handed_over(item)] if isinstance(found, Iterable) else []


def forget() -> None:
    """Read every card anew when it is next asked for: packages may have come or gone."""
    _known.clear()
    _plugins_read.clear()
    changed.append("")


def _is_card(found: Any) -> bool:
    return isinstance(found, tuple(KINDS.values())) or (
        isinstance(found, type) and isinstance(getattr(found, "card", None), ModelCard)
    )


def _each_once(found: Iterable[Any]) -> list[Any]:
    kept: list[Any] = []
    for card in found:
        if card not in kept:
            kept.append(card)
    return kept


def _of_class(model: Any) -> ModelCard:
    """The card that a model's class carries; where it names no variant, the class itself is the only one."""
    card: ModelCard = model.card
    if card.variants:
        return card
    return replace(card, variants={"": Variant(f"{model.__module__}:{model.__qualname__}", card.description)})


def _read_plugin(point: metadata.EntryPoint) -> None:
    """The cards of an installed package; what is wrong with it is said and does not end the command."""
    try:
        add(handed_over(load(point.value)), point.value)
    except Exception as error:  # a stranger's module may raise anything
        what = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"bench: plugin {point.name} ({point.value}) is left out: {what}", file=sys.stderr)


def add(found: Iterable[Any], source: str) -> None:
    """Make cards known. BenchError for two different ones of a kind and name."""
    for card in found:
        kind = next(kind for kind, its_type in KINDS.items() if isinstance(card, its_type))
        have = _known[kind] if kind in _known else cards(kind)
        if have.setdefault(card.name, card) != card:
            raise BenchError(f"{source}: there is another {kind} named {card.name!r} already; rename one of them")
    changed.append(source)


changed: list[str] = []
"""Where cards came from, in order; whoever keeps something made of cards makes it anew when this grows."""
