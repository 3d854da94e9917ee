"""From the user's folders to a request: who is scored, on what, in which metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Report
from sightsound.bench.folders import scene as scenes
from sightsound.bench.folders.given import Given
from sightsound.bench.remote import uri as uris
from sightsound.bench.stages import choose
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

_NAMED = re.compile(r"([^/=]+)=(.+)")


def given(folders: Sequence[str], name: str = "") -> tuple[tuple[System, ...], Given]:
    """The systems of `NAME=FOLDER` arguments. BenchError for one without a name and for two of one name."""
    named: dict[str, Path] = {}
    for text in folders:
        found = None if Path(text).is_dir() else _NAMED.fullmatch(text)
        if found is None and name and len(folders) == 1:
            label, folder = name, text
        elif found is None:
            raise BenchError(f"{text}: write NAME=FOLDER, the name of the system before its folder")
        else:
            label, folder = found.groups()
        label = choose.given(label).label
        if label in named:
            raise BenchError(f"two folders are called {label}; rename one")
        named[label] = Path(folder)
    return of_folders(named)


def of_folders(folders: Mapping[str, Path]) -> tuple[tuple[System, ...], Given]:
    """The systems that these names and folders stand for."""
    systems = {name: choose.given(name) for name in folders}
    return tuple(systems.values()), Given({systems[name].label: path for name, path in folders.items()})


def request(options: Options, systems: tuple[System, ...], given: Given, report: Report) -> Request:
    """Look into the folders, then choose the metrics. BenchError for folders that do not fit together."""
    given = replace(given, split=options.split, reference=options.reference)
    if given.split is None and not (given.reference or given.conditions or given.captions):
        given = _by_default(given, options)
    scene = scenes.look(given, options.task or None, options.limit, options.mirror, report)
    options = replace(options, task=scene.task.name, split=given.split, command="score", own=_said(given))
    options.notes.extend(scene.notes)
    references = choose.systems_for(options, references=True) if scene.paired else ()
    return choose.request(options, (*systems, *references), scene=scene)


def _said(given: Given) -> dict[str, Any]:
    """What `bench score` is told of the folders, for run.toml."""
    return {
        "folders": [f"{label}={uris.absolute(folder)}" for label, folder in given.systems.items()],
        "conditions": given.conditions,
        "captions": given.captions,
        "paired": given.paired,
        "matched": given.matched or None,
    }


def _by_default(given: Given, options: Options) -> Given:
    """The preset's split where a task is named and nothing else, as `bench run` takes it."""
    if not options.task:
        return given
    split = registry.preset(options.preset).splits.get(registry.task(options.task).name)
    return replace(given, split=split) if split else given
