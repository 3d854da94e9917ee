"""What a command means: names and presets become a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Task
from sightsound.bench.stages import folder, presets, score
from sightsound.bench.stages.run import TEXTS, Request
from sightsound.metrics.card import MetricCard


@dataclass(frozen=True)
class Options:
    """The options that the commands share, as the user gave them."""

    task: str
    split: str | None = None
    preset: str = "pocket"
    metrics: Sequence[str] = ()
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    batch_size: int | None = None
    out: Path | None = None
    mirror: Path | None = None
    retry: bool = False
    settings: Sequence[str] = ()
    corpus: Path | None = None
    notes: list[str] = field(default_factory=list)
    """Filled here: what the user should know before the work starts."""


def systems_for(options: Options, names: Sequence[str], *, references: bool) -> tuple[System, ...]:
    """The systems that the names stand for, then the reference rows that the task has."""
    preset = presets.preset(options.preset)
    chosen: list[System] = []
    for name in names:
        found = registry.systems(name, preset.name, _settings(options.settings))
        if [system.label for system in found] != [name]:
            options.notes.append(f"{name} under preset {preset.name}: {', '.join(s.label for s in found)}")
        chosen += [system for system in found if system not in chosen]
    if references:
        have = {system.label for system in chosen}
        rows = [each for name in registry.REFERENCE_SYSTEMS for each in registry.systems(name, preset.name)]
        chosen += [each for each in rows if each.label not in have and options.task in each.card.tasks]
    return tuple(chosen)


def given(name: str) -> System:
    """The system of `bench score FOLDER --name NAME`; the name may hold a variant (`mine:v2`)."""
    family, _, variant = name.partition(":")
    card = folder.card(family, variant)
    return System(card, variant, card.variants[variant])


def request(options: Options, systems: tuple[System, ...], *, scores: bool = True) -> Request:
    """The request, with what was not given filled in from the preset. Raises BenchError for unknown names."""
    preset = presets.preset(options.preset)
    task = registry.task(options.task)
    # an unknown name is told before anything is fetched
    split = splits.resolve(options.split or presets.default_split(preset, task.name))
    if part := splits.part(split):
        options.notes.append(part)
    if options.limit is not None and options.limit < 1:
        raise BenchError(f"--limit {options.limit}: take 1 example or more")
    if options.batch_size is not None and options.batch_size < 1:
        raise BenchError(f"--batch-size {options.batch_size}: take 1 or more")
    mirror = options.mirror
    if mirror is not None and not mirror.is_dir():
        raise BenchError(f"--mirror {mirror}: no such folder")
    if not options.split or not options.metrics:
        options.notes.append(f"preset {preset.name}: {preset.description}")
    names = [system.label for system in systems if not system.card.reference]
    metrics = _metrics(options, preset, task) if scores else ()
    if lacking := [card.name for card in metrics if score.reads_corpus(card) and options.corpus is None]:
        raise BenchError(
            f"metric {lacking[0]} compares with a corpus: name a file of texts, one a line, as --corpus"
        )
    for name in score.extractors(metrics):
        licence = registry.extractor(name).licence
        if "-NC" in licence:
            options.notes.append(f"{name} is for non-commercial use only: {licence}")
    return Request(
        task=task,
        split=split,
        systems=systems,
        metrics=metrics,
        folder=options.out or _default_folder(options, task, splits.card(split).name, names),
        seed=options.seed,
        limit=options.limit,
        device=device_of(options.device),
        batch_size=options.batch_size,
        mirror=mirror,
        retry=options.retry,
        corpus=options.corpus if any(map(score.reads_corpus, metrics)) else None,
    )


def serves(card: MetricCard, task: Task) -> bool:
    """Whether the task has what the metric reads."""
    sides = {need.side for need in score.needs(card)}
    has = {"image": {"image", "video"}, "text": set(TEXTS)}
    kinds = {registry.extractor(need.extractor).modality for need in score.needs(card) if need.side == "generated"}
    return kinds <= {task.output} and all(has[side] & set(task.conditions) for side in sides & has.keys())


def _metrics(options: Options, preset: presets.Preset, task: Task) -> tuple[MetricCard, ...]:
    """The metrics asked for; else the preset's that the task has the features and this machine the weights for."""
    if options.metrics:
        cards = [registry.metric(name, task) for name in dict.fromkeys(options.metrics)]
        if odd := [card.name for card in cards if not serves(card, task)]:
            raise BenchError(f"metric {odd[0]} cannot score {task.name}: it reads what the task does not have")
        return tuple(cards)
    cards = [registry.metric(name, task) for name in preset.metrics]
    cards = [card for card in cards if serves(card, task)]
    absent: dict[str, dict[str, None]] = {}  # reason -> metrics, in order, each once
    for card in cards:
        for name in dict.fromkeys(need.extractor for need in score.needs(card)):
            if reason := _lacks(name, options.mirror):
                absent.setdefault(reason, {})[card.name] = None
    for reason, metrics in absent.items():
        options.notes.append(f"without {', '.join(metrics)}: {reason}")
    left_out = {metric for metrics in absent.values() for metric in metrics}
    return tuple(card for card in cards if card.name not in left_out)


def _lacks(extractor: str, mirror: Path | None) -> str:
    """What an optional extractor lacks and how to get it, or an empty string."""
    card = registry.extractor(extractor)
    if not card.optional:
        return ""
    missing = [name for name in card.assets if assets.locate(name, mirror) is None]
    return f"no weights of {missing[0]}; get them with `bench assets fetch {missing[0]}`" if missing else ""


def _settings(settings: Sequence[str]) -> dict[str, str]:
    """`key=value` pairs for the model's entry."""
    pairs = [text.partition("=") for text in settings]
    if odd := [text for text, (key, sign, _) in zip(settings, pairs, strict=True) if not (key and sign)]:
        raise BenchError(f"--set {odd[0]}: write key=value")
    return {key: value for key, _, value in pairs}


def device_of(name: str) -> str:
    """The torch device that `--device` names; `auto` is CUDA where there is one."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise BenchError(f"--device {name}: no CUDA device here; `bench doctor` tells what there is")
    return name


def _default_folder(options: Options, task: Task, split: str, names: Sequence[str]) -> Path:
    """`runs/` and a name that says what the run is, so that the same command finds it again."""
    parts = [task.name, split, *map(store.slug, names), f"seed{options.seed}"]
    return Path("runs") / "-".join(parts + ([f"limit{options.limit}"] if options.limit else []))
