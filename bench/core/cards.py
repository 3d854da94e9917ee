"""One door for every kind of card: ours, those of installed packages, those of a module that the user names.

A package hands over cards of any kind through the entry-point group `sightsound.plugins`; a module that is named
as `package.module:NAME` hands over all of its cards. docs/adding/ shows each kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from types import ModuleType
from typing import Any

from sightsound.bench.core import console
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import load, said
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Task, Variant
from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard
from sightsound.metrics.catalogue import Metrics

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
_MEASURES = ("formula", "network", "metric")  # what the catalogue of metrics is made of
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # names become part of file names, labels and signatures

_known: dict[str, dict[str, Any]] = {}
"""Kind -> name -> card: of ours, once they were asked for, and of every module that was adopted."""
_plugins_read: list[bool] = []
adopted: list[str] = []
"""Modules that the user named; another process doesn't know their cards."""
_metrics: dict[int, Metrics] = {}
"""Number of card sources -> the metrics of all cards that were known then; the last is kept."""
changed: list[str] = []
"""Where cards came from, in order; whoever keeps something made of cards makes it anew when this grows."""


def cards(kind: str) -> dict[str, Any]:
    """Every card of a kind by name."""
    if kind not in _known:
        ours = [card for module in OURS[kind] for card in handed_over(load(module))]
        _known[kind] = {card.name: card for card in ours if kind_of(card) == kind}
    if not _plugins_read:
        _plugins_read.append(True)
        for point in metadata.entry_points(group=ENTRY_POINTS):
            _read_plugin(point)
    return _known[kind]


def metrics() -> Metrics:
    """Every metric: formulas over networks, and metrics with a card of their own."""
    known = [cards(kind).values() for kind in _MEASURES]
    if len(changed) not in _metrics:
        made = Metrics(*known)
        _metrics.clear()
        _metrics[len(changed)] = made
    return _metrics[len(changed)]


def adopt(module: str, name: str) -> Any:
    """The card that the variable `name` of a module is, None where it has no such variable.

    All cards of the module become known with it. BenchError for a variable that is no card.
    """
    found = adopt_all(module)
    if not hasattr(found, name.partition(".")[0]):
        return None
    named = load(f"{module}:{name}")
    if not _is_card(named):
        raise BenchError(f"{module}:{name} is no card and has no attribute `card` that is one")
    (card,) = handed_over(named)
    add([card], module)
    return card


def adopt_all(module: str) -> Any:
    """Make the cards of a module known, as an installed package's are. Returns the module."""
    found = load(module)
    add(handed_over(found), module)
    if module not in adopted:
        adopted.append(module)
    return found


def handed_over(found: Any) -> list[Any]:
    """The cards that `found` is or holds.

    It is a card, a model's class with its card, a list or mapping of these, a function that returns any of these,
    or a module: its CARDS where it has them, else every card among its public names. BenchError for anything else.
    """
    if isinstance(found, ModuleType):
        if hasattr(found, "CARDS"):
            return handed_over(found.CARDS)
        public = [item for name, item in vars(found).items() if not name.startswith("_") and _is_card(item)]
        own = [item for item in public if not isinstance(item, type) or item.__module__ == found.__name__]
        # a model's card without variants cannot be built by itself: the class that carries it hands it over
        own = [item for item in own if not isinstance(item, ModelCard) or item.variants]
        return _each_once(card for item in own for card in handed_over(item))
    if _is_card(found):
        return [_of_class(found) if isinstance(found, type) else found]
    if isinstance(found, Mapping):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return [card for item in found for card in handed_over(item)]
    if callable(found) and not isinstance(found, type):
        return handed_over(found())
    raise BenchError(f"{found!r:.80} is no card; a card is one of {', '.join(t.__name__ for t in KINDS.values())}")


def add(found: Iterable[Any], source: str) -> None:
    """Make cards known, all of them or none.

    BenchError for a name that is refused, for two different cards of a kind and name, and for two metrics of a
    name, which come about where a network is `called` like another.
    """
    new: dict[str, dict[str, Any]] = {}
    for card in found:
        kind = kind_of(card)
        check_name(card, source)
        have = new.setdefault(kind, {}).setdefault(card.name, cards(kind).get(card.name, card))
        if have != card:
            raise BenchError(f"{source}: there is another {kind} named {card.name!r} already; rename this one")
    if any(new.get(kind, {}).keys() - cards(kind) for kind in _MEASURES):
        try:
            Metrics(*((cards(kind) | new.get(kind, {})).values() for kind in _MEASURES))
        except (ValueError, LookupError) as error:  # LookupError: braces in a text that mean nothing
            raise BenchError(f"{source}: {said(error)}; rename or mend it") from error
    for kind, of_kind in new.items():
        cards(kind).update(of_kind)
    changed.append(source)


def check_name(card: Any, source: str) -> None:
    """BenchError for a card whose name cannot stand in file names, labels and signatures."""
    if not _NAME.fullmatch(card.name):
        kind = kind_of(card)
        raise BenchError(f"{source}: a {kind} named {card.name!r}; a name is letters, digits, '_', '-' and '.'")


def kind_of(card: Any) -> str:
    """What it is a card of: a key of KINDS."""
    return next(kind for kind, its_type in KINDS.items() if isinstance(card, its_type))


def forget() -> None:
    """Read every card anew when it is next asked for: packages may have come or gone."""
    _known.clear()
    _plugins_read.clear()
    adopted.clear()
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
        found = handed_over(load(f"{point.module}:{point.attr or ''}"))
        if not found:
            raise BenchError(f"{point.value} hands over no card")
        add(found, point.value)
    except Exception as error:  # a stranger's function may raise anything
        what = str(error) if isinstance(error, BenchError) else f"{point.value}: {said(error)}"
        console.say(f"bench: the plugin {point.name!r} is left out: {' '.join(what.split())}")
