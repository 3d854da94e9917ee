"""A program in a process group of its own, with its output in a log: it ends with all that it started, always.

No shell is between. The group is killed when bench is done with it, at Ctrl-C, after an error, and by
bench/elsewhere/guard.py when bench itself was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sightsound.bench.core import faults
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, one_line
from sightsound.bench.elsewhere import guard

LOG = "elsewhere.log"
"""Beside a system's outputs: what its processes printed, kept over all calls."""
TAIL_BYTES = 4096  # of a log, in which its last line is looked for
LONGEST_LINE = 200  # characters of a log's line that a message quotes

_running: set[Process] = set()


@contextmanager
def ended() -> Iterator[None]:
    """Whatever was started in the block is killed when it ends, however it ends; but for what is `lasting`."""
    try:
        yield
    finally:
        for process in list(_running):
            if not process.lasting:
                process.end()


class Process:
    """A program that was started. Its standard input is empty, its output goes to the end of `log`."""

    def __init__(
        self,
        words: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        keep: Collection[int] = (),
        kept: bool = True,
        lasting: bool = False,
    ) -> None:
        """`env`: added to the environment; `keep`: open file descriptors that it is handed; `kept`: whether the
        log stays, so that a message can name it; `lasting`: whoever started it ends it, `ended` does not.

        BenchError where it cannot be started, with the reason.
        """
        self.log, self._kept, self.lasting = log, kept, lasting
        self.code: int | None = None
        """Exit code, negative for a signal; None while it runs."""
        program = [sys.executable, "-I", "-S", guard.__file__]
        nothing = subprocess.DEVNULL
        self._guard = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, start_new_session=True
        )
        try:
            with log.open("ab") as file:
                self._from = file.tell()
                self._child = subprocess.Popen(
                    words,
                    stdin=nothing,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=os.environ | dict(env or {}),
                    pass_fds=tuple(keep),
                    start_new_session=True,
                )
        except BaseException as error:
            self._tell_guard(b"0\nnone\n")
            if isinstance(error, OSError) and not faults.of_machine(error):
                raise BenchError(f"{words[0]}: cannot be started ({_why(error, words[0])})") from error
            raise
        _running.add(self)
        self._tell_guard(f"{self._child.pid}\n".encode())

    @property
    def session(self) -> int:
        """Number of the process, of its group and of its session."""
        return self._child.pid

    def running(self) -> bool:
        """Whether the program itself runs; `code` is set where it does not."""
        self.code = self._child.poll()
        return self.code is None

    def end(self) -> None:
        """Kill what still runs of the group and wait for the program. Again: nothing."""
        if self not in _running:
            return
        with suppress(ProcessLookupError, PermissionError):  # nobody is left in the group
            os.killpg(self.session, signal.SIGKILL)
        self.code = self._child.wait()
        _running.discard(self)
        self._tell_guard(b"ended\n")

    def _tell_guard(self, line: bytes) -> None:
        pipe = self._guard.stdin
        assert pipe is not None
        with suppress(BrokenPipeError):  # somebody killed the guard
            pipe.write(line)
            pipe.flush()
        if line.endswith((b"ended\n", b"none\n")):
            with suppress(BrokenPipeError):
                pipe.close()
            self._guard.wait()

    def last_words(self) -> str:
        """How it ended, the last line that it printed, and where the rest is."""
        number = self.code or 0
        how = f"exit code {number}" if number >= 0 else f"signal {-number}{_signal_name(-number)}"
        line = self._last_line()
        where = f" (log: {shown(self.log)})" if self._kept else ""
        return f"ended with {how}{f', its last line: {line}' if line else ''}{where}"

    def _last_line(self) -> str:
        with self.log.open("rb") as file:
            file.seek(max(self._from, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").replace("\r", "\n").split("\n")
        return next((one_line(line)[:LONGEST_LINE] for line in reversed(lines) if line.strip()), "")


def _signal_name(number: int) -> str:
    try:
        return f" ({signal.Signals(number).name})"
    except ValueError:  # a real-time signal
        return ""


def _why(error: OSError, program: str) -> str:
    if isinstance(error, FileNotFoundError) and Path(program).exists():
        return "its first line names a program that is not there"
    if isinstance(error, PermissionError):
        return "it is not executable: chmod +x"
    if error.strerror == "Exec format error":
        return "it is no program: a script has to begin with a line such as #!/bin/sh"
    return named(error)
