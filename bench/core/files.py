"""Files of others: only regular ones are opened, copies share blocks where the disk can, links stay in bounds.

A named pipe would hold a reader up for ever, a device gives bytes without end, and a hard link to the user's file
changes with it. So files that the suite did not write go through here.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import stat
import struct
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from sightsound.bench.core.errors import BenchError

_FICLONE = 0x40049409  # linux/fs.h: let a file share the blocks of another, on btrfs, XFS and the like
_AT_ONCE = 1 << 20  # bytes read at a time
SETTLED_S = 3.0
MOST_DIGESTS = 250_000  # some 60 MB; a run of 25,000 clips by six systems asks for each twice
_STATE = struct.Struct("5Q")
_digests: dict[bytes, bytes] = {}


class IrregularError(OSError):
    """A pipe, a device, a socket or a folder where a file is wanted."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "no regular file (a pipe, a device or a folder)", str(path))


def open_regular(path: Path) -> io.BufferedReader:
    """The file, open for reading. Raises OSError, and IrregularError for what is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe without a writer opens at once
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return io.BufferedReader(io.FileIO(descriptor, "rb"))
    os.close(descriptor)
    raise IrregularError(path)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes. Raises OSError, and IrregularError for what is no regular file.

    A run asks for a file's digest several times. It is worked out anew unless the disk says that nothing at all
    was done to the file since, and its last change was SETTLED_S before it was read: no clock is finer than that.
    """
    with open_regular(path) as file:
        about = os.fstat(file.fileno())
        numbers = about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
        state = _STATE.pack(*(each % (1 << 64) for each in numbers))
        if (known := _digests.get(state)) is not None:
            return known.hex()
        read_s = time.time()
        digest, block = hashlib.sha256(), memoryview(bytearray(min(_AT_ONCE, about.st_size + 1)))
        while length := file.raw.readinto(block):
            digest.update(block[:length])
        found = digest.digest()
    if read_s - about.st_ctime > SETTLED_S:
        if len(_digests) >= MOST_DIGESTS:
            _digests.clear()
        _digests[state] = found
    return found.hex()


def read_all(paths: Iterable[Path]) -> None:
    """Work out the digests of many files on all cores, for `sha256` to find. What cannot be read it will tell."""

    def read(path: Path) -> None:
        with suppress(OSError):
            sha256(path)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        deque(pool.map(read, paths), maxlen=0)


def copy_regular(source: Path, target: Path, limit_bytes: int) -> int:
    """Copy a regular file of at most `limit_bytes` to `target`; its length in bytes.

    The blocks are shared where the file system can do that, yet neither file changes with the other. Raises
    BenchError, and leaves no target, for what is no regular file, longer than the limit or grows past it; OSError
    for a fault of the machine, such as a full disk.
    """
    try:
        with open_regular(source) as file, target.open("xb") as out:
            try:
                length = os.fstat(file.fileno()).st_size
                if length > limit_bytes:
                    raise _too_long(source, limit_bytes)
                return length if _shares(file, out) else _copy(file, out, source, limit_bytes)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except IrregularError as error:
        raise BenchError(f"{source}: {error.strerror}; give a file") from error


def clone(source: Path, target: Path) -> None:
    """Copy a file of any length to `target`, sharing its blocks where the file system can. Raises what
    `copy_regular` raises."""
    copy_regular(source, target, limit_bytes=1 << 62)


def _shares(file: IO[bytes], out: IO[bytes]) -> bool:
    try:
        fcntl.ioctl(out.fileno(), _FICLONE, file.fileno())
    except OSError:  # another disk, or one that cannot; a full disk shows when the bytes are copied
        return False
    return True


def _copy(file: IO[bytes], out: IO[bytes], source: Path, limit_bytes: int) -> int:
    length = 0
    while chunk := file.read(_AT_ONCE):
        length += len(chunk)
        if length > limit_bytes:
            raise _too_long(source, limit_bytes)
        out.write(chunk)
    return length


def _too_long(source: Path, limit_bytes: int) -> BenchError:
    return BenchError(f"{source}: longer than {limit_bytes:,} bytes, the most that is taken; give a smaller file")


def stays_inside(path: Path, folder: Path) -> bool:
    """Whether a path below `folder` ends, links followed, in `folder`; both absolute, `folder` resolved.

    In a snapshot of the hub, `<repository>/snapshots/<revision>`, every file is a link into the folder `blobs` of
    the same repository: those are the snapshot's own.
    """
    end = path.resolve()
    if end.is_relative_to(folder):
        return True
    revision = next((above for above in (folder, *folder.parents) if above.parent.name == "snapshots"), None)
    return revision is not None and end.is_relative_to(revision.parent.parent / "blobs")
