"""One lock for all: held by one process at a time, released by the system when that dies.

`flock` does it. Some network file systems have none (ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL); there a file beside it
stands for the lock, made in one step, with the holder's process and host in it: on the same host the next one
clears it away when its holder is gone, on another host nobody can know, and the message names the file.
"""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from sightsound.bench.core.console import say
from sightsound.bench.core.errors import BenchError

CACHE_REMEDY = "set SIGHTSOUND_CACHE to a folder that can be written"
STANDS_FOR = ".held"  # suffix of the file that stands for the lock where the disk has none
SAID_AFTER_S = 10.0  # of waiting
LONGEST_WAIT_S = 24 * 3600.0  # for a file that stands for a lock, whose holder may have died on another host
_OF_KERNEL = 524  # ENOTSUPP, a number of the kernel's own that NFS lets through
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, _OF_KERNEL)
"""What `flock` says where there is none: NFS without a lock daemon, CIFS and Lustre by how they were mounted, file
systems of a process of the user's."""


class LockError(BenchError):
    """A lock that cannot be had here."""


class BusyError(LockError):
    """A lock that another process holds."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"{path}: another process holds this lock{holder or '; wait for it'}")
        self.holder = holder
        """Who, as far as that is known, and what to do; empty where nobody can tell."""


@contextmanager
def hold(path: Path, *, wait: bool = True, remedy: str = CACHE_REMEDY) -> Iterator[None]:
    """Hold the lock `path`, whose folder is made. With `wait` until it is free, else BusyError where it is held.

    Raises LockError, one line that ends in `remedy`, where the folder cannot be written.
    """
    lock = _acquired(path, wait, remedy)
    try:
        yield
    finally:
        lock.release()


def _acquired(path: Path, wait: bool, remedy: str) -> filelock.BaseFileLock:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _by_system(path, wait) or _by_file(path.with_name(path.name + STANDS_FOR), wait)
    except filelock.Timeout as error:
        raise BusyError(path, _holder(Path(error.lock_file))) from error
    except OSError as error:
        place = error.filename or path
        raise LockError(f"{place}: cannot be locked ({error.strerror or error}); {remedy}") from error


def _patiently(lock: filelock.BaseFileLock, wait: bool, longest_s: float) -> None:
    """Acquire it; after a while the user is told what is waited for."""
    try:
        lock.acquire(timeout=SAID_AFTER_S if wait else 0)
    except filelock.Timeout:
        if not wait:
            raise
        say(f"waiting for {lock.lock_file}, which another process holds{_holder(Path(lock.lock_file))}")
        lock.acquire(timeout=longest_s)


def _by_system(path: Path, wait: bool) -> filelock.BaseFileLock | None:
    """The lock by `flock`; None where the file system has none."""
    lock = filelock.FileLock(path)
    try:
        with warnings.catch_warnings():  # of ENOSYS it warns, and lets a file stand for the lock by itself
            warnings.filterwarnings("ignore", message="flock not supported")
            _patiently(lock, wait, longest_s=-1)
    except NotImplementedError:  # how older versions of filelock say ENOSYS
        return None
    except OSError as error:
        if isinstance(error, filelock.Timeout) or error.errno not in _NO_LOCKS:
            raise
        return None
    return lock


def _by_file(path: Path, wait: bool) -> filelock.BaseFileLock:
    """The lock by a file that only one can make. It is not forced: a file of a dead process of this host goes."""
    lock = filelock.SoftFileLock(path)
    _patiently(lock, wait, LONGEST_WAIT_S)
    return lock


def _holder(path: Path) -> str:
    """What to say of the file that stands for a lock: whose it is, as far as it tells."""
    try:
        process, host = path.read_text(encoding="utf-8", errors="replace").split()[:2]
    except (OSError, ValueError):  # one of the system, which is empty, or its holder has just gone
        return ""
    mine = " on this host" if host == os.uname().nodename else f" on {host}"
    return f": process {process}{mine}; wait for it, or remove {path} if that is gone"
