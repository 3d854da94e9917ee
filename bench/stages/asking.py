"""The job of generating: a model answers for batches of examples, on whichever worker an engine has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.core import registry, state, watch
from sightsound.bench.core.clock import Clock
from sightsound.bench.core.types import Example, Generated, Model
from sightsound.bench.engines.job import Lost, Tell
from sightsound.bench.stages.ahead import Ahead, Early, staged
from sightsound.bench.stages.ask import Asker
from sightsound.bench.stages.batches import Gauge, Use
from sightsound.bench.stages.build import Build
from sightsound.bench.stages.plain import plain


@dataclass(frozen=True)
class Answer:
    """What a model made of a batch."""

    made: Sequence[Generated]
    """One an example, in the batch's order."""
    took_s: float
    """Seconds, loading aside, those included that a store spared it."""
    spared_s: float = 0.0
    """Seconds that a store spared it."""
    use: Use | None = None
    """Memory of the card, where it was asked for."""
    opened: Sequence[Path] = ()
    """Of the files that are kept from the model those that it has opened so far."""


def lost(batch: Sequence[Example], how: Lost) -> Answer:
    """The answer for a batch that ended its worker: a failure of each of its examples."""
    reason = f"the process of its model {how.reason}"
    return Answer([Generated(example.id, error=reason) for example in batch], 0.0)


@dataclass(frozen=True)
class Asking:
    """See sightsound.bench.engines.job.Job. A batch is a sequence of examples, an answer an `Answer`.

    It tells `("loaded",)`, `("heard", id)` for each example as the model answers, `("traceback", id, text)`, and
    `("report", what, done, total)`.
    """

    system: registry.System
    """Who is asked."""
    make: Callable[[], Model]
    """Gives the model; for workers in other processes a Build."""
    seed: int
    """Of the run."""
    timeout_s: float
    """Most seconds an example, 0 for no limit."""
    gauged: bool
    """Whether the memory of the card is read."""
    withheld: Sequence[Path]
    """Files that the model has no business to open."""
    ahead: int = 0
    """Batches whose first stages are done while the one before them is at the last; of a model that has stages."""

    @property
    def label(self) -> str:
        """See Job."""
        return self.system.label

    @property
    def entries(self) -> Sequence[str]:
        """See Job."""
        return (self.system.build.entry,)

    def load(self, device: str, tell: Tell) -> _Asked:
        """See Job."""
        return _Asked(self, device, tell)

    def weight(self, batch: Any) -> float:
        """See Job."""
        return 0.0

    def split(self, batch: Sequence[Example]) -> Sequence[Sequence[Example]]:
        """See Job."""
        return [[example] for example in batch]


class _Asked:
    """The model, loaded."""

    def __init__(self, job: Asking, device: str, tell: Tell) -> None:
        self._job, self._tell = job, tell
        make = job.make
        if isinstance(make, Build):
            make = make.at(device, lambda what, done, total: tell(("report", what, done, total)))
        with ExitStack() as around, watch.watched(job.withheld) as opened:
            around.enter_context(state.restored())
            model = make()
            self._opened = set(opened)
            self._around = around.pop_all()
        self._ahead: Ahead | None = None
        if job.ahead and staged(model):
            self._around.enter_context(watch.watched(job.withheld))  # the thread reads at all times
            self._ahead = Ahead(model, job.seed, device)  # type: ignore[arg-type]
        self._asker = Asker(
            model,
            job.system,
            device,
            timeout_s=job.timeout_s,
            log=lambda name, text: self._tell(("traceback", name, text)),
            heard=lambda name: self._tell(("heard", name)),
            ahead=self._ahead,
        )
        self._gauge = Gauge(device) if job.gauged else None
        tell(("loaded",))

    def begin(self, batch: Sequence[Example]) -> tuple[Sequence[Example], Early | None]:
        """See Work."""
        fits = self._asker.at_most is None  # else it will be halved
        return batch, self._ahead.begin(batch) if self._ahead is not None and fits else None

    def work(self, begun: tuple[Sequence[Example], Early | None], tell: Tell) -> Answer:
        """See Work. The seconds of a stage count where they were spent, also those beside another batch's."""
        batch, early = begun
        clock = Clock()
        with watch.watched(self._job.withheld) as opened:
            made = [plain(each) for each in self._asker.ask(batch, self._job.seed, early)]
            self._opened |= opened
        took_s, spared_s = clock.seconds(), clock.spared_s()
        if early is not None:
            took_s, spared_s = took_s - early.waited_s + early.took_s, spared_s + early.spared_s
        use = self._gauge.read() if self._gauge else None
        return Answer(made, took_s, spared_s, use, sorted(self._opened))

    def close(self) -> None:
        """See Work."""
        if self._ahead is not None:
            self._ahead.close()
        self._around.close()
