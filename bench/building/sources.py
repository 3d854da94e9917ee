"""The user's folders: which files are taken, in which order, and how they come into the folder of the product."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.files import clone
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
        """The file as an item to embed."""
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

    Hidden files and links to folders are not followed. Raises BenchError for a path that is no folder, or has
    no such file.
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
            path = Path(root, name)
            if path.suffix.lower() in suffixes and not name.startswith(".") and not _is_special(path):
                yield path


def _is_special(path: Path) -> bool:
    """A pipe, a device or a socket: to open one may last for ever. What is not there is told when it is read."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


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
    """An id for each file name, in order: its stem in plain characters; equal ones get a number at the end.

    A stem with letters or digits of another script gets a digest of it behind, so that the id of a file is its
    own whatever the others are called.
    """
    found: list[str] = []
    seen: set[str] = set()
    for name in names:
        stem = unicodedata.normalize("NFC", Path(name).stem)
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:LONGEST] or "item"
        if any(letter.isalnum() and not letter.isascii() for letter in stem):
            plain += f"-{hashlib.sha256(stem.encode(errors='surrogateescape')).hexdigest()[:8]}"
        one, number = plain, 1
        while one.lower() in seen:
            number += 1
            one = f"{plain}.{number}"
        seen.add(one.lower())
        found.append(one)
    return found


def place(source: Source, target: Path) -> Path:
    """A copy under another name, which shares blocks where the disk can do that; nothing where it is there.

    Raises BenchError where its bytes are not those that were scanned: the product's plan holds their digest.
    """
    if not target.exists():
        with atomic(target) as temporary:
            temporary.unlink()
            clone(source.path, temporary)
            if file_sha256(temporary) != source.sha256:
                raise BenchError(f"{source.path}: changed while it was read; run the same command again")
    return target
