"""Locks: one holder at a time, on disks that have no locks too, and one line where none can be had."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core import locks

HOLD = """
import sys
from pathlib import Path
from sightsound.bench.core import locks
if {broken}:
    import fcntl
    def none(*_): raise OSError({code}, "no locks")
    fcntl.flock = none
with locks.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def without_locks(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As a network file system without locks says it."""

    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)


def holder(path: Path, code: int = 0) -> subprocess.Popen[str]:
    """Another process that holds the lock; `code` is what its flock fails with, 0 where it works."""
    program = HOLD.format(broken=bool(code), code=code)
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], **pipes)
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("code", [0, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, 524])
def test_one_process_at_a_time(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep/x.lock"
    if code:
        without_locks(monkeypatch, code)
    with holder(path, code) as other:
        with (
            pytest.raises(locks.BusyError, match=r"holds this lock.*wait") as caught,
            locks.hold(path, wait=False),
        ):
            pass
        assert "\n" not in str(caught.value)
        assert not code or f"process {other.pid} on this host" in str(caught.value)
        other.communicate("\n")
    with locks.hold(path, wait=False), pytest.raises(locks.BusyError), locks.hold(path, wait=False):
        pass


@pytest.mark.parametrize("code", [0, errno.ENOLCK])
def test_a_killed_holder_holds_nothing(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.lock"
    with holder(path, code) as other:
        other.kill()
    if code:
        without_locks(monkeypatch, code)
    with locks.hold(path):
        pass


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), locks.hold(tmp_path / "x"):
        raise ValueError("mine")
    with locks.hold(tmp_path / "x", wait=False):
        pass


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_no_lock_is_one_line(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(self: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(locks.LockError) as caught, locks.hold(tmp_path / "d/x", remedy="give another --out"):
        pass
    assert str(caught.value) == f"{tmp_path / 'd'}: cannot be locked ({os.strerror(code)}); give another --out"
