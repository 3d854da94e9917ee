"""The engine `processes`: workers on this machine, each a process of its own with its share of the threads."""

from __future__ import annotations

import json
import os
import pickle
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sightsound.bench.core import cards, memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named
from sightsound.bench.elsewhere.process import Process
from sightsound.bench.engines import seat
from sightsound.bench.engines.dispatch import Hand, Team
from sightsound.bench.engines.job import Flow, Job, Run, Tell

LOOK_S = 0.5  # between two looks whether the processes live, while nothing comes
GRACE_S = 5.0  # to end, for a process that has closed its line
THREADS = "OMP_NUM_THREADS"
FROM_OUTSIDE = (-9, -15, -2, -1)  # exit codes: signals that somebody sends; the kernel's for want of memory is one
START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sightsound.bench.engines.worker import main; main(int(sys.argv[2]), json.loads(sys.argv[3]))"
)


class Processes:
    """Workers are started when there is work for them, and stay for the jobs after it."""

    name = "processes"

    def __init__(self, workers: int, devices: Sequence[str], logs: Path | None = None, share: float = 1.0) -> None:
        """`devices`: worker after worker gets the next one, round and round; `logs`: folder for what the workers
        print, None for one that goes with the engine; `share`: of a card's memory, that each may take."""
        self.workers, self.devices = workers, list(devices)
        self._own = tempfile.TemporaryDirectory(prefix="sightsound-workers-") if logs is None else None
        self.logs = Path(self._own.name) if self._own is not None else logs
        self._env = {THREADS: str(threads(workers)), memory.SHARE: f"{share:g}"}
        self._team = Team(self, workers)

    def session(self, job: Job, told: Tell) -> AbstractContextManager[Run]:
        """See Engine."""
        return self._team.opened(job, told)

    def work(self, flows: Sequence[Flow]) -> None:
        """See Engine."""
        self._team.work(flows)

    def hire(self, place: int) -> _Hand:
        """Start a process."""
        assert self.logs is not None
        self.logs.mkdir(parents=True, exist_ok=True)
        return _Hand(
            self.devices[place % len(self.devices)],
            self.logs / f"worker-{place}.log",
            env=self._env,
            kept=self._own is None,
        )

    def wait(self, hands: Sequence[Any]) -> list[tuple[Hand, seat.Message]]:
        """See Crew."""
        by_line = {hand.line: hand for hand in hands}
        while True:
            lines = wait(list(by_line), LOOK_S)
            found = [(by_line[line], by_line[line].hear()) for line in lines]
            found += [(h, h.last()) for h in hands if h.line not in lines and not h.process.running()]
            if found:
                return found

    def close(self) -> None:
        """End the processes."""
        self._team.close()
        if self._own is not None:
            self._own.cleanup()


class _Hand:
    """A worker's process and the line to it."""

    def __init__(self, device: str, log: Path, *, env: Mapping[str, str], kept: bool) -> None:
        self.device = device
        here, there = socket.socketpair()
        words = [sys.executable, "-c", START, json.dumps(sys.path), str(there.fileno()), json.dumps(cards.adopted)]
        try:
            self.process = Process(words, log, env=env, keep=[there.fileno()], kept=kept, lasting=True)
        except BaseException:
            here.close()
            raise
        finally:
            there.close()
        self.line = Connection(here.detach())

    def load(self, session: int, job: Job) -> None:
        """See Hand. BenchError for a job that cannot be sent."""
        try:
            self._tell("job", session, job, self.device)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise BenchError(
                f"{job.label}: cannot be sent to another process ({named(error)}); give --engine local"
            ) from error

    def give(self, number: int, batch: Any) -> None:
        """See Hand."""
        self._tell("batch", number, batch)

    def drop(self) -> None:
        """See Hand."""
        self._tell("drop")

    def _tell(self, *message: Any) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it has ended, which `hear` or `last` tells
            self.line.send(message)

    def hear(self) -> seat.Message:
        """What it says; how it ended, where it says nothing any more."""
        try:
            message: seat.Message = self.line.recv()
            return message
        except (EOFError, ConnectionResetError):
            return self.last()

    def last(self) -> seat.Message:
        """How it ended; one that has closed its line is killed. What it said before comes first."""
        with suppress(EOFError, ConnectionResetError):
            if not self.line.closed and self.line.poll():
                message: seat.Message = self.line.recv()
                return message
        until = time.monotonic() + GRACE_S
        while self.process.running() and time.monotonic() < until:
            time.sleep(0.01)
        self.process.end()
        return ("dead", self.process.last_words(), self.process.code not in FROM_OUTSIDE)

    def end(self) -> None:
        """See Hand."""
        self.process.end()
        self.line.close()


def threads(workers: int) -> int:
    """Of each of so many workers: an equal share of the cores, or the number that the user has set."""
    given = os.environ.get(THREADS, "")
    return int(given) if given.isdigit() else max(1, len(os.sched_getaffinity(0)) // workers)
