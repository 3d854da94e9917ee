"""What a command means: names and presets become a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import length as lengths
from sightsound.bench.core import registry, spelling, store
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import PresetCard, Task
from sightsound.bench.elsewhere import systems as elsewhere
from sightsound.bench.folders.scene import Scene
from sightsound.bench.stages import adopt, early, reading, said, settings
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request
from sightsound.metrics.card import MetricCard, Side

_CONDITIONS: set[Side] = {"image", "text"}  # sides of a metric that a task may lack
LONGEST_NAME = 100
NAME = re.compile(rf"\w[\w .+=-]{{0,{LONGEST_NAME - 1}}}")
"""A name that a user gives a system, or its variant: it becomes part of tables and, by a slug, of folders."""


def systems_for(options: Options, *, references: bool) -> tuple[System, ...]:
    """The systems that `options.model` names, then the reference rows that the task has.

    What is wrong with a name or an option joins `options.problems`, which `request` raises with all the rest.
    """
    preset = registry.preset(options.preset).name
    problems = options.problems
    asked: list[tuple[str, System]] = []  # what the user wrote, and a system that it stands for
    shared: dict[str, str] = {}
    with gathered(problems):
        outside = (elsewhere.command_in(n) is None and registry.is_outside(n, preset) for n in options.model)
        if options.python and not any(outside):
            raise BenchError("--python is for a model given as package.module:Class; none is")
    with gathered(problems):
        shared = settings.parsed(options.settings or ())
    for name in options.model:
        with gathered(problems):
            asked += [(name, system) for system in _systems(name, preset, options.python)]
    found = settings.spread([system for _, system in asked], shared, options)
    for name in dict.fromkeys(name for name, _ in asked):
        called = ", ".join(each.label for (own, _), each in zip(asked, found, strict=True) if own == name)
        if elsewhere.command_in(name) and not name.startswith(f"{called}="):
            options.notes.append(f"{name} is called {called}")
        elif called != name and not elsewhere.command_in(name):
            options.notes.append(f"{name} under preset {preset}: {called}")
    chosen = [system for at, system in enumerate(found) if system not in found[:at]]
    labels = [system.label for system in chosen]
    if twice := [label for label in labels if labels.count(label) > 1]:
        problems.append(
            BenchError(f"two systems are called {twice[0]}; rename one, a command as NAME=exec:COMMAND")
        )
    if references:
        rows = [
            row for row in registry.reference_systems() if not row.build.assets
        ]  # one with weights is asked for
        chosen += [each for each in rows if each.label not in labels and options.task in each.card.tasks]
    return tuple(chosen)


def _systems(spec: str, preset: str, python: str | None) -> list[System]:
    """The systems that one --model stands for, in this process or elsewhere, with the `spec` of each."""
    if command := elsewhere.command_in(spec):
        words = elsewhere.words_of(command[1])
        system = elsewhere.of_command(words, *_named(command[0] or elsewhere.name_of(words), "--model"))
        return [replace(system, spec=f"{system.label}={elsewhere.EXEC}{command[1]}")]
    outside = registry.is_outside(spec, preset)
    name, options = spelling.parted(spec)
    settings.checked(f"--model {name}+", options)
    make = partial(elsewhere.of_interpreter, python=python) if python and outside else registry.systems
    found = make(spec, preset=preset)
    if not outside:
        return [replace(system, spec=system.label) for system in found]
    outer = ":".join(name.split(":")[:2])
    return [replace(system, spec=f"{outer}:{system.variant}".rstrip(":")) for system in found]


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
    """The request, with what was not given filled in from the preset.

    `scene`: the folders whose files are the outputs of some of the systems. All that can be known to be wrong
    before the work starts is raised as one BenchError, `options.problems` included: unknown names, options that no
    system knows, code that cannot be loaded, weights that cannot be had.
    """
    problems, notes, mirror = options.problems, options.notes, options.mirror
    preset = registry.preset(options.preset)
    of_folders = scene is not None and not options.split
    task, split, device = scene.task if scene else None, None, options.device
    with gathered(problems):
        task = task or registry.task(options.task)
    with gathered(problems):
        if scene is not None and of_folders:
            split = scene.split.label
        elif options.split or task:
            split = splits.resolve(options.split or _default_split(preset, task))
    with gathered(problems):
        device = device_of(options.device)
    with gathered(problems):
        lengths.named(options.length)
    problems += _out_of_range(options)
    metrics = _metrics(options, preset, task, scene) if scores else ()
    if task and split:
        names = [system.label for system in systems if not system.card.reference]
        called = split if of_folders else splits.card(split).name
        folder = (options.out or _default_folder(options, task, called, names)).absolute()
        problems += early.problems(systems, task, metrics, folder, mirror)
    tell(problems)
    assert task is not None and split is not None
    if not of_folders:
        notes += filter(None, (splits.part(split), splits.downloads(split, mirror)))
    if not (options.split or of_folders) or not options.metrics:
        notes.append(f"preset {preset.name}: {preset.description}")
    for name in reading.extractors(metrics):
        licence = registry.extractor(name).licence
        if "-NC" in licence:
            notes.append(f"{name} is for non-commercial use only: {licence}")
    return Request(
        task=task,
        split=split,
        systems=systems,
        metrics=metrics,
        folder=folder,
        seed=options.seed,
        limit=options.limit,
        device=device,
        batch_size=options.batch_size,
        mirror=mirror,
        retry=options.retry,
        remake=options.remake,
        timeout_s=options.timeout,
        scene=scene,
        reference=options.reference if scene is None else None,
        length=options.length,
        corpus=options.corpus if any(map(reading.reads_corpus, metrics)) else None,
        command=options.command,
        said=said.whole(options, systems, "" if of_folders else split, metrics, device),
    )


def _out_of_range(options: Options) -> list[BenchError]:
    """What is wrong with numbers and folders that were given."""
    limit, size, mirror = options.limit, options.batch_size, options.mirror
    lines = [
        f"--limit {limit}: take 1 example or more" if limit is not None and limit < 1 else "",
        f"--batch-size {size}: take 1 or more" if size is not None and size < 1 else "",
        f"--mirror {mirror}: no such folder" if mirror is not None and not mirror.is_dir() else "",
    ]
    return [BenchError(line) for line in lines if line]


def _default_split(preset: PresetCard, task: Task | None) -> str:
    """The preset's split for a task; BenchError where it has none."""
    assert task is not None
    if task.name not in preset.splits:
        raise BenchError(f"preset {preset.name} has no split for {task.name}; name one with --split")
    return preset.splits[task.name]


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


def _metrics(
    options: Options, preset: PresetCard, task: Task | None, scene: Scene | None
) -> tuple[MetricCard, ...]:
    """The metrics asked for; else the preset's that the task has the features and this machine the weights for.

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
