"""A worker from inside: it loads a job, begins batches and works on them, whatever brings them to it."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sightsound.bench.core import cards, faults, memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines.facts import code_of
from sightsound.bench.engines.job import Job, Work

Message = tuple[Any, ...]
"""`("ready", session, digests)`, `("told", session, what)`, `("done", session, number, answer)` or `("raised",
session, kind, text)`."""
MACHINE, USER, OURS = "machine", "user", "ours"  # kinds of errors: MachineError, BenchError, anything else


class Seat:
    """Holds one job at a time."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        """`tell`: takes messages to the driver."""
        self._tell = tell
        self._session = 0
        self._work: Work | None = None
        self._begun: deque[tuple[int, Any]] = deque()

    @property
    def busy(self) -> bool:
        """Whether a batch was begun and not worked on."""
        return bool(self._begun)

    def load(self, session: int, job: Job, device: str) -> None:
        """Load the job of a session in place of the one before."""
        self.drop()
        self._session = session
        with self._told_of_errors():
            memory.keep_to_share(device)
            self._work = job.load(device, self._told)
            self._tell(("ready", session, code_of(job.entries)))

    def drop(self) -> None:
        """Let go of the job."""
        if self._work is not None:
            self._work.close()
        self._work = None
        self._begun.clear()
        memory.give_back()

    def begin(self, number: int, batch: Any) -> None:
        """Begin the batch of that number."""
        assert self._work is not None
        with self._told_of_errors():
            self._begun.append((number, self._work.begin(batch)))

    def work(self) -> None:
        """Work on the batch that was begun first."""
        assert self._work is not None
        number, begun = self._begun.popleft()
        with self._told_of_errors():
            self._tell(("done", self._session, number, self._work.work(begun, self._told)))

    def _told(self, what: Any) -> None:
        self._tell(("told", self._session, what))

    @contextmanager
    def _told_of_errors(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:  # somebody stops this process alone, which is no error of the work
            raise
        except BaseException as error:  # of whatever kind, it is for the driver to judge
            self._tell(raised(error, self._session))


def adopt(modules: list[str]) -> None:
    """Make the cards known that the driver took from modules the user named."""
    for module in modules:
        cards.adopt_all(module)


def raised(error: BaseException, session: int) -> Message:
    """The message for what work raised; `error_of` makes an error of it again."""
    if fault := faults.of_machine(error):
        return ("raised", session, MACHINE, str(fault))
    if isinstance(error, BenchError):
        return ("raised", session, USER, str(error))
    return ("raised", session, OURS, "".join(traceback.format_exception(error)))


def error_of(kind: str, text: str) -> Exception:
    """What the driver raises for it."""
    if kind == MACHINE:
        return faults.MachineError(text)
    return BenchError(text) if kind == USER else RuntimeError(f"in a worker:\n{text}")
