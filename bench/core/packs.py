"""The feature store's files: in a network's folder a few packs, which are appended to and never rewritten.

    NAME.pack    records one after another: a head, then the outputs' arrays as they lie in memory
    NAME.index   an ENTRY for each record, 48 bytes: the content's key, where its head begins, its length and crc32

A head is JSON, `{output: [shape, crc32]}`. A record is there once its entry is, which is written after it; what a
kill leaves of either is stepped over, and what the disk damages is told by its checksum. Every writer appends to a
pack of its own, the first whose lock it gets at once, so nobody waits for anybody and there are as many packs as
there were writers at a time.
"""

from __future__ import annotations

import errno
import json
import math
import os
import threading
import uuid
import weakref
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import locks

PACK, INDEX, LOCK = ".pack", ".index", ".lock"
ENTRY = np.dtype([("first", "<u8"), ("rest", "V24"), ("start", "<u8"), ("length", "<u4"), ("crc", "<u4")])
AHEAD = 1 << 16  # bytes
MANY = 4096  # entries that are worth sorting anew
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)

Arrays = Mapping[str, NDArray[np.float32]]
_Place = tuple[int, int, int]
"""Where a head begins, its length in bytes, its crc32."""


class DamagedError(Exception):
    """A record that is not what was written."""


class Packs:
    """The packs of one folder. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._packs: dict[str, _Pack] = {}
        self._writer: _Pack | None = None
        self._held = ExitStack()
        self._seen_ns = -1
        self._lock = threading.RLock()

    def has(self, key: bytes) -> bool:
        """Whether there is a record of `key`, 32 bytes."""
        with self._lock:
            return any(True for _ in self._found(key))

    def get(self, key: bytes, output: str) -> NDArray[np.float32] | None:
        """An output's array; None where there is no record. DamagedError where all that there are are damaged."""
        with self._lock:
            damaged = False
            for pack, place in self._found(key):
                try:
                    return pack.read(place, output)
                except DamagedError:
                    damaged = True
        if damaged:
            raise DamagedError(f"{self.folder}: the features of {key.hex()} are damaged")
        return None

    def get_all(self, keys: Sequence[bytes], output: str) -> list[NDArray[np.float32] | None]:
        """`get` of many keys, read in the order of the disk; None also for what is damaged."""
        found: list[NDArray[np.float32] | None] = [None] * len(keys)
        with self._lock:
            for pack in self._packs.values():
                lacking = [at for at, array in enumerate(found) if array is None]
                places = pack.newest([keys[at] for at in lacking])
                there = [(place, at) for place, at in zip(places, lacking, strict=True) if place is not None]
                for place, at in sorted(there):
                    with suppress(DamagedError):
                        found[at] = pack.read(place, output)
            for at, key in enumerate(keys):
                if found[at] is None:  # not known yet, or there is an older record that is whole
                    with suppress(DamagedError):
                        found[at] = self.get(key, output)
        return found

    def all_keys(self) -> set[bytes]:
        """Of all records that are there now."""
        with self._lock:
            self._refresh()
            return {key for pack in self._packs.values() for key in pack.all_keys()}

    def outputs(self, key: bytes) -> list[str]:
        """Names of a record's outputs; none where there is no record. DamagedError as `get`."""
        with self._lock:
            damaged = False
            for pack, place in self._found(key):
                try:
                    return list(pack.head(place))
                except DamagedError:
                    damaged = True
        if damaged:
            raise DamagedError(f"{self.folder}: the features of {key.hex()} are damaged")
        return []

    def put(self, key: bytes, arrays: Arrays) -> None:
        """Append a record. PermissionError where nothing can be written here."""
        with self._lock:
            if self._writer is None:
                self._writer = self._taken()
            self._writer.append(key, arrays)

    def _found(self, key: bytes) -> Iterator[tuple[_Pack, _Place]]:
        """The records of a key; where there is none, the disk is asked whether others have written one since."""
        there = [(pack, place) for pack in self._packs.values() for place in pack.find(key)]
        if not there and self._refresh():
            there = [(pack, place) for pack in self._packs.values() for place in pack.find(key)]
        return iter(there)

    def _refresh(self) -> bool:
        """Whether there is more than was known."""
        try:
            changed_ns = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        more = False
        if changed_ns != self._seen_ns:
            self._seen_ns = changed_ns
            names = {path.stem for path in self.folder.glob(f"*{INDEX}")}
            self._packs = {name: self._packs.get(name) or _Pack(self.folder / name) for name in sorted(names)}
            more = True
        grown = [pack.refresh() for pack in self._packs.values()]
        return more or any(grown)

    def _taken(self) -> _Pack:
        """A pack that nobody else writes into for as long as this object lives."""
        self._refresh()
        for name in (*self._packs, uuid.uuid4().hex[:12]):
            try:
                self._held.enter_context(locks.hold(self.folder / f".{name}{LOCK}", wait=False))
            except locks.BusyError:
                continue
            except locks.LockError as error:
                cause = error.__cause__
                if isinstance(cause, OSError) and cause.errno in READ_ONLY:
                    raise PermissionError(cause.errno, "cannot be written", str(self.folder)) from error
                raise
            pack = self._packs.setdefault(name, _Pack(self.folder / name))
            try:
                pack.open()
            except OSError as error:
                if error.errno in READ_ONLY:
                    raise PermissionError(error.errno, "cannot be written", str(self.folder)) from error
                raise
            return pack
        raise AssertionError("a new name is nobody's")


class _Pack:
    """One pack and its index."""

    def __init__(self, stem: Path) -> None:
        self._pack, self._index = stem.with_name(stem.name + PACK), stem.with_name(stem.name + INDEX)
        self._known = 0  # bytes of the index that were read
        self._sorted = np.empty(0, ENTRY)
        self._recent: dict[bytes, _Place] = {}
        self._reads: int | None = None
        self._kept, self._kept_from = b"", 0
        self._writes: tuple[int, int] | None = None

    def refresh(self) -> bool:
        """Read what the index has more than before."""
        try:
            size = self._index.stat().st_size // ENTRY.itemsize * ENTRY.itemsize
        except FileNotFoundError:
            return False
        if size <= self._known:
            return False
        count = (size - self._known) // ENTRY.itemsize
        new = np.fromfile(self._index, ENTRY, count, offset=self._known)
        self._known += len(new) * ENTRY.itemsize
        if len(new) < MANY:
            for entry in new:
                name = int(entry["first"]).to_bytes(8, "big") + entry["rest"].tobytes()
                self._recent[name] = (int(entry["start"]), int(entry["length"]), int(entry["crc"]))
        else:  # later entries of a key come behind earlier ones
            every = np.concatenate([self._sorted, new])
            self._sorted = every[np.argsort(every["first"], kind="stable")]
        return True

    def find(self, key: bytes) -> list[_Place]:
        """Where records of the key are, the newest first."""
        found = [place] if (place := self._recent.get(key)) else []
        first = np.uint64(int.from_bytes(key[:8], "big"))
        at = int(np.searchsorted(self._sorted["first"], first, side="right")) - 1
        while at >= 0 and (entry := self._sorted[at])["first"] == first:
            if entry["rest"].tobytes() == key[8:]:
                found.append((int(entry["start"]), int(entry["length"]), int(entry["crc"])))
            at -= 1
        return found

    def newest(self, keys: Sequence[bytes]) -> list[_Place | None]:
        """Where the newest record of each key is."""
        found = [self._recent.get(key) for key in keys]
        if not len(self._sorted):
            return found
        wanted = np.frombuffer(b"".join(key[:8] for key in keys), ">u8")
        at = np.searchsorted(self._sorted["first"], wanted.astype(np.uint64), side="right") - 1
        for place, (key, entry) in enumerate(zip(keys, self._sorted[np.maximum(at, 0)].tolist(), strict=True)):
            if found[place] is None:
                first, rest, *where = entry
                if first.to_bytes(8, "big") + rest == key:
                    found[place] = (where[0], where[1], where[2])
                else:  # another key that begins with the same eight bytes, or none
                    found[place] = next(iter(self.find(key)), None)
        return found

    def all_keys(self) -> Iterator[bytes]:
        """Of all records that are known."""
        yield from self._recent
        for entry in self._sorted:
            yield int(entry["first"]).to_bytes(8, "big") + entry["rest"].tobytes()

    def head(self, place: _Place) -> dict[str, tuple[list[int], int]]:
        """Shape and crc32 of each output of a record. DamagedError where it is not as it was written."""
        start, length, crc = place
        try:
            if self._reads is None:
                self._reads = os.open(self._pack, os.O_RDONLY)
                weakref.finalize(self, os.close, self._reads)
        except FileNotFoundError as error:
            raise DamagedError from error
        head = self._bytes(start, length)
        if len(head) != length or zlib.crc32(head) != crc:
            raise DamagedError
        found: dict[str, tuple[list[int], int]] = json.loads(head.decode())
        return found

    def read(self, place: _Place, output: str) -> NDArray[np.float32]:
        """One output of a record. DamagedError where it is not as it was written."""
        at = place[0] + place[1]
        for name, (shape, own_crc) in self.head(place).items():
            size = 4 * math.prod(shape)
            if name == output:
                data = self._bytes(at, size)
                if len(data) != size or zlib.crc32(data) != own_crc:
                    raise DamagedError
                return np.frombuffer(data, np.float32).reshape(shape).copy()
            at += size
        raise DamagedError  # a network that has another output now

    def _bytes(self, start: int, size: int) -> bytes:
        """What lies there. Records are mostly read in their order: then some AHEAD of what is asked is kept."""
        assert self._reads is not None
        if start < self._kept_from or start + size > self._kept_from + len(self._kept):
            if start + size > os.fstat(self._reads).st_size:  # what a damaged entry says may be gigabytes
                return b""
            follows = 0 <= start - self._kept_from <= len(self._kept) + AHEAD
            self._kept_from = start
            self._kept = os.pread(self._reads, max(size, AHEAD) if follows else size, start)
        at = start - self._kept_from
        return self._kept[at : at + size]

    def open(self) -> None:
        """Open both files for appending; half an entry, which a kill has left, goes."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        opened = []
        for path in (self._pack, self._index):
            opened.append(os.open(path, flags, 0o644))
            weakref.finalize(self, os.close, opened[-1])
        self._writes = (opened[0], opened[1])
        size = os.fstat(opened[1]).st_size
        if rest := size % ENTRY.itemsize:
            os.ftruncate(opened[1], size - rest)
        self.refresh()

    def append(self, key: bytes, arrays: Arrays) -> None:
        """Write a record and then its entry."""
        assert self._writes is not None
        pack, index = self._writes
        plain = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        head = json.dumps(
            {name: [array.shape, zlib.crc32(array.tobytes())] for name, array in plain.items()}
        ).encode()
        place = (os.lseek(pack, 0, os.SEEK_END), len(head), zlib.crc32(head))
        _write(pack, b"".join([head, *(array.tobytes() for array in plain.values())]))
        entry = np.array((int.from_bytes(key[:8], "big"), np.void(key[8:]), *place), ENTRY)
        _write(index, entry.tobytes())
        self._known += ENTRY.itemsize
        self._recent[key] = place


def _write(file: int, data: bytes) -> None:
    """All of the data, however little the system takes at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
