"""The files of a folder that can be of a kind, folders below included, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.folders.names import name_of, some
from sightsound.bench.splits.media import formats

Files = Mapping[str, Sequence[Path]]
"""Name -> the files of that name, one as a rule."""
KINDS = ("audio", "image", "text")
"""Kinds of output, in the order in which a folder that has several is taken."""


def files(folder: Path, kind: str) -> dict[str, list[Path]]:
    """Name -> files of `kind` (`audio`, `image`, `video`, `text`); hidden files and folders are passed over.

    Music may be the sound of a video; beside a file of sound of that name the video is passed over.
    BenchError for what is no folder and for one without such a file, which says what is in it.
    """
    _check_folder(folder)
    suffixes = frozenset(formats.named_as(kind))
    found: dict[str, list[Path]] = {}
    for path in walk(folder):
        if path.suffix.lower() in suffixes:
            found.setdefault(name_of(path, folder), []).append(path)
    if not found:
        raise BenchError(f"{folder}: has no {kind} file ({_has(folder)})")
    if kind == "audio":
        for name, paths in found.items():
            sounds = [path for path in paths if path.suffix.lower() in formats.SUFFIXES["audio"]]
            found[name] = sounds or paths
    return found


def single(folder: Path, kind: str) -> dict[str, Path]:
    """As `files`, one a name; BenchError where a name has several."""
    found = files(folder, kind)
    if several := {name: paths for name, paths in found.items() if len(paths) > 1}:
        name, paths = next(iter(several.items()))
        others = f", and so are {len(several) - 1} other names" if len(several) > 1 else ""
        raise BenchError(
            f"{folder}: {some(path.name for path in paths)} are all called {name}{others}; keep one of each"
        )
    return {name: paths[0] for name, paths in found.items()}


def kind_of(folder: Path) -> str:
    """Of what kind most files of a folder of outputs are. BenchError for a folder without any."""
    _check_folder(folder)
    count = dict.fromkeys(KINDS, 0)
    for path in walk(folder):
        for kind in KINDS:
            count[kind] += path.suffix.lower() in formats.named_as(kind)
    if not any(count.values()):
        raise BenchError(f"{folder}: has no audio, image or text file ({_has(folder)})")
    return max(KINDS, key=count.__getitem__)


def walk(folder: Path) -> list[Path]:
    """The regular files below a folder, hidden ones passed over, links to folders not followed; sorted."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.is_file())


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise BenchError(f"{folder}: is a file; give the folder that it lies in")
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder")


def _has(folder: Path) -> str:
    """What is in a folder, for an error."""
    suffixes: dict[str, int] = {}
    for path in walk(folder):
        suffix = path.suffix.lower() or "no suffix"
        suffixes[suffix] = suffixes.get(suffix, 0) + 1
    most = sorted(suffixes, key=lambda suffix: -suffixes[suffix])[:4]
    return "it holds " + ", ".join(f"{suffixes[suffix]} {suffix}" for suffix in most) if most else "it is empty"
