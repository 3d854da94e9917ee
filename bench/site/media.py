"""The media of a site: each file coded once, named by its content and coding, and said of in place where it fails.

A file is shown only where its bytes are those that were recorded, so nobody hears another clip than was scored.
Names of files never come from outside; what a page reads is a `Ref`, plain JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sightsound.bench.core import faults, media
from sightsound.bench.core.types import Report
from sightsound.bench.site import sights, sound

WORKERS = 2
VERSION = 1
"""Of what is made of a file: part of its name, so that another way of making it makes another file."""
FOLDER = "media"

Kind = Literal["audio", "image", "video"]
Ref = Mapping[str, Any]
"""`at`, below the folder `media`: what is played or shown, its kind told by its ending. Beside it lie, under the
same name, of sound a `.png` (its spectrogram) and a `.js` (data by its path without ending: `sound.Clip.facts`),
of a video a `.jpg`, and with `original` a file of that ending. Where there is nothing to show: `why`."""


@dataclass(frozen=True)
class File:
    """A file that is to be shown."""

    kind: Kind
    """What it is."""
    path: Path
    """Where it is."""
    sha256: str | None
    """What its bytes were when it was scored; None for a file that nobody recorded, which is not shown."""


@dataclass(frozen=True)
class Made:
    """What a file became."""

    files: Mapping[str, bytes]
    """Ending -> bytes: `.mp3`, `.png`."""
    facts: Mapping[str, Any]
    """Of sound: what its page is told."""


class Media:
    """Files made ready for pages. `keep(path, source)` is given what belongs below the site's folder: bytes, a
    file to copy, or None for what is there already."""

    def __init__(
        self,
        coding: sound.Coding,
        keep: Callable[[str, bytes | Path | None], None],
        facts: Callable[[str, Mapping[str, Any]], None],
        *,
        have: Callable[[str], bool] = lambda path: False,
        originals: bool = False,
    ) -> None:
        """`facts(name, value)`: keep what a clip's page is told; `have(path)`: whether an older site has that
        file; `originals`: also copy every file as it is."""
        self.coding, self._keep, self._facts, self._have = coding, keep, facts, have
        self._originals = originals
        self._known: dict[File, Ref] = {}
        self._refs: dict[str, Ref] = {}
        self.bytes = 0
        """Of what was made, so far."""

    def ready(
        self, files: Iterable[File], report: Report = lambda what, done, total: None, what: str = "media"
    ) -> dict[File, Ref]:
        """A reference for each file; of those of the same content one is made, on `WORKERS` threads."""
        wanted = list(dict.fromkeys(files))
        new = [file for file in wanted if file not in self._known]
        with ThreadPoolExecutor(WORKERS) as pool:
            whys = dict(zip(new, pool.map(_fault, new), strict=True))
            first = {self._name(file): file for file in reversed(new) if not whys[file]}
            jobs = [(name, file) for name, file in first.items() if name not in self._refs]
            made = pool.map(self._made, *zip(*jobs, strict=True)) if jobs else iter(())
            for done, ((name, file), found) in enumerate(zip(jobs, made, strict=True), 1):
                self._refs[name] = {"why": found} if isinstance(found, str) else self._ref(file, name, found)
                report(what, done, len(jobs))
        for file in new:
            self._known[file] = {"why": whys[file]} if whys[file] else self._refs[self._name(file)]
        return {file: self._known[file] for file in wanted}

    def _made(self, name: str, file: File) -> Made | str | None:
        """What a file becomes; None where an older site has it; a text says why it becomes nothing."""
        try:
            if all(self._have(f"{FOLDER}/{name}{ending}") for ending in self._endings(file.kind)):
                return None
            return self._make(file)
        except Exception as error:  # libraries raise what they like for odd files
            return _why(file, error)

    def _name(self, file: File) -> str:
        how = f"{VERSION}|{file.kind}|{file.sha256}"
        if file.kind == "audio":
            how += f"|{self.coding}"
        elif file.kind == "video":
            how += f"|{self.coding.seconds}"
        digest = hashlib.sha256(how.encode()).hexdigest()
        return f"{digest[:2]}/{digest[2:18]}"

    def _endings(self, kind: Kind) -> tuple[str, ...]:
        """Of what a file becomes; the first is what is played or shown."""
        if kind == "audio":
            return (sound.SUFFIX[self.coding.codec], ".png", ".js")
        return (".jpg",) if kind == "image" else (".mp4", ".jpg")

    def _make(self, file: File) -> Made:
        if file.kind == "audio":
            clip = sound.clip(file.path, self.coding)
            return Made({sound.SUFFIX[self.coding.codec]: clip.coded, ".png": clip.picture}, clip.facts)
        if file.kind == "image":
            return Made({".jpg": sights.picture(file.path)}, {})
        film = sights.film(file.path, self.coding.seconds)
        return Made({".jpg": sights.poster(file.path), ".mp4": film}, {})

    def _ref(self, file: File, name: str, made: Made | None) -> Ref:
        """Keep what was made and say where it is."""
        for ending in self._endings(file.kind):
            if made is None:
                self._keep(f"{FOLDER}/{name}{ending}", None)
            elif ending == ".js":
                self._facts(f"{FOLDER}/{name}", made.facts)
            else:
                self.bytes += len(made.files[ending])
                self._keep(f"{FOLDER}/{name}{ending}", made.files[ending])
        ref = {"at": f"{name}{self._endings(file.kind)[0]}"}
        return ref | ({"original": self._original(file, name)} if self._originals else {})

    def _original(self, file: File, name: str) -> str:
        suffix = file.path.suffix if file.path.suffix[1:].isalnum() and file.path.suffix.isascii() else ""
        ending = f".original{suffix.lower()}"
        self._keep(f"{FOLDER}/{name}{ending}", file.path)
        return ending


def _fault(file: File) -> str:
    """Why a file cannot be shown, before it is opened; empty where it is the one that was recorded."""
    try:
        if file.sha256 is None:
            return "its bytes were never recorded, so it is not shown"
        if not file.path.is_file():
            return "its file is gone: deleted or moved after the run"
        if media.file_sha256(file.path) != file.sha256:
            return "its file was changed after it was scored"
    except OSError as error:
        return _why(file, error)
    return ""


def _why(file: File, error: Exception) -> str:
    """An error as the reason that stands in place of the file."""
    return faults.named(error).replace(str(file.path), file.path.name)
