"""Names to cards. A name that is not known gets the nearest ones in its error."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.tasks import TASKS
from sightsound.bench.core.types import ModelCard, SplitCard, Task, Variant
from sightsound.metrics.card import ExtractorCard, MetricCard

MODELS = {
    "art2mus": "sightsound.baselines.art2mus:CARD",
    "audioldm2": "sightsound.baselines.audioldm2:CARD",
    "codi": "sightsound.baselines.codi:CARD",
    "lyric2prompt": "sightsound.baselines.lyric2prompt:CARD",
    "m2ugen": "sightsound.baselines.m2ugen:CARD",
    "mgs": "sightsound.baselines.mgs:CARD",
    "mozart": "sightsound.baselines.mozart:CARD",
    "musci": "sightsound.baselines.musci:CARD",
    "musflow": "sightsound.baselines.musflow:CARD",
    "music2prompt": "sightsound.baselines.music2prompt:CARD",
    "musicgen": "sightsound.baselines.musicgen:CARD",
    "musicldm": "sightsound.baselines.musicldm:CARD",
    "reference": "sightsound.baselines.reference:CARD",
    "reference_image": "sightsound.baselines.reference_image:CARD",
    "reference_lyrics": "sightsound.baselines.reference_text:LYRICS",
    "reference_text": "sightsound.baselines.reference_text:CARD",
    "stable_diffusion": "sightsound.baselines.stable_diffusion:CARD",
}
REFERENCE_SYSTEMS = (
    "reference:same",
    "reference:halves",
    "reference:mispaired",
    "reference:silence",
    "reference:white_noise",
    *(f"reference_image:{variant}" for variant in ("same", "halves", "mispaired", "grey", "noise")),
    *(f"reference_text:{variant}" for variant in ("same", "halves", "mispaired", "shuffled", "sentence")),
    *(f"reference_lyrics:{variant}" for variant in ("copied", "opening")),
)
ENTRY_POINTS = "sightsound.models"


class UnknownNameError(BenchError):
    """A name that no registry has."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not there, with the nearest that are."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:8]
    return UnknownNameError(f"no {kind} named {name!r}; the nearest: {', '.join(near) or 'none'}")


def load(entry: str) -> Any:
    """The object that `package.module:Name` names, or the module where no name follows."""
    module_name, _, attribute = entry.partition(":")
    _search_here()
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        where = f"{entry} needs" if error.name and not module_name.startswith(error.name) else "no"
        raise BenchError(f"{where} Python module {error.name!r}; is it installed?") from error
    for part in filter(None, attribute.split(".")):
        if not hasattr(found, part):
            raise BenchError(f"{module_name} has no {attribute!r}")
        found = getattr(found, part)
    return found


def _search_here() -> None:
    """Let modules in the working folder be imported, as `python -m` does."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def _is_module(name: str) -> bool:
    """Whether Python could import it; the package around a submodule is imported to find out."""
    _search_here()
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return "." in name  # importing it will say which part is missing


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


def model_cards() -> dict[str, ModelCard]:
    """Every family that is known, those of other packages included."""
    entries = MODELS | {point.name: point.value for point in metadata.entry_points(group=ENTRY_POINTS)}
    return {name: _card(entry) for name, entry in sorted(entries.items())}


def _card(entry: str) -> ModelCard:
    """The card at `entry`: itself, or the `card` of a class, which then is the only variant's entry."""
    found = load(entry)
    card = found if isinstance(found, ModelCard) else getattr(found, "card", None)
    if not isinstance(card, ModelCard):
        raise BenchError(f"{entry} is no ModelCard and has no attribute `card` that is one")
    if not card.variants:
        variants = {"": Variant(entry, card.description)}
        card = ModelCard(**{**card.__dict__, "variants": variants})
    return card


def systems(spec: str, preset: str, options: Mapping[str, str] | None = None) -> list[System]:
    """The systems that `family`, `family:variant` or `package.module:Class` stands for under a preset.

    A bare family name stands for the preset's variants of it; a variant is also found with the preset's name
    before it (`no_bridge` is `pocket_no_bridge` under the preset `pocket`).
    """
    family, _, variant = spec.partition(":")
    entries = MODELS | {point.name: point.value for point in metadata.entry_points(group=ENTRY_POINTS)}
    if family in entries:
        card = _card(entries[family])
    elif variant and _is_module(family):
        card, variant = _card(spec), ""
    else:
        raise unknown("model", family, entries)
    if variant:
        names = [name for name in (variant, f"{preset}_{variant}") if name in card.variants][:1]
        if not names:
            raise unknown(f"variant of {family}", variant, card.variants)
    else:
        names = list(card.presets.get(preset, tuple(card.variants)[:1]))
    return [System(card, name, card.variants[name], dict(options or {})) for name in names]


def task(name: str) -> Task:
    """The task of that name."""
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    return TASKS[name]


def metric_cards() -> dict[str, MetricCard]:
    """Every metric."""
    cards: dict[str, MetricCard] = load("sightsound.metrics.cards:METRICS")
    return cards


def metric(name: str, task: Task | None = None) -> MetricCard:
    """The metric of that name; where the task's condition is a video, with the networks that take one."""
    cards = metric_cards()
    if name not in cards:
        raise unknown("metric", name, cards)
    card = cards[name]
    if task is None or "video" not in task.conditions:
        return card
    return replace(card, needs=tuple(replace(n, extractor=n.video or n.extractor) for n in card.needs))


def extractor_names() -> list[str]:
    """Names of all extractors."""
    return list(load("sightsound.metrics.networks.cards:EXTRACTORS"))


def extractor(name: str) -> ExtractorCard:
    """The extractor of that name."""
    cards: dict[str, ExtractorCard] = load("sightsound.metrics.networks.cards:EXTRACTORS")
    if name not in cards:
        raise unknown("extractor", name, cards)
    return cards[name]


def split_cards() -> dict[str, SplitCard]:
    """Every split."""
    return {name: load(entry) for name, entry in load("sightsound.bench.splits:SPLITS").items()}
