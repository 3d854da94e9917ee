"""The batches of one job that wait for workers, beside those of others; and which job a free worker goes to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.engines.job import Ahead, Job, Tell


class Line:
    """One job's batches. A batch is known by its place among all that were put in."""

    def __init__(self, session: int, job: Job, told: Tell) -> None:
        """`session`: by which workers name the job."""
        self.session, self.job, self.told = session, job, told
        self.batches: list[Any] = []
        self.waiting: deque[int] = deque()
        self.left = 0
        """Batches without an answer, at a worker or waiting."""
        self.lost, self.worked = 0, False
        """Batches at which workers ended, so that they have no answer; whether any batch has one."""
        self._ahead = Ahead(job, self.batches)
        self._deaths: Counter[int] = Counter()
        self._killed: Counter[int] = Counter()
        self._suspects: set[int] = set()  # batches that a worker held when it ended: each is given alone

    def put(self, batches: Sequence[Any]) -> int:
        """Add batches; the number of the first."""
        first = len(self.batches)
        self.batches += batches
        self.waiting += range(first, len(self.batches))
        self.left += len(batches)
        return first

    def next_for(self, held: Sequence[int]) -> int | None:
        """Take out the next batch for a worker that has those `held`; None where it must wait or none is left."""
        if not self.waiting:
            return None
        number = self.waiting[0]
        alone = number in self._suspects or any(each in self._suspects for each in held)
        may = not held if alone else self._ahead.takes(held, number)
        return self.waiting.popleft() if may else None

    def answered(self, number: int) -> int:
        """Count a batch as answered; its number."""
        self.left -= 1
        return number

    def died(self, held: Sequence[int], *, by_itself: bool) -> tuple[int, int]:
        """Note that a worker ended with the batches `held`, at the first of them. How many have ended at that one:
        alone with it by their own doing, and by somebody's."""
        if by_itself and len(held) == 1:
            self._deaths[held[0]] += 1
        elif not by_itself:
            self._killed[held[0]] += 1
        self._suspects.update(held)
        return self._deaths[held[0]], self._killed[held[0]]

    def give_back(self, held: Sequence[int]) -> None:
        """Put batches of a worker that ended before all that wait."""
        self.waiting.extendleft(reversed(held))


def fullest(lines: Sequence[Line], staff: Mapping[int, int], idle: Mapping[int, int]) -> Line | None:
    """The line that a free worker goes to: the one with the most batches waiting for each worker at it, so that
    few workers load each model; the first of equals. None where every batch that waits has a worker already.

    `staff`: session -> workers at the line; `idle`: those of them that hold no batch yet.
    """
    open_ = [line for line in lines if len(line.waiting) > idle[line.session]]
    return max(open_, key=lambda line: len(line.waiting) / (staff[line.session] + 1), default=None)
