"""The protocol between a stage and the engine that works on its batches (docs/engines.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Tell = Callable[[Any], None]
"""By which work in progress tells the driver something: how far it is, or a part of its answer."""
Run = Callable[[Sequence[Any]], Iterator[tuple[int, Any]]]
"""Works on batches: gives the place of a batch among those given, and its answer, in the order of arrival."""


@dataclass(frozen=True)
class Lost:
    """In the place of an answer: the batch ended the process of its worker, twice."""

    reason: str
    """How the process ended, on one line."""


class Work(Protocol):
    """What a worker has loaded: a model, or networks."""

    def begin(self, batch: Any) -> Any:
        """Begin to read what a batch needs, on threads, while the one before it is worked on. Returns at once."""

    def work(self, begun: Any, tell: Tell) -> Any:
        """The answer for a batch that was begun. Batches are worked on in the order in which they were begun."""

    def close(self) -> None:
        """Undo what loading and working did to the process: another job may come."""


class Job(Protocol):
    """What a stage does with each of its batches. It is pickled for workers in other processes.

    An answer must not depend on the worker, nor on the batches before: that is what makes engines equal.
    """

    @property
    def label(self) -> str:
        """What is worked with, for messages."""

    @property
    def entries(self) -> Sequence[str]:
        """`package.module:callable` of the code that does the work."""

    @property
    def ahead(self) -> int:
        """Batches that a worker begins before it has ended the one it is at."""

    def load(self, device: str, tell: Tell) -> Work:
        """Load the model or the networks: once a worker. BenchError where that fails."""

    def weight(self, batch: Any) -> float:
        """Share of the memory for batches that are begun ahead which this one takes."""

    def split(self, batch: Any) -> Sequence[Any]:
        """The batch in parts of one example each."""


@dataclass(frozen=True)
class Flow:
    """A job and its batches, beside others."""

    job: Job
    """What is done with each batch."""
    told: Tell
    """Hears, in the driver's own thread, what workers tell; of a batch that is done again it hears again."""
    groups: Callable[[], Iterator[Sequence[Any]]]
    """The batches, in groups. Those of a group may be worked on at once; the next group is asked for when all
    of the last one were taken."""
    take: Callable[[Any, Any], None]
    """Takes a batch and its answer, in the driver's own thread."""


class Engine(Protocol):
    """Works on batches of jobs. Not for use by several threads at once."""

    @property
    def name(self) -> str:
        """As `--engine` names it."""

    def session(self, job: Job, told: Tell) -> AbstractContextManager[Run]:
        """While the block runs, workers keep what the job has loaded. `told`: see Flow.

        BenchError and MachineError that work raises are raised by the Run.
        """

    def work(self, flows: Sequence[Flow]) -> None:
        """Work on all batches of the flows; `local` takes one flow after another, the others all at once.
        Errors as in a session."""

    def close(self) -> None:
        """End all workers. Again: nothing."""


def every(run: Run, job: Job, batches: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Each batch and its answer. A batch that was lost is done again in parts of one example, so that one of them
    alone answers for the loss."""
    lost: list[Any] = []
    for place, answer in run(batches):
        parts = job.split(batches[place]) if isinstance(answer, Lost) else ()
        if len(parts) > 1:
            lost += parts
        else:
            yield batches[place], answer
    if lost:
        yield from every(run, job, lost)


class Ahead:
    """How many batches may be begun: one more than the job's number, and no more than fit into the memory."""

    def __init__(self, job: Job, batches: Sequence[Any]) -> None:
        self._job, self._batches = job, batches
        self._weights: dict[int, float] = {}

    def takes(self, held: Sequence[int], place: int) -> bool:
        """Whether the batch at `place` may be begun beside those `held`; one alone always may."""
        if not held:
            return True
        return len(held) <= self._job.ahead and sum(map(self._weight, (*held, place))) <= 1

    def _weight(self, place: int) -> float:
        if place not in self._weights:
            self._weights[place] = self._job.weight(self._batches[place])
        return self._weights[place]
