"""Batches to workers and answers back, whatever the workers are: who gets what, and what happens when one dies."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sightsound.bench.core import console, faults
from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines import seat
from sightsound.bench.engines.facts import code_of, facts, refuse_other
from sightsound.bench.engines.job import Ahead, Job, Lost, Run, Tell

DEATHS = 2
"""Of workers, by their own doing and alone with a batch, after which the batch is lost."""
KILLED = 5
"""Of workers, by somebody's signal or with their machine, while at one batch: then the run ends."""
FAILED_STARTS = 4
"""Of workers that somebody ends before they work, with no answer between; by their own doing half as many."""


class Hand(Protocol):
    """A worker as the driver sees it."""

    def load(self, session: int, job: Job) -> None:
        """Have it load the job of a session."""

    def give(self, number: int, batch: Any) -> None:
        """Give it a batch."""

    def drop(self) -> None:
        """Have it let go of its job."""

    def end(self) -> None:
        """End it. Again: nothing."""


class Crew(Protocol):
    """The workers of an engine."""

    def hire(self, place: int) -> Hand:
        """Start the worker of a place, 0 and up."""

    def wait(self, hands: Sequence[Hand]) -> list[tuple[Hand, seat.Message]]:
        """What the workers say; waits until one says something. Beside the messages of bench/engines/seat.py
        there are `("facts", facts)` and, of one that has ended, `("dead", how, by_itself)`."""


class Team:
    """The workers of one engine over all its sessions."""

    def __init__(self, crew: Crew, workers: int) -> None:
        self.crew, self.workers = crew, workers
        self.session = 0
        self.greeted: set[int] = set()  # places whose worker has told its facts
        self._hands: dict[int, Hand] = {}

    @contextmanager
    def opened(self, job: Job, told: Tell) -> Iterator[Run]:
        """A session, see Engine. After an error all workers are ended, since some may be at work still."""
        self.session += 1
        loaded: set[int] = set()
        try:
            yield lambda batches: _Dispatch(self, job, loaded, batches, told).run()
        except BaseException:
            self.close()
            raise
        for hand in self._hands.values():
            hand.drop()

    def close(self) -> None:
        """End all workers."""
        for place in list(self._hands):
            self.bury(place)

    def hand(self, place: int) -> Hand:
        """The worker of a place, started if it is not there."""
        if place not in self._hands:
            self._hands[place] = self.crew.hire(place)
        return self._hands[place]

    def bury(self, place: int) -> None:
        """End a worker and forget it."""
        self.greeted.discard(place)
        self._hands.pop(place).end()


class _Dispatch:
    """One Run over some batches."""

    def __init__(self, team: Team, job: Job, loaded: set[int], batches: Sequence[Any], told: Tell) -> None:
        self.team, self.job, self.loaded, self.batches, self.told = team, job, loaded, batches, told
        self.ahead = Ahead(job, batches)
        self.waiting = deque(range(len(batches)))
        self.held: dict[int, list[int]] = {}  # place -> batches that its worker has
        self.deaths: Counter[int] = Counter()
        self.killed: Counter[int] = Counter()
        self.suspects: set[int] = set()  # batches that a worker held when it ended: each is given alone
        self.failed_starts = 0
        self.left = len(batches)

    def run(self) -> Iterator[tuple[int, Any]]:
        while self.left:
            self._staff()
            self._give()
            places = {id(self.team.hand(place)): place for place in self.held}
            for hand, message in self.team.crew.wait([self.team.hand(place) for place in self.held]):
                yield from self._heard(places[id(hand)], message)

    def _staff(self) -> None:
        """As many workers as there is work for, each with the job."""
        for place in range(min(self.team.workers, self.left)):
            if place not in self.held:
                hand = self.team.hand(place)
                self.held[place] = []
                if place in self.team.greeted and place not in self.loaded:
                    hand.load(self.team.session, self.job)  # a new one gets it when it has told its facts

    def _give(self) -> None:
        for place, held in self.held.items():
            while place in self.loaded and self.waiting and self._takes(held, self.waiting[0]):
                held.append(self.waiting.popleft())
                self.team.hand(place).give(held[-1], self.batches[held[-1]])

    def _takes(self, held: Sequence[int], number: int) -> bool:
        alone = number in self.suspects or any(each in self.suspects for each in held)
        return not held if alone else self.ahead.takes(held, number)

    def _heard(self, place: int, message: seat.Message) -> Iterator[tuple[int, Any]]:
        match message:
            case ("facts", there):
                refuse_other(there, facts())
                self.team.greeted.add(place)
                self.team.hand(place).load(self.team.session, self.job)
            case ("dead", how, by_itself):
                yield from self._died(place, how, by_itself=by_itself)
            case (_, session, *_) if session != self.team.session:
                return  # of a job that ended before this worker had loaded it
            case ("ready", _, codes):
                refuse_other(codes, code_of(self.job.entries))
                self.loaded.add(place)
            case ("told", _, what):
                self.told(what)
            case ("done", _, number, answer):
                self.held[place].remove(number)
                self.failed_starts = 0
                yield from self._answered(number, answer)
            case ("raised", _, kind, text):
                raise seat.error_of(kind, text)

    def _answered(self, number: int, answer: Any) -> Iterator[tuple[int, Any]]:
        self.left -= 1
        yield number, answer

    def _died(self, place: int, how: str, *, by_itself: bool) -> Iterator[tuple[int, Any]]:
        """Its batches go back to the others; the one that it was at is told what happened to it."""
        held = self.held.pop(place)
        self.loaded.discard(place)
        self.team.bury(place)
        console.detail(f"worker {place} of {self.job.label} {how}")
        if not held:
            self.failed_starts += 2 if by_itself else 1
            if self.failed_starts >= FAILED_STARTS:
                raise BenchError(f"{self.job.label}: its workers end before they can work; the last {how}")
            return
        if by_itself and len(held) == 1:
            self.deaths[held[0]] += 1
        elif not by_itself:
            self.killed[held[0]] += 1
        self.suspects.update(held)
        if self.killed[held[0]] >= KILLED:
            raise faults.MachineError(
                f"{self.job.label}: {KILLED} workers were ended at the same examples, the last {how}; where "
                "memory ran out take fewer --workers, then run the same command again"
            )
        if self.deaths[held[0]] >= DEATHS:
            yield from self._answered(held.pop(0), Lost(how))
        self.waiting.extendleft(reversed(held))
