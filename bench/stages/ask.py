"""A batch to a model: one answer an example, whatever is wrong with one of them, with the model or with the
memory."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

from sightsound.bench.core import faults, logs, memory
from sightsound.bench.core.errors import STOPS, BenchError
from sightsound.bench.core.faults import named
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Generated, Model, chunks
from sightsound.bench.stages import fits
from sightsound.bench.stages.ahead import Ahead, Early, alone


class Asker:
    """Asks one system's model. A batch that does not fit into memory is halved, and so are those after it."""

    def __init__(
        self,
        model: Model,
        system: System,
        device: str,
        *,
        timeout_s: float = 0.0,
        log: Callable[[str, str], None] = lambda name, text: None,
        heard: Callable[[str], None] = lambda name: None,
        ahead: Ahead | None = None,
    ) -> None:
        """`timeout_s`: most seconds an example, 0 for no limit; `log`: told the id of an example and the traceback
        of what the model raised for it; `heard`: told the id of each example as the model answers for it, once or
        more; `ahead`: prepares batches of the same model."""
        self.model, self.system, self.device, self._ahead = model, system, device, ahead
        self.timeout_s, self.log, self.heard = timeout_s, log, heard
        self.at_most: int | None = None
        """Examples that were found to fit; None as long as every batch did."""

    def ask(self, batch: Sequence[Example], seed: int, early: Early | None = None) -> list[Generated]:
        """One answer an example, in the batch's order. What a batch raises, each example is asked alone for.

        `early`: the batch, begun ahead. MachineError for a fault of the machine, BenchError where one example
        alone does not fit into memory.
        """
        if early is not None:
            return self._part(batch, seed, early)
        return [answer for part in chunks(batch, self.at_most or len(batch)) for answer in self._part(part, seed)]

    def _part(self, batch: Sequence[Example], seed: int, early: Early | None = None) -> list[Generated]:
        try:
            with _one_process(), redirect_stdout(sys.stderr), _limit(self.timeout_s * len(batch)):
                if early is not None:
                    return _match(early.finish(), self.system.label, batch, self.heard)
                with alone(self._ahead):
                    return _match(self.model.generate(batch, seed), self.system.label, batch, self.heard)
        except STOPS:
            raise
        except BaseException as error:  # a model may raise anything; it costs its examples
            if fault := faults.of_machine(error):
                raise fault from error
            if memory.ran_out(error):
                if early is not None:
                    parts = [batch]  # two batches at once took more: this one again with nothing beside it
                elif len(batch) == 1:
                    raise BenchError(
                        f"{self.system.label}: {fits.too_little(self.system, self.device)}"
                    ) from error
                else:
                    self.at_most = (len(batch) + 1) // 2
                    parts = [list(part) for part in chunks(batch, self.at_most)]
            else:
                if len(batch) == 1:
                    self._keep_traceback(batch[0])
                    return [Generated(batch[0].id, error=named(error))]
                parts = [[example] for example in batch]
        memory.give_back()  # here, where the error's frames no longer hold the batch's tensors
        return [answer for part in parts for answer in self.ask(part, seed)]

    def _keep_traceback(self, example: Example) -> None:
        logs.LOG.debug("%s: %s", self.system.label, example.id, exc_info=True)
        self.log(example.id, traceback.format_exc())


@contextmanager
def _one_process() -> Iterator[None]:
    """Where a model forks and lets the copy come back, the copy ends here: else both would go on with the run."""
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            os._exit(0)


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """TimeoutError in the block when it takes longer.

    Python code is interrupted at its next step, a call into C when it returns. Only the main thread can be
    interrupted; elsewhere there is no limit.
    """
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        raise TimeoutError(f"took longer than {seconds:g} s (--timeout)")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _match(
    made: Iterable[Generated], label: str, batch: Sequence[Example], heard: Callable[[str], None]
) -> list[Generated]:
    """The answers in the batch's order; an example without one, or with several, is a failure."""
    by_id: dict[str, Generated] = {}
    wanted = {example.id for example in batch}
    twice: set[str] = set()
    for answer in made:
        if not isinstance(answer, Generated):
            raise ValueError(f"{label} yielded a {type(answer).__name__}, not a Generated")
        if answer.id not in wanted:
            raise ValueError(f"{label} answered for {answer.id!r}, which was not asked")
        if answer.id in by_id:
            twice.add(answer.id)
        by_id[answer.id] = answer
        heard(answer.id)
    by_id |= {name: Generated(name, error="the model gave more than one answer") for name in twice}
    return [by_id.get(e.id, Generated(e.id, error="the model gave no answer")) for e in batch]
