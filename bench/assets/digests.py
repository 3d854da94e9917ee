"""Digests of files and trees, and the memory that spares hashing big files at each start."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sightsound.bench.core.files import sha256

__all__ = ["Memory", "Seen", "sha256", "tree_digest"]


class Seen(NamedTuple):
    """A file as it was when it was hashed."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    """When its bytes, name or rights last changed: unlike `mtime_ns`, no program can set it back."""
    inode: int
    sha256: str


class Memory:
    """sha256 of files by path, size, times of change and inode, kept in one JSON file.

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
        """Digest of the file, from memory where size, times and inode are the same. Raises OSError."""
        status = path.stat()
        facts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        known = self._kept.get(str(path)) or self._new.get(str(path))
        if known and known[:4] == facts:
            return known.sha256
        seen = Seen(*facts, sha256(path))
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
        with suppress(OSError):  # a cache that can't be written, such as a shared one, costs time only
            self._store.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._store.with_name(f"{self._store.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._kept))
            temporary.replace(self._store)


def tree_digest(digests: Iterable[tuple[str, str]]) -> str:
    """Digest of a tree: sha256 over `relative path NUL sha256 LF` of its files, sorted by path."""
    whole = hashlib.sha256()
    for relative, digest in sorted(digests):
        whole.update(f"{relative}\0{digest}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()
