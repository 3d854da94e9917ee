"""Which metrics a run has: those that were asked for, or the preset's that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError, gathered
from sightsound.bench.core.types import PresetCard, Task
from sightsound.bench.folders.scene import Scene
from sightsound.bench.stages import reading
from sightsound.bench.stages.options import Options
from sightsound.metrics.card import MetricCard, Side

_CONDITIONS: set[Side] = {"image", "text"}  # sides of a metric that a task may lack


def serves(card: MetricCard, task: Task, scene: Scene | None = None) -> bool:
    """Whether the task has what the metric reads; in a scene also whether there are references for it.

    Of fields that the user named the split has to say.
    """
    if card.kind == "rated":
        return False
    if scene is not None and not scene.paired and any(n.side == "reference" for n in reading.needs(card)):
        of_sets = card.kind == "two_sets" and scene.split.against is not None
        if not of_sets:
            return False
    wanted = [need for need in reading.needs(card) if not need.of]
    kinds = {registry.extractor(need.extractor).modality for need in wanted if need.side == "generated"}
    return kinds <= {task.output} and all(need.side in task.sides for need in wanted if need.side in _CONDITIONS)


def _refused(card: MetricCard, task: Task) -> str:
    """Why a metric cannot score a task, and what to write where naming a side would help."""
    if card.kind == "rated":
        return f"metric {card.name} is what people answer; make rows of their answers with `bench ratings import`"
    without = [need.side for need in reading.needs(card) if need.side in _CONDITIONS - task.sides.keys()]
    if not without or "@" in card.name:
        return f"metric {card.name} cannot score {task.name}: it reads what the task does not have"
    return (
        f"metric {card.name} cannot score {task.name}: it reads a {'text' if 'text' in without else 'picture'} "
        f"that the task does not condition on; name what it is to read: {card.name}@reference, or @ and a field"
    )


def chosen(options: Options, preset: PresetCard, task: Task | None, scene: Scene | None) -> tuple[MetricCard, ...]:
    """The metrics asked for; else those of the preset that the task has the features for.

    A preset that fetches no networks leaves out the metrics over those that are not here (`PresetCard.fetches`).

    What is wrong with one that was asked for joins `options.problems`.
    """
    asked = [name.strip() for name in (options.metrics or "").split(",") if name.strip()]
    cards: list[MetricCard] = []
    for name in dict.fromkeys(asked):
        with gathered(options.problems):
            card = registry.metric(name, task)
            if task and not serves(card, task):
                raise BenchError(_refused(card, task))
            if task and not serves(card, task, scene):
                raise BenchError(f"metric {card.name} cannot score this: {_no_reference(scene)}")
            if reading.reads_corpus(card) and options.corpus is None:
                raise BenchError(
                    f"metric {card.name} compares with a corpus: name a file of texts, one a line, as --corpus"
                )
            if card.name not in {other.name for other in cards}:
                cards.append(card)
    if asked or task is None:
        return tuple(cards)
    named = [(name, registry.metric(name, task)) for name in preset.metrics]
    # a name that rows carry stands for that metric alone, not for what it would mean for another kind of output
    carried = set(registry.metrics())
    cards = [
        card for name, card in named if serves(card, task, scene) and (card.name == name or name not in carried)
    ]
    absent: dict[str, dict[str, None]] = {}  # reason -> metrics, in order, each once
    for card in cards:
        for name in dict.fromkeys(need.extractor for need in reading.needs(card)):
            if reason := _lacks(name, options.mirror, preset):
                absent.setdefault(reason, {})[card.name] = None
    return without(cards, absent, options.notes)


def obtainable(
    cards: Sequence[MetricCard], mirror: Path | None, notes: list[str], get: Callable[[str], object] | None = None
) -> tuple[MetricCard, ...]:
    """The metrics whose networks can be had, as far as that is known without fetching; with `get` those whose
    assets it brings. `notes` says what is left out and why. BenchError where nothing is left of some."""
    absent: dict[str, dict[str, None]] = {}
    for card in cards:
        for name in dict.fromkeys(need.extractor for need in reading.needs(card)):
            for asset in registry.extractor(name).assets:
                try:
                    get(asset) if get is not None else assets.expect(asset, mirror)
                except assets.AssetError as error:
                    absent.setdefault(str(error), {})[card.name] = None
    left = without(cards, absent, notes)
    if cards and not left:
        raise BenchError(f"no metric is left that can be had: {'; '.join(absent)}")
    return left


def without(
    cards: Sequence[MetricCard], absent: Mapping[str, Iterable[str]], notes: list[str]
) -> tuple[MetricCard, ...]:
    """The metrics that are not in `absent` (reason -> their names); `notes` gets a line a reason."""
    notes += [f"without {', '.join(metrics)}: {reason}" for reason, metrics in absent.items()]
    left_out = {metric for metrics in absent.values() for metric in metrics}
    return tuple(card for card in cards if card.name not in left_out)


def _no_reference(scene: Scene | None) -> str:
    if scene is None or scene.split.against is None:
        return "there is no reference; give --reference"
    return f"it compares each output with its own reference; those of {scene.split.against.label} are not paired"


def _lacks(extractor: str, mirror: Path | None, preset: PresetCard) -> str:
    """What an optional extractor lacks and how to get it, or an empty string."""
    card = registry.extractor(extractor)
    if preset.fetches or not card.optional:
        return ""
    missing = [name for name in card.assets if assets.locate(name, mirror) is None]
    return f"no weights of {missing[0]}; get them with `bench assets fetch {missing[0]}`" if missing else ""
