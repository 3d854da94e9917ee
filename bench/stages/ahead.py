"""The first stages of a pipeline a batch ahead: while the generator works at one batch, a thread makes the
captions and prompts of the next.

Batches are prepared one after another, in their order, and never while the whole model is asked, so a part of a
model is in use by one thread at a time. What is prepared is the same as without a thread; where preparing fails,
the batch is asked again in the ordinary way, which finds the example that is to blame.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Any, NamedTuple

from sightsound.bench.core.clock import Clock
from sightsound.bench.core.types import Example, Generated, Staged


class _Stopped(BaseException):
    """Raised in the thread when nobody waits for it any more."""


class _Ready(NamedTuple):
    """What a batch's first stages gave, and their seconds."""

    prepared: Any
    took_s: float
    spared_s: float


class Early:
    """A batch that was begun."""

    def __init__(self, model: Staged, seed: int, ready: Future[_Ready]) -> None:
        self._model, self._seed, self._ready = model, seed, ready
        self.took_s = self.spared_s = self.waited_s = 0.0
        """Seconds of the stages that were done ahead, spared ones included; those; those that `finish` waited."""

    def finish(self) -> Iterable[Generated]:
        """The answers; raises what preparing raised."""
        since = time.perf_counter()
        try:
            prepared, self.took_s, self.spared_s = self._ready.result()
        finally:
            self.waited_s = time.perf_counter() - since
        return self._model.finish(prepared, self._seed)


class Ahead:
    """The thread; on CUDA its work goes into a stream of its own."""

    def __init__(self, model: Staged, seed: int, device: str) -> None:
        self.alone = threading.Lock()
        """Held while a batch is prepared; whoever asks the whole model holds it too."""
        self._model, self._seed, self._stream = model, seed, _Stream(device)
        self._given: SimpleQueue[tuple[Sequence[Example], Future[_Ready]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)
        self._thread.start()

    def begin(self, batch: Sequence[Example]) -> Early:
        """Prepare a batch after those begun before it. Returns at once."""
        ready: Future[_Ready] = Future()
        self._given.put((batch, ready))
        return Early(self._model, self._seed, ready)

    def close(self) -> None:
        """End the thread: a stage in Python stops at its next step, a call into C when it returns."""
        self._given.put(None)
        if self._thread.is_alive() and self._thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(_Stopped)
            )
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._stream.entered():
                while (given := self._given.get()) is not None:
                    self._prepare(*given)
        except _Stopped:
            pass

    def _prepare(self, batch: Sequence[Example], ready: Future[_Ready]) -> None:
        try:
            with self.alone:
                clock = Clock()
                prepared = self._model.prepare(batch, self._seed)
                self._stream.settle()
                found = _Ready(prepared, clock.seconds(), clock.spared_s())
        except _Stopped:
            raise
        except BaseException as error:  # of whatever kind, it is for whoever waits
            ready.set_exception(error)
        else:
            ready.set_result(found)


class _Stream:
    """The stream of the device that the thread works in; on a CPU nothing."""

    def __init__(self, device: str) -> None:
        self._own: Any = None
        if device.startswith("cuda"):
            import torch

            torch.cuda.synchronize(device)  # the weights were copied in another stream
            self._own = torch.cuda.Stream(device)

    def entered(self) -> AbstractContextManager[Any]:
        """For the thread."""
        if self._own is None:
            return nullcontext()
        import torch

        context: AbstractContextManager[Any] = torch.cuda.stream(self._own)
        return context

    def settle(self) -> None:
        """Wait until all in it is done."""
        if self._own is not None:
            self._own.synchronize()


def alone(ahead: Ahead | None) -> AbstractContextManager[Any]:
    """For a block that asks the whole model."""
    return nullcontext() if ahead is None else ahead.alone


def staged(model: Any) -> bool:
    """Whether a model's first stages can be done ahead."""
    return callable(getattr(model, "prepare", None)) and callable(getattr(model, "finish", None))
