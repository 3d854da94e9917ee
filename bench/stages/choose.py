"""What a command means: names and presets become a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core import length as lengths
from sightsound.bench.core import memory, registry, spelling, store
from sightsound.bench.core import shard as shards
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import PresetCard, Task
from sightsound.bench.elsewhere import systems as elsewhere
from sightsound.bench.engines import choose as engines
from sightsound.bench.folders.scene import Scene
from sightsound.bench.remote import copies, runs
from sightsound.bench.remote import uri as uris
from sightsound.bench.stages import adopt, early, measures, reading, said, settings
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

LONGEST_NAME = 100
NAME = re.compile(rf"\w[\w .+=-]{{0,{LONGEST_NAME - 1}}}")
"""A name that a user gives a system, or its variant: it becomes part of tables and, by a slug, of folders."""


def systems_for(options: Options, *, references: bool, planned: bool = False) -> tuple[System, ...]:
    """The systems that `options.model` names, then the reference rows that the task has.

    What is wrong with a name or an option joins `options.problems`, which `request` raises with all the rest.
    `planned`: options that stand behind a name are taken as they are, so that no code need be loaded.
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
    found = [system for _, system in asked]
    if shared or not planned:
        found = settings.spread(found, shared, options)
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
    options: Options,
    systems: tuple[System, ...],
    *,
    scores: bool = True,
    scene: Scene | None = None,
    planned: bool = False,
) -> Request:
    """The request, with what was not given filled in from the preset.

    `scene`: the folders whose files are the outputs of some of the systems. All that can be known to be wrong
    before the work starts is raised as one BenchError, `options.problems` included: unknown names, options that no
    system knows, code that cannot be loaded, weights that cannot be had, a device or a disk that is too small.
    `planned`: the request is only looked at, so neither code nor weights nor room are asked for, and nobody over a
    network; its device stays the one that was named.
    """
    problems, notes, mirror = options.problems, options.notes, options.mirror
    preset = registry.preset(options.preset)
    of_folders = scene is not None and not options.split
    task, split, device, shard = scene.task if scene else None, None, options.device, None
    with gathered(problems):
        task = task or registry.task(options.task)
    with gathered(problems):
        if scene is not None and of_folders:
            split = scene.split.label
        elif options.split or task:
            split = splits.resolve(options.split or _default_split(preset, task))
    with gathered(problems):
        device = options.device if planned else device_of(options.device)
    with gathered(problems):
        lengths.named(options.length)
    with gathered(problems):
        shard = shards.parsed(options.shard) if options.shard is not None else None
    with gathered(problems):
        engines.check(options.engine, options.workers, options.gpu_share)
    problems += _out_of_range(options)
    metrics = measures.chosen(options, preset, task, scene) if scores else ()
    if options.allow_missing_metrics and not planned:
        metrics = measures.obtainable(metrics, mirror, notes)
    if task and split:
        names = [system.label for system in systems if not system.card.reference]
        called = split if of_folders else splits.card(split).name
        folder = _folder(options, shard) or _default_folder(options, task, called, names).absolute()
        problems += early.problems(systems, task, folder, loads=not planned)
        if not planned:
            problems += early.lacking(systems, metrics, task, "" if of_folders else split, folder, mirror, device)
    tell(problems)
    assert task is not None and split is not None
    if not of_folders and not planned:
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
        engine=options.engine,
        workers=options.workers,
        gpu_share=options.gpu_share,
        mirror=mirror,
        retry=options.retry,
        remake=options.remake,
        timeout_s=options.timeout,
        in_turn=options.in_turn,
        scene=scene,
        reference=options.reference if scene is None else None,
        length=options.length,
        allow_missing=options.allow_missing_metrics,
        corpus=options.corpus and copies.here(options.corpus) if any(map(reading.reads_corpus, metrics)) else None,
        command=options.command,
        shard=shard,
        said=said.whole(options, systems, "" if of_folders else split, metrics, device),
    )


def _out_of_range(options: Options) -> list[BenchError]:
    """What is wrong with numbers and folders that were given."""
    limit, size, mirror = options.limit, options.batch_size, options.mirror
    lines = [
        f"--limit {limit}: take 1 example or more" if limit is not None and limit < 1 else "",
        f"--batch-size {size}: take 1 or more" if size is not None and size < 1 else "",
        f"--mirror {mirror}: no such folder" if mirror and not (uris.of(mirror) or mirror.is_dir()) else "",
    ]
    return [BenchError(line) for line in lines if line]


def _default_split(preset: PresetCard, task: Task | None) -> str:
    """The preset's split for a task; BenchError where it has none."""
    assert task is not None
    if task.name not in preset.splits:
        raise BenchError(f"preset {preset.name} has no split for {task.name}; name one with --split")
    return preset.splits[task.name]


def device_of(name: str) -> str:
    """The torch device that `--device` names; `auto` is CUDA where there is one."""
    if not (name == "auto" or name.startswith("cuda")):
        return name
    if name == "auto" and not memory.may_have_card():
        return "cpu"
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise BenchError(f"--device {name}: no CUDA device here; `bench doctor` tells what there is")
    if name.startswith("cuda:") and int(name[5:] or 0) >= torch.cuda.device_count():
        raise BenchError(f"--device {name}: this machine has {torch.cuda.device_count()} CUDA devices")
    return name


def _folder(options: Options, shard: shards.Shard | None) -> Path | None:
    """The run folder that is asked for, None where none is; of one at a URI the folder that is worked in, with
    what the URI has."""
    if uri := uris.of(options.out):
        return runs.opened(uri, f"{store.SHARDS}/{shard.name}" if shard else "")
    return options.out and options.out.absolute()


def _default_folder(options: Options, task: Task, split: str, names: Sequence[str]) -> Path:
    """`runs/` and a name that says what the run is, so that the same command finds it again."""
    parts = [task.name, split, *map(store.slug, names), f"seed{options.seed}"]
    return Path("runs") / "-".join(parts + ([f"limit{options.limit}"] if options.limit else []))
