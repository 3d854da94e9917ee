"""Digests of files and trees, and the memory that spares hashing big files at each start."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Seen(NamedTuple):
    """A file as it was when it was hashed."""

    size_bytes: int
    mtime_ns: int
    sha256: str


class Memory:
    """sha256 of files by path, size and time of change, kept in one JSON file.

    What `sha256` computes is kept only when `keep` is called, so that a file that proves wrong is not taken for
    the good one.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._kept: dict[str, Seen] = {}
        self._new: dict[str, Seen] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):  # a broken memory is an empty one
            self._kept = {path: Seen(*seen) for path, seen in json.loads(store.read_text()).items()}

    def sha256(self, path: Path) -> str:
        """Digest of the file, from memory where size and time of change are the same."""
        status = path.stat()
        known = self._kept.get(str(path))
        if known and known[:2] == (status.st_size, status.st_mtime_ns):
            return known.sha256
        seen = Seen(status.st_size, status.st_mtime_ns, sha256(path))
        self._new[str(path)] = seen
        return seen.sha256

    def below(self, path: Path) -> dict[Path, Seen]:
        """What is remembered of the file `path`, or of the files below the folder `path`."""
        known = {Path(name): seen for name, seen in self._kept.items()}
        return {name: seen for name, seen in known.items() if name.is_relative_to(path)}

    def keep(self) -> None:
        """Remember what was computed since the last call."""
        if not self._new:
            return
        self._kept |= self._new
        self._new = {}
        with suppress(OSError):  # a cache that can't be written costs time only
            self._store.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._store.with_name(f"{self._store.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._kept))
            temporary.replace(self._store)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digest(digests: Iterable[tuple[str, str]]) -> str:
    """Digest of a tree: sha256 over `relative path NUL sha256 LF` of its files, sorted by path."""
    whole = hashlib.sha256()
    for relative, digest in sorted(digests):
        whole.update(f"{relative}\0{digest}\n".encode())
    return whole.hexdigest()
