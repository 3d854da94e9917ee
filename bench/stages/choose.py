"""What a command means: names and presets become a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import length as lengths
from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import PresetCard, Task
from sightsound.bench.elsewhere import systems as elsewhere
from sightsound.bench.folders.scene import Scene
from sightsound.bench.stages import adopt, reading
from sightsound.bench.stages.options import SECRET, Options
from sightsound.bench.stages.request import Request
from sightsound.metrics.card import MetricCard, Side

_CONDITIONS: set[Side] = {"image", "text"}  # sides of a metric that a task may lack
LONGEST_NAME = 100
NAME = re.compile(rf"\w[\w .+=-]{{0,{LONGEST_NAME - 1}}}")
"""A name that a user gives a system, or its variant: it becomes part of tables and, by a slug, of folders."""


def systems_for(options: Options, *, references: bool) -> tuple[System, ...]:
    """The systems that `options.model` names, then the reference rows that the task has."""
    preset = registry.preset(options.preset)
    chosen: list[System] = []
    outside = [name for name in options.model if _is_outside(name)]
    if options.python and not outside:
        raise BenchError("--python is for a model given as package.module:Class; none is")
    for name in options.model:
        found = _systems(name, preset.name, options)
        called = ", ".join(system.label for system in found)
        if elsewhere.command_in(name) and not name.startswith(f"{called}="):
            options.notes.append(f"{name} is called {called}")
        elif called != name and not elsewhere.command_in(name):
            options.notes.append(f"{name} under preset {preset.name}: {called}")
        chosen += [system for system in found if system not in chosen]
    labels = [system.label for system in chosen]
    if twice := [label for label in labels if labels.count(label) > 1]:
        raise BenchError(f"two systems are called {twice[0]}; rename one, a command as NAME=exec:COMMAND")
    if references:
        have = {system.label for system in chosen}
        rows = registry.reference_systems()
        chosen += [each for each in rows if each.label not in have and options.task in each.card.tasks]
    return tuple(chosen)


def _is_outside(spec: str) -> bool:
    """Whether a model is given as `package.module:NAME`."""
    family, _, name = spec.partition(":")
    return bool(name) and family not in registry.model_cards() and elsewhere.command_in(spec) is None


def _systems(spec: str, preset: str, options: Options) -> list[System]:
    """The systems that one --model stands for, in this process or elsewhere."""
    settings = _settings(options.settings or ())
    if command := elsewhere.command_in(spec):
        if settings:
            raise BenchError(f"{spec}: a command takes its options in the command itself, not by --set")
        words = elsewhere.words_of(command[1])
        return [elsewhere.of_command(words, *_named(command[0] or elsewhere.name_of(words), "--model"))]
    if options.python and _is_outside(spec):
        return elsewhere.of_interpreter(spec, options.python, preset, settings)
    return registry.systems(spec, preset, settings)


def given(name: str) -> System:
    """The system of `bench score FOLDER --name NAME`; the name may hold a variant (`mine:v2`).

    BenchError for a name that is empty, odd, or that of a reference row.
    """
    family, variant = _named(name, "--name")
    card = adopt.card(family, variant)
    return System(card, variant, card.variants[variant])


def _named(name: str, option: str) -> tuple[str, str]:
    """Family and variant of a name that the user gives a system. BenchError as in `given`."""
    family, _, variant = name.partition(":")
    if not NAME.fullmatch(family) or not (NAME.fullmatch(variant) or not variant):
        raise BenchError(
            f"{option} {name!r}: letters, digits, `.`, `_`, `-`, `+`, `=` and blanks, {LONGEST_NAME} at "
            f"most, one `:` "
            "before a variant"
        )
    if family in registry.model_cards() and registry.model_cards()[family].reference:
        raise BenchError(f"{option} {name}: {family} is the name of reference rows; take another")
    return family, variant


def request(
    options: Options, systems: tuple[System, ...], *, scores: bool = True, scene: Scene | None = None
) -> Request:
    """The request, with what was not given filled in from the preset. Raises BenchError for unknown names.

    `scene`: the folders whose files are the outputs of some of the systems.
    """
    preset = registry.preset(options.preset)
    task = scene.task if scene else registry.task(options.task)
    of_folders = scene is not None and not options.split
    # an unknown name is told before anything is fetched
    if scene is not None and of_folders:
        split = scene.split.label
    else:
        split = splits.resolve(options.split or _default_split(preset, task))
    if not of_folders and (part := splits.part(split)):
        options.notes.append(part)
    if options.limit is not None and options.limit < 1:
        raise BenchError(f"--limit {options.limit}: take 1 example or more")
    if options.batch_size is not None and options.batch_size < 1:
        raise BenchError(f"--batch-size {options.batch_size}: take 1 or more")
    lengths.named(options.length)
    mirror = options.mirror
    if mirror is not None and not mirror.is_dir():
        raise BenchError(f"--mirror {mirror}: no such folder")
    if not of_folders and (downloads := splits.downloads(split, mirror)):
        options.notes.append(downloads)
    if not (options.split or of_folders) or not options.metrics:
        options.notes.append(f"preset {preset.name}: {preset.description}")
    names = [system.label for system in systems if not system.card.reference]
    metrics = _metrics(options, preset, task, scene) if scores else ()
    if lacking := [card.name for card in metrics if reading.reads_corpus(card) and options.corpus is None]:
        raise BenchError(
            f"metric {lacking[0]} compares with a corpus: name a file of texts, one a line, as --corpus"
        )
    for name in reading.extractors(metrics):
        licence = registry.extractor(name).licence
        if "-NC" in licence:
            options.notes.append(f"{name} is for non-commercial use only: {licence}")
    return Request(
        task=task,
        split=split,
        systems=systems,
        metrics=metrics,
        folder=(
            options.out or _default_folder(options, task, split if of_folders else splits.card(split).name, names)
        ).absolute(),
        seed=options.seed,
        limit=options.limit,
        device=device_of(options.device),
        batch_size=options.batch_size,
        mirror=mirror,
        retry=options.retry,
        remake=options.remake,
        timeout_s=options.timeout,
        scene=scene,
        reference=options.reference if scene is None else None,
        length=options.length,
        corpus=options.corpus if any(map(reading.reads_corpus, metrics)) else None,
    )


def _default_split(preset: PresetCard, task: Task) -> str:
    """The preset's split for a task; BenchError where it has none."""
    if task.name not in preset.splits:
        raise BenchError(f"preset {preset.name} has no split for {task.name}; name one with --split")
    return preset.splits[task.name]


def serves(card: MetricCard, task: Task, scene: Scene | None = None) -> bool:
    """Whether the task has what the metric reads; in a scene also whether there are references for it.

    Of fields that the user named the split has to say.
    """
    if scene is not None and not scene.paired and any(n.side == "reference" for n in reading.needs(card)):
        of_sets = card.kind == "two_sets" and scene.split.against is not None
        if not of_sets:
            return False
    wanted = [need for need in reading.needs(card) if not need.of]
    kinds = {registry.extractor(need.extractor).modality for need in wanted if need.side == "generated"}
    return kinds <= {task.output} and all(need.side in task.sides for need in wanted if need.side in _CONDITIONS)


def _refused(card: MetricCard, task: Task) -> str:
    """Why a metric cannot score a task, and what to write where naming a side would help."""
    without = [need.side for need in reading.needs(card) if need.side in _CONDITIONS - task.sides.keys()]
    if not without or "@" in card.name:
        return f"metric {card.name} cannot score {task.name}: it reads what the task does not have"
    return (
        f"metric {card.name} cannot score {task.name}: it reads a {'text' if 'text' in without else 'picture'} "
        f"that the task does not condition on; name what it is to read: {card.name}@reference, or @ and a field"
    )


def _metrics(options: Options, preset: PresetCard, task: Task, scene: Scene | None) -> tuple[MetricCard, ...]:
    """The metrics asked for; else the preset's that the task has the features and this machine the weights for."""
    asked = [name.strip() for name in (options.metrics or "").split(",") if name.strip()]
    if asked:
        cards = list({card.name: card for card in (registry.metric(name, task) for name in asked)}.values())
        if odd := [card for card in cards if not serves(card, task)]:
            raise BenchError(_refused(odd[0], task))
        for card in cards:
            if not serves(card, task, scene):
                raise BenchError(f"metric {card.name} cannot score this: {_no_reference(scene)}")
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
            if reason := _lacks(name, options.mirror):
                absent.setdefault(reason, {})[card.name] = None
    for reason, metrics in absent.items():
        options.notes.append(f"without {', '.join(metrics)}: {reason}")
    left_out = {metric for metrics in absent.values() for metric in metrics}
    return tuple(card for card in cards if card.name not in left_out)


def _no_reference(scene: Scene | None) -> str:
    if scene is None or scene.split.against is None:
        return "there is no reference; give --reference"
    return f"it compares each output with its own reference; those of {scene.split.against.label} are not paired"


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
    if open_ := [key for key, _, value in pairs if SECRET.search(key) and not value.startswith(("env:", "file:"))]:
        raise BenchError(
            f"--set {open_[0]}=...: a secret on the command line would be written into the run; "
            f"give {open_[0]}=env:VARIABLE or {open_[0]}=file:PATH"
        )
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
