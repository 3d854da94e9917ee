"""Jobs for the tests of engines; workers find them here by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import MachineError
from sightsound.bench.engines.job import Tell


@dataclass(frozen=True)
class Squares:
    """Squares of numbers, with the process that made them."""

    crash: int | None = None
    """The number at which the process ends by a fault of its own."""
    kills: Path | None = None
    """A folder: as long as it holds files, the process takes one away and is killed as if by somebody."""
    waits: Path | None = None
    """A file: work waits until it is there, 20 s at most."""
    wrong: str = ""
    """The kind of error that any work raises."""
    label: str = "squares"
    entries: Sequence[str] = ()
    ahead: int = 1

    def load(self, device: str, tell: Tell) -> Squaring:
        """See Job."""
        tell(("loaded", device))
        return Squaring(self)

    def weight(self, batch: Sequence[int]) -> float:
        """See Job."""
        return 0.1

    def split(self, batch: Sequence[int]) -> Sequence[Sequence[int]]:
        """See Job."""
        return [[number] for number in batch]


class Squaring:
    """What a worker has of it."""

    def __init__(self, job: Squares) -> None:
        self.job = job

    def begin(self, batch: Sequence[int]) -> Sequence[int]:
        """See Work."""
        return batch

    def work(self, begun: Sequence[int], tell: Tell) -> tuple[list[int], int]:
        """See Work."""
        job = self.job
        if job.wrong:
            kinds = {
                "user": BenchError("no such thing"),
                "machine": MachineError("the disk is full"),
                "ours": KeyError("x"),
            }
            raise kinds[job.wrong]
        if job.waits is not None:
            until = time.monotonic() + 20
            while not job.waits.exists() and time.monotonic() < until:
                time.sleep(0.01)
        if job.kills is not None and (left := sorted(job.kills.iterdir())):
            left[0].unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if job.crash in begun:
            os.kill(os.getpid(), signal.SIGSEGV)
        tell(("at", begun[0]))
        return [number * number for number in begun], os.getpid()

    def close(self) -> None:
        """See Work."""
