"""A worker (bench/elsewhere/worker.py) in another interpreter, and the lines of JSON that go to it and come back.

Two pipes carry them, over file descriptors of their own. Nothing of a worker is trusted to be in time, whole or
what was asked: each wait has an end, and what is no message ends the worker.
"""

from __future__ import annotations

import builtins
import json
import os
import select
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.elsewhere import worker
from sightsound.bench.elsewhere.process import Process

LONGEST = 64_000_000  # bytes of a message
LOOK_S = 0.2  # between two looks whether the process lives, while nothing comes
GRACE_S = 5.0  # to end, for a process that has closed its pipe


class GoneError(BenchError):
    """The worker's process has ended, or has to be ended."""


class Told:
    """Marks what a model raised: its process goes on and waits for the next question."""


class Channel:
    """A worker that was started and can be told and heard."""

    def __init__(self, python: str, log: Path, *, kept: bool = True) -> None:
        """`kept`: whether the log stays for the user. BenchError where the interpreter cannot be started."""
        there, self._write = os.pipe()
        self._read, back = os.pipe()
        words = [python, "-u", worker.__file__, str(there), str(back)]
        try:
            self.process = Process(words, log, keep=(there, back), kept=kept)
        except BaseException:
            os.close(self._write)
            os.close(self._read)
            raise
        finally:
            os.close(there)
            os.close(back)
        os.set_blocking(self._write, False)
        self._unread = b""
        self._open = True

    def close(self) -> None:
        """End the process and all that it started. Again: nothing."""
        self.process.end()
        if self._open:
            self._open = False
            os.close(self._write)
            os.close(self._read)

    def tell(self, message: Mapping[str, Any], limit_s: float = 0.0) -> None:
        """Send a message. GoneError where nobody is there, TimeoutError after `limit_s` (0: none)."""
        until = time.monotonic() + limit_s if limit_s else None
        left = json.dumps(message).encode() + b"\n"
        while left:
            self._wait([], [self._write], until, limit_s)
            try:
                left = left[os.write(self._write, left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self._gone() from error

    def hear(self, until: float | None = None, limit_s: float = 0.0) -> dict[str, Any]:
        """The next message. What the model raised is raised here, under its own name, as far as `raised` can.

        `until`: the time (`time.monotonic`) after which a TimeoutError says that `limit_s` is over. GoneError
        where the process has ended or sends what is no message.
        """
        while b"\n" not in self._unread:
            self._wait([self._read], [], until, limit_s)
            more = os.read(self._read, 1 << 16)
            self._unread += more
            if not more:
                raise self._gone()
            if len(self._unread) > LONGEST:
                raise GoneError(f"its process sent a message of more than {LONGEST:,} bytes")
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise GoneError(f"its process sent what is no message: {one_line(line[:40])}")
        if "raised" in message:
            raise raised(message)
        return message

    def _wait(self, reads: list[int], writes: list[int], until: float | None, limit_s: float) -> None:
        while not any(select.select(reads, writes, [], LOOK_S)):
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"took longer than {limit_s:g} s (--timeout)")
            if not self.process.running() and not any(select.select(reads, writes, [], 0)):
                raise self._gone()

    def _gone(self) -> GoneError:
        """How the process ended. One that has closed its pipe and lives on is killed."""
        until = time.monotonic() + GRACE_S
        while self.process.running() and time.monotonic() < until:
            time.sleep(0.01)
        self.close()
        return GoneError(f"its process {self.process.last_words()}")


def raised(message: Mapping[str, Any]) -> Exception:
    """The exception that a worker tells of: of the same name and text, and of the kind by which it is judged here
    (OSError with its number, MemoryError, RuntimeError, ...)."""
    name, text = str(message["raised"]), str(message.get("text", ""))
    base = getattr(builtins, str(message.get("base")), Exception)
    if base not in (OSError, ValueError, TypeError, MemoryError, RuntimeError):
        base = Exception
    kind = type(name if name.isidentifier() else "Exception", (base, Told), {"__str__": lambda self: text})
    error: Exception = kind()
    if isinstance(error, OSError) and isinstance(message.get("errno"), int):
        error.errno = message["errno"]
    error.add_note(f"In the other interpreter:\n{message.get('where', '')}")
    return error
