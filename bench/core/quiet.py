"""Lines that a library writes to the C standard error by itself, kept out of the command's output.

libsndfile's MP3 decoder and libtiff complain about damaged files there, without their names. What such a file
comes to is said by our own checks. Python's standard error is another thing and is not touched.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

_lock = threading.Lock()
_inside = 0
_kept: int | None = None


@contextmanager
def c_stderr_off() -> Iterator[None]:
    """Let C code write its standard error to nowhere meanwhile; of several threads the last one restores it."""
    global _inside, _kept
    found = _streams()
    if found is None:  # another C library than glibc: its lines stay
        yield
        return
    stderr, nowhere = found
    with _lock:
        _inside += 1
        if _inside == 1:
            _kept, stderr.value = stderr.value, nowhere
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                stderr.value = _kept


@lru_cache(maxsize=1)
def _streams() -> tuple[ctypes.c_void_p, int] | None:
    """The C variable `stderr`, and a stream that leads nowhere."""
    try:
        libc = ctypes.CDLL(None)
        stderr = ctypes.c_void_p.in_dll(libc, "stderr")
        libc.fopen.restype = ctypes.c_void_p
        nowhere = libc.fopen(b"/dev/null", b"w")
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    return (stderr, nowhere) if nowhere else None
