"""What a run tells those who watch it: how far its stages are, that it is alive, and what it said last.

`progress.json` in the run folder is written anew at most once a second, and every few seconds though nothing
moves; `run.log` gets every line that the command told the user. Nothing reads them but `bench watch`: a run that
lacks them is the same run.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sightsound.bench.core import logs
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, printable
from sightsound.bench.core.types import Report

PROGRESS, LOG = "progress.json", "run.log"
"""In the run folder."""
SOON_S = 1.0  # between two writings while stages move
BEAT_S = 5.0  # between two writings while none does
LONG_AGO_S = 3600.0  # a run that was silent for so long is over, whatever clocks say
RUNNING, ENDED, STOPPED = "running", "ended", "stopped"
"""States of a run; one whose process was killed stays `running`, which its process and its silence belie."""


@dataclass
class Stage:
    """One piece of work; times are seconds since 1970 by the clock of the run's host."""

    name: str
    """As the run calls it."""
    done: int
    """How much is there."""
    total: int | None
    """How much there will be; None where nobody knows."""
    first: int
    """What was there already when it began, so that it counts for no rate."""
    began: float
    """When it was first heard of."""
    moved: float
    """When `done` last grew."""

    @property
    def ended(self) -> bool:
        """Whether all of it is there."""
        return self.total is not None and self.done >= self.total


@dataclass
class Progress:
    """What `progress.json` says."""

    state: str = RUNNING
    """RUNNING, ENDED or STOPPED."""
    error: str = ""
    """Why it stopped, on one line."""
    host: str = ""
    """Where it runs."""
    process: int = 0
    """Number of its process there."""
    began: float = 0.0
    """When the command began, in seconds since 1970."""
    written: float = 0.0
    """When this was written."""
    wanted: Mapping[str, int] = field(default_factory=dict)
    """System -> examples that it has to answer."""
    stages: list[Stage] = field(default_factory=list)
    """In the order in which they began."""


def read(folder: Path) -> Progress | None:
    """What a run tells; None where it tells nothing. BenchError for a file that is none of ours."""
    try:
        said: dict[str, Any] = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        return Progress(**(said | {"stages": [Stage(**each) for each in said["stages"]]}))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BenchError(f"{folder / PROGRESS}: cannot be read ({named(error)})") from error


def at_work_elsewhere(folder: Path) -> str:
    """`process N on HOST` where another host writes in a run folder now; empty where none does.

    Clocks of two hosts may differ, so it is looked whether the file changes: where a run of another host was
    killed lately that takes two beats.
    """
    first = _at_work(folder)
    if first is None or first.host == socket.gethostname() or time.time() - first.written > LONG_AGO_S:
        return ""
    until = time.monotonic() + 2.4 * BEAT_S
    while time.monotonic() < until:
        time.sleep(BEAT_S / 10)
        with tempfile.NamedTemporaryFile(prefix=".part-", dir=folder):
            pass  # NFS keeps what it knows of a folder for half a minute, unless the folder changes by this host
        now = _at_work(folder)
        if now is None or now.written != first.written:
            return f"process {now.process} on {now.host}" if now else ""
    return ""


def _at_work(folder: Path) -> Progress | None:
    try:
        found = read(folder)
    except BenchError:  # a run whose sign of life cannot be read is the same run as one without
        return None
    return found if found is not None and found.state == RUNNING else None


@contextmanager
def kept(folder: Path, report: Report, wanted: Mapping[str, int]) -> Iterator[Report]:
    """While the block runs, what goes through the report that is given is kept in the run folder as well."""
    beat = _Beat(folder, report, wanted)
    with logs.heard(beat.line):
        thread = threading.Thread(target=beat.until_stopped, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield beat.report
        except BaseException as error:
            beat.end(STOPPED, named(error))
            raise
        else:
            beat.end(ENDED)
        finally:
            thread.join()


class _Beat:
    """Writes the two files; reports may come from several threads."""

    def __init__(self, folder: Path, report: Report, wanted: Mapping[str, int]) -> None:
        self._folder, self._report = folder, report
        now = time.time()
        self._progress = Progress(host=socket.gethostname(), process=os.getpid(), began=now, wanted=dict(wanted))
        self._stages: dict[str, Stage] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._write(now)

    def report(self, what: str, done: int, total: int | None) -> None:
        """See sightsound.bench.core.types.Report."""
        self._report(what, done, total)
        with self._lock:
            now = time.time()
            stage = self._stages.get(what)
            new = stage is None or (stage.ended and (done, total) != (stage.done, stage.total))
            if stage is None or new:
                self._stages.pop(what, None)  # it begins anew, behind those that came since
                stage = self._stages[what] = Stage(what, done, total, done, now, now)
            if done != stage.done:
                stage.moved = now
            stage.done, stage.total = done, total
            if new or now - self._progress.written >= SOON_S:
                self._write(now)

    def line(self, text: str) -> None:
        """Add a line to the log."""
        stamp = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        with (self._folder / LOG).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{stamp} {printable(text)}\n")

    def until_stopped(self) -> None:
        """Show now and then that the process is alive."""
        while not self._stop.wait(BEAT_S):
            with self._lock:
                try:
                    self._write(time.time())
                except OSError:  # the disk is full or gone; the next report of the run itself meets it too
                    return

    def end(self, state: str, error: str = "") -> None:
        """Write down how it ended. A run that ends for an error ends for that one, whatever the disk says."""
        self._stop.set()
        with self._lock:
            self._progress.state, self._progress.error = state, error
            try:
                self._write(time.time())
                self.line(f"{state}: {error}" if error else state)
            except OSError:
                if state == ENDED:
                    raise

    def _write(self, now: float) -> None:
        self._progress.written, self._progress.stages = now, list(self._stages.values())
        path = self._folder / PROGRESS
        temporary = path.with_name(f".part-{path.name}")  # swept like others, and not worth an fsync a second
        temporary.write_text(json.dumps(asdict(self._progress)) + "\n", encoding="utf-8")
        temporary.replace(path)
