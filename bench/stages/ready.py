"""The last step before generating: weights are here, and the run folder says what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import cards as door
from sightsound.bench.core import console, registry
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.core.maker import SHORT, Maker, maker_of
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Report
from sightsound.bench.stages import early, measures, outputs, reading, said
from sightsound.bench.stages.generate import answered
from sightsound.bench.stages.request import Request


def ready(request: Request, split: splits.Split, report: Report) -> None:
    """Fetch the weights that the metrics and the systems need, before hours are spent on generating, and write
    run.toml. What cannot be had is raised together."""
    _fetch(request, split.examples, report)
    _note_down(request, split)


def maker(request: Request, system: System) -> Maker:
    """What would make the outputs now. Weights that are not here are not known."""
    here = [name for name in system.build.assets if assets.locate(name, request.mirror) is not None]
    return maker_of(system, {name: assets.digest(name, request.mirror) for name in here})


def measured(request: Request, report: Report) -> Request:
    """The request without the metrics whose networks cannot be fetched, where the user allowed that."""
    if not request.allow_missing or not request.metrics:
        return request
    notes: list[str] = []
    get = partial(assets.fetch, mirror=request.mirror, report=report)
    metrics = measures.obtainable(request.metrics, request.mirror, notes, get)
    for note in notes:
        console.say(note)
    return replace(request, metrics=metrics)


def _fetch(request: Request, examples: Sequence[Example], report: Report) -> None:
    networks = [asset for name in reading.extractors(request.metrics) for asset in registry.extractor(name).assets]
    wanted = [
        asset
        for each in request.systems
        if each.build.assets and lacks(request, each, examples)
        for asset in each.build.assets
    ]
    lacking: list[BenchError] = []
    for name in dict.fromkeys([*networks, *wanted]):
        with gathered(lacking):
            assets.fetch(name, request.mirror, report)
    if lacking and not request.allow_missing and any(not assets.is_here(n, request.mirror) for n in networks):
        lacking.append(BenchError(early.MISSING))
    tell(lacking)


def lacks(request: Request, system: System, examples: Sequence[Example]) -> bool:
    """Whether the system will be asked: an answer is missing, or may have to be made anew."""
    if request.remake:
        return True
    have = answered(outputs.place(request.folder, system), request.retry)
    return any(example.id not in have for example in request.asked(system, examples))


def _note_down(request: Request, split: splits.Split) -> None:
    """Write run.toml, with what the run is made of as comments; nothing where no command asked for it."""
    lines = [f"split {split.label}, {split.hash}"]
    if split.against is not None:
        lines.append(f"reference {split.against.label}")
    for system in request.systems:
        if system.card.reference:
            continue
        made = maker(request, system)
        there = "".join(f" {name}=={version}" for name, version in made.versions.items()) if system.home else ""
        lines.append(f"{system.label}: code {made.code[:SHORT] or 'not known'}{_digits(made.weights)}{there}")
    for name in reading.extractors(request.metrics):
        here = {asset: assets.digest(asset, request.mirror) for asset in registry.extractor(name).assets}
        lines.append(f"network {name} {registry.extractor(name).version}:{_digits(here)}")
    if door.adopted or any(system.home is not None for system in request.systems):
        lines.append(f"working folder, in which modules and commands were looked for: {Path.cwd()}")
    if request.said:
        said.write(request.folder, request.command, request.said, lines)


def _digits(weights: Mapping[str, str]) -> str:
    return "".join(f" {name}@{digest[:SHORT]}" for name, digest in weights.items())
