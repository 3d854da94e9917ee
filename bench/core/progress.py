"""The stages of long work, made into lines: which one is at work, how far it is, how fast, how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BETWEEN = "between stages"
"""Where time goes while no stage is open: imports, small files."""


@dataclass
class Stage:
    """One piece of work as it was last reported."""

    started_s: float
    """When it began, by the clock."""
    first: int
    """What was there already when it began, so that it counts for no rate."""
    done: int
    """How much is there now."""
    total: int | None
    """How much there will be; None where it is not known."""
    worked_s: float
    """When work on its first step began: it may have had to wait for another stage, as for a model to load."""
    moved_s: float
    """When `done` last grew."""

    @property
    def ended(self) -> bool:
        """Whether all of it is there."""
        return self.total is not None and self.done >= self.total


class Lines:
    """Tells a line where a stage begins, one where it ends, and one whenever nothing was told for `every_s`.

    Reports may come from several threads. What was reported last and has not ended is the stage at work; the time
    until the next report is its own.
    """

    def __init__(
        self, tell: Callable[[str], None], every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.every_s = every_s
        self.spent_s: dict[str, float] = {}
        """Stage -> how long it was the one at work, in seconds; together the whole time."""
        self._tell, self._clock = tell, clock
        self._stages: dict[str, Stage] = {}
        self._open: list[str] = []
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._began_s = self._reported_s = self._told_s = clock()

    def report(self, what: str, done: int, total: int | None) -> None:
        """See sightsound.bench.core.types.Report. A stage that has ended begins anew with its next report."""
        with self._lock:
            now = self._spend()
            stage = self._stages.get(what)
            if stage is None or (stage.ended and (done, total) != (stage.done, stage.total)):
                stage = self._stages[what] = Stage(now, done, done, total, now, now)
                if not stage.ended:
                    self._line(f"{what}: {_count(stage)}")
            elif stage.ended:
                return
            if done == stage.first:
                stage.worked_s = now
            if done != stage.done:
                stage.moved_s = now
            stage.done, stage.total = done, total
            if what in self._open:
                self._open.remove(what)
            if stage.ended:
                made = f" in {span(now - stage.started_s)}" if stage.done > stage.first else ", all there already"
                self._line(f"{what}: {_count(stage)}{made}")
            else:
                self._open.append(what)

    def tick(self) -> float:
        """Tell a line if it is time; seconds until the next one is due."""
        with self._lock:
            now = self._clock()
            if now - self._told_s >= self.every_s:
                self._line(self._now(now))
            return self._told_s + self.every_s - now

    @contextmanager
    def running(self) -> Iterator[None]:
        """Meanwhile lines are told in time; at the end how far those stages came that have not ended."""
        thread = threading.Thread(target=self._watch, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            with self._lock:
                self._spend()
                for what in self._open:
                    self._line(f"{what}: {_count(self._stages[what])}, no more")

    def _watch(self) -> None:
        wait_s = self.every_s
        while not self._stop.wait(wait_s):
            try:
                wait_s = self.tick()
            except (OSError, ValueError):  # nobody reads standard error any more, or it is closed
                return

    def _spend(self) -> float:
        """The time now; what has passed since the last report is the open stage's."""
        now = self._clock()
        at_work = self._open[-1] if self._open else BETWEEN
        self.spent_s[at_work] = self.spent_s.get(at_work, 0.0) + now - self._reported_s
        self._reported_s = now
        return now

    def _now(self, now: float) -> str:
        if not self._open:
            return f"at work for {span(now - self._began_s)}"
        what = self._open[-1]
        stage = self._stages[what]
        made = stage.done - stage.first
        if made <= 0 or stage.moved_s <= stage.worked_s:
            return f"{what}: {_count(stage)}, at it for {span(now - stage.started_s)}"
        each_s = (stage.moved_s - stage.worked_s) / made
        rate = f"{1 / each_s:.3g}/s" if each_s <= 1 else f"{each_s:.3g} s each"
        left = ""
        if stage.total is not None:
            left_s = each_s * (stage.total - stage.done) - (now - stage.moved_s)
            left = f", {span(left_s)} left" if left_s > 0 else ", longer than the others"
        return f"{what}: {_count(stage)}, {rate}{left}"

    def _line(self, text: str) -> None:
        self._told_s = self._clock()
        self._tell(text)


def _count(stage: Stage) -> str:
    return str(stage.done) if stage.total is None else f"{stage.done}/{stage.total}"


def span(seconds: float) -> str:
    """A length of time as people say it.

    >>> span(4.21), span(75), span(7260)
    ('4.2 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_over = divmod(minutes, 60)
    return f"{hours} h {minutes_over:02d} min" if hours else f"{minutes} min {rest:02d} s"
