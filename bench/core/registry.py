"""Names to cards. A name that is not known gets the nearest ones in its error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sightsound.bench.core import cards as door
from sightsound.bench.core import spelling
from sightsound.bench.core.cards import KINDS, cards, metrics
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.home import Home
from sightsound.bench.core.loading import UnknownNameError, is_module, load, unknown
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Task, Variant
from sightsound.metrics import sides
from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, MetricCard

__all__ = ["KINDS", "System", "UnknownNameError", "cards", "load", "metrics", "unknown"]


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
    home: Home | None = None
    """Where it runs; None for this process."""
    spec: str = field(default="", compare=False)
    """What `--model` names this one alone by, options included; empty for one that nobody named."""

    @property
    def label(self) -> str:
        """`family:variant`, with the options that were set: what a row calls it, and `--model` takes."""
        plain = f"{self.card.name}:{self.variant}"
        return spelling.joined(plain, self.options) if self.options else plain.rstrip(":")


def find(kind: str, name: str) -> Any:
    """The card of a kind by its name, or by `package.module:NAME`. UnknownNameError, BenchError.

    NAME is a variable of the module that holds the card (or is a model's class), or the card's name.
    """
    if name in names(kind):
        return names(kind)[name]
    module, _, variable = name.partition(":")
    if not variable:
        raise unknown(kind, name, metrics().spellings() if kind == "metric" else names(kind))
    card = door.adopt(module, variable)
    if card is None and variable in names(kind):
        return names(kind)[variable]
    if card is None:
        raise UnknownNameError(f"{module} has no card and no {kind} named {variable!r}; it has {_told(module)}")
    if not isinstance(card, KINDS[kind]):
        raise UnknownNameError(
            f"{name} is the {door.kind_of(card)} {card.name!r}, no {kind}{_instead(card, kind, module)}"
        )
    return card


def _told(module: str) -> str:
    """The cards that a module hands over, for an error."""
    return ", ".join(f"the {door.kind_of(card)} {card.name}" for card in door.handed_over(load(module))) or "none"


def _instead(card: Any, kind: str, module: str) -> str:
    """What to write where a formula or a network was named and a metric is asked for."""
    of_it = [metric for cell, metric in metrics().cells.items() if card.name in cell] if kind == "metric" else []
    return f"; a metric with it is {module}:{of_it[0]}" if of_it else ""


def systems(spec: str, preset: str) -> list[System]:
    """The systems that `family`, `family:variant` or `package.module:NAME[:variant]` stands for under a preset,
    each with the options `+key=value` that follow.

    A bare family name stands for the preset's variants of it; a variant is also found with the preset's name
    before it (`no_bridge` is `pocket_no_bridge` under the preset `pocket`).
    """
    spec, options = spelling.parted(spec)
    family, _, variant = spec.partition(":")
    known = cards("model")
    outside = is_outside(spec, preset)
    if family in known and not outside:
        card = known[family]
    elif outside and is_module(family):
        name, _, variant = variant.partition(":")
        card = find("model", f"{family}:{name}")
    else:
        raise unknown("model or Python module" if variant else "model", family, known)
    return [System(card, name, card.variants[name], options) for name in variants(card, variant, preset)]


def is_outside(spec: str, preset: str) -> bool:
    """Whether a spec is a `package.module:NAME`, and not a `family:variant`: also where a module that was given
    before has a family of its own name."""
    family, _, rest = spelling.parted(spec)[0].partition(":")
    card = cards("model").get(family)
    names = {rest.partition(":")[0], f"{preset}_{rest}"}
    return bool(rest) and (card is None or (family in door.adopted and not names & card.variants.keys()))


def variants(card: ModelCard, variant: str, preset: str) -> list[str]:
    """Names of the variants that `variant` stands for under a preset; an empty one for the bare family."""
    if not variant:
        return list(card.presets.get(preset, tuple(card.variants)[:1]))
    names = [name for name in (variant, f"{preset}_{variant}") if name in card.variants][:1]
    if not names:
        raise unknown(f"variant of {card.name}", variant, card.variants)
    return names


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


def metric(name: str, task: Task | None = None) -> MetricCard:
    """The metric of that name; for a task, the one that scores what it makes.

    Where the task's condition is a video, with the networks that take one. `NAME@FIELD` and the like say what it
    reads (metrics/sides.py); BenchError for what it cannot read.
    """
    name, at, named = name.partition("@")
    if name not in metrics():
        name = find("metric", name).name
    if at:
        return _held(name, named, task)
    card = metrics().get_for(name, task.output if task else "audio")
    if task is None or "video" not in task.conditions:
        return card
    return replace(card, needs=tuple(replace(n, extractor=n.video or n.extractor) for n in card.needs))


def _held(name: str, named: str, task: Task | None) -> MetricCard:
    """The metric `name` that reads what is `named` behind the `@`."""
    card = metrics().get_for(name, task.output if task else "audio")
    if card.kind == "rated":
        raise BenchError(f"metric {name}@{named}: {name} is what people answer; it reads nothing")
    if ":" in named or (card.kind != "ranked" and all(need.side == "generated" for need in card.needs)):
        card = metrics().get_for(name, "text")  # of notes
    if card.kind == "ranked" and not card.needs:
        card = replace(card, needs=metric(card.over).needs)
    own = next(extractor(need.extractor).modality for need in card.needs if need.side == "generated")
    try:
        return sides.held(card, named, cards("network"), task.output if task else own, task.sides if task else {})
    except ValueError as error:
        raise BenchError(f"metric {name}@{named}: {error}") from error


def extractor_names() -> list[str]:
    """Names of all networks."""
    return list(cards("network"))


def extractor(name: str) -> ExtractorCard:
    """The network of that name."""
    found: ExtractorCard = find("network", name)
    return found


def extractors_called(name: str) -> list[ExtractorCard]:
    """The networks that a user may mean: the one of that name, else those called so in metrics, else those of the
    joint space of that name. UnknownNameError for none.
    """
    known = cards("network").values()
    if name not in cards("network") and ":" not in name:
        called = [card for card in known if card.called == name]
        if found := called or [card for card in known if name in card.spaces[:1]]:
            return found
    return [extractor(name)]


def names(kind: str) -> Mapping[str, Any]:
    """Every card of a kind by name."""
    return metrics() if kind == "metric" else cards(kind)
