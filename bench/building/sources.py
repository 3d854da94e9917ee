"""The user's folders: which files are taken, in which order, and how they come into the folder of the product."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.store import atomic
from sightsound.bench.core.types import Report
from sightsound.bench.splits.media import formats
from sightsound.bench.stages.embed import Item

SUFFIXES = {"images": frozenset(formats.SUFFIXES["image"]), "music": frozenset(formats.SUFFIXES["audio"])}
"""What a file is called decides whether it is looked at; what is in it, how it is read."""
LONGEST = 100  # characters of an id that are taken from a file's name


@dataclass(frozen=True)
class Source:
    """One of the user's files."""

    name: str
    """Path below the user's folder, with `/`; what reports call it."""
    path: Path
    """Where it is."""
    sha256: str
    """Of its bytes."""

    @property
    def item(self) -> Item:
        """It, to be embedded."""
        return Item(self.sha256, self.path)


class Missing(NamedTuple):
    """One thing that is not in the product: a line of missing.csv."""

    what: str
    """`image`, `music` or `pair`."""
    name: str
    """Of the file."""
    reason: str
    """Why, on one line."""


def scan(folder: Path, kind: Literal["images", "music"], report: Report) -> tuple[list[Source], list[Missing]]:
    """The files of a kind below `folder` in the order of their names, and those that could not be opened.

    Hidden files and links to folders are not followed. Raises BenchError for a folder that is none or has none.
    """
    if not folder.is_dir():
        raise BenchError(f"--{kind} {folder}: no such folder")
    paths = sorted(_walk(folder, SUFFIXES[kind]), key=lambda path: path.relative_to(folder).as_posix())
    if not paths:
        raise BenchError(
            f"--{kind} {folder}: no file in it is named as {kind} ({' '.join(sorted(SUFFIXES[kind]))})"
        )
    found: list[Source] = []
    missing: list[Missing] = []
    for done, path in enumerate(paths, 1):
        name = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")
        try:
            found.append(Source(name, path.resolve(), file_sha256(path)))
        except OSError as error:
            missing.append(Missing(_one(kind), name, error.strerror or type(error).__name__))
        report(f"reading {kind}", done, len(paths))
    return found, missing


def _walk(folder: Path, suffixes: frozenset[str]) -> Iterable[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if Path(name).suffix.lower() in suffixes and not name.startswith("."):
                yield Path(root, name)


def _one(kind: str) -> str:
    return "image" if kind == "images" else "music"


def outside(out: Path, *folders: Path) -> None:
    """Raise BenchError where the product would lie in a folder that it is made from."""
    for folder in folders:
        if out.resolve().is_relative_to(folder.resolve()):
            raise BenchError(f"--out {out}: lies in {folder}, which is read; give a folder outside it")


def digest(sources: Iterable[Source]) -> str:
    """Hex sha256 over names and contents: the same files give the same product."""
    lines = sorted(f"{source.name}\0{source.sha256}\n" for source in sources)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def ids(names: Sequence[str]) -> list[str]:
    """An id for each file name, in order: its stem in plain characters; those that meet get a number behind."""
    found: list[str] = []
    seen: set[str] = set()
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem).strip("-")[:LONGEST] or "item"
        one, number = plain, 1
        while one.lower() in seen:
            number += 1
            one = f"{plain}.{number}"
        seen.add(one.lower())
        found.append(one)
    return found


def place(source: Source, target: Path) -> Path:
    """The file under another name, a hard link where the disk allows it, else a copy; nothing where it is there.

    Its bytes are those that were scanned: the product's plan holds their digest.
    """
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source.path, target)
        except OSError:  # another disk, or a file that is not ours
            with atomic(target) as temporary:
                shutil.copyfile(source.path, temporary)
    return target
