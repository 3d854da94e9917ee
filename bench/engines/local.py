"""The engine `local`: this very process, one batch after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sightsound.bench.engines.job import Ahead, Flow, Job, Run, Tell, Work, every


class Local:
    """Works in the thread that asks, so that a model can be interrupted."""

    name = "local"

    def __init__(self, device: str) -> None:
        self.device = device

    @contextmanager
    def session(self, job: Job, told: Tell) -> Iterator[Run]:
        """See Engine. Nothing is loaded before there is a batch."""
        loaded: list[Work] = []

        def run(batches: Sequence[Any]) -> Iterator[tuple[int, Any]]:
            if batches and not loaded:
                loaded.append(job.load(self.device, told))
            ahead, begun, held = Ahead(job, batches), deque[Any](), deque[int]()
            waiting = deque(range(len(batches)))
            while held or waiting:
                while waiting and ahead.takes(held, waiting[0]):
                    held.append(waiting.popleft())
                    begun.append(loaded[0].begin(batches[held[-1]]))
                answer = loaded[0].work(begun.popleft(), told)
                yield held.popleft(), answer

        try:
            yield run
        finally:
            for work in loaded:
                work.close()

    def work(self, flows: Sequence[Flow]) -> None:
        """See Engine."""
        for flow in flows:
            with self.session(flow.job, flow.told) as run:
                for group in flow.groups():
                    for batch, answer in every(run, flow.job, group):
                        flow.take(batch, answer)

    def close(self) -> None:
        """Nothing is to be ended."""
