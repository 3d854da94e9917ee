"""Batches to workers and answers back, whatever the workers are: who gets what, and what happens when one dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sightsound.bench.core import console, faults
from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines import seat
from sightsound.bench.engines.facts import code_of, facts, refuse_other
from sightsound.bench.engines.job import Flow, Job, Lost, Run, Tell
from sightsound.bench.engines.line import Line, fullest

DEATHS = 2
"""Of workers, by their own doing and alone with a batch, after which the batch is lost."""
KILLED = 5
"""Of workers, by somebody's signal or with their machine, while at one batch: then the run ends."""
LOST_AT_FIRST = 6
"""Batches that are lost before a job has given any answer: then it gives none, and the run ends."""
FAILED_STARTS = 4
"""Of workers that somebody ends before they work, with no answer between; by their own doing half as many."""


class Hand(Protocol):
    """A worker as the driver sees it."""

    def load(self, session: int, job: Job) -> None:
        """Have it load the job of a session, in the place of the one before."""

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
        """A session, see Engine."""
        line = self._line(job, told)
        dispatch = _Dispatch(self, [line])

        def run(batches: Sequence[Any]) -> Iterator[tuple[int, Any]]:
            first = line.put(batches)
            for _, number, answer in dispatch.run():
                yield number - first, answer

        with self._ended_or_let_go():
            yield run

    def work(self, flows: Sequence[Flow]) -> None:
        """See Engine: one queue of the batches of all flows."""
        lines = [self._line(flow.job, flow.told) for flow in flows]
        groups = [flow.groups() for flow in flows]

        def put_next(at: int) -> None:
            while not lines[at].left and (group := next(groups[at], None)) is not None:
                lines[at].put(group)

        with self._ended_or_let_go():
            for at in range(len(lines)):
                put_next(at)
            for line, number, answer in _Dispatch(self, lines).run():
                at, batch = lines.index(line), line.batches[number]
                parts = line.job.split(batch) if isinstance(answer, Lost) else ()
                if len(parts) > 1:  # one of them alone answers for the loss
                    line.put(parts)
                else:
                    flows[at].take(batch, answer)
                put_next(at)

    def _line(self, job: Job, told: Tell) -> Line:
        self.session += 1
        return Line(self.session, job, told)

    @contextmanager
    def _ended_or_let_go(self) -> Iterator[None]:
        """At the end workers let go of their jobs. After an error all are ended: some may be at work still."""
        try:
            yield
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
    """Gives the batches of some lines to workers."""

    def __init__(self, team: Team, lines: Sequence[Line]) -> None:
        self.team, self.lines = team, lines
        self.at: dict[int, Line] = {}  # place -> the line whose job its worker has, or loads
        self.loaded: set[int] = set()  # places whose worker has loaded that job
        self.held: dict[int, list[int]] = {}  # place -> batches of that line that its worker has
        self.failed_starts = 0

    def run(self) -> Iterator[tuple[Line, int, Any]]:
        """Line, number and answer of each batch, as they come; goes on while a line has batches."""
        while any(line.left for line in self.lines):
            self._staff()
            self._give()
            places = {id(self.team.hand(place)): place for place in self.held}
            for hand, message in self.team.crew.wait([self.team.hand(place) for place in self.held]):
                yield from self._heard(places[id(hand)], message)

    def _staff(self) -> None:
        """As many workers as there is work for, and all that are there: the first ones may have no room yet. One
        without work goes to the line that needs it most."""
        enough = min(self.team.workers, sum(line.left for line in self.lines))
        for place in range(self.team.workers):
            if place >= enough and place not in self.team.greeted:
                continue
            own = self.at.get(place)
            if self.held.get(place) or (own is not None and own.waiting):
                continue
            line = self._needy()
            if line is None:
                continue
            self.at[place] = line
            self.held[place] = []
            self.loaded.discard(place)
            hand = self.team.hand(place)
            if place in self.team.greeted:
                hand.load(line.session, line.job)  # a new one gets it when it has told its facts

    def _needy(self) -> Line | None:
        """The line that a worker without work goes to."""
        staff = Counter(line.session for line in self.at.values())
        idle = Counter(  # one that has not told its facts may have to wait for room, and nobody should wait for it
            line.session for place, line in self.at.items() if place in self.team.greeted and not self.held[place]
        )
        return fullest(self.lines, staff, idle)

    def _give(self) -> None:
        for place in sorted(self.loaded):
            line, held = self.at[place], self.held[place]
            while (number := line.next_for(held)) is not None:
                held.append(number)
                self.team.hand(place).give(number, line.batches[number])

    def _heard(self, place: int, message: seat.Message) -> Iterator[tuple[Line, int, Any]]:
        if message[0] == "facts":
            refuse_other(message[1], facts())
            self.team.greeted.add(place)
            if line := self.at.get(place):
                self.team.hand(place).load(line.session, line.job)
            return
        if message[0] == "dead":
            yield from self._died(place, *message[1:])
            return
        line = next((line for line in self.lines if line.session == message[1]), None)
        if line is None:
            return  # of a job that ended before this worker had loaded it
        match message:
            case ("ready", _, codes):
                refuse_other(codes, code_of(line.job.entries))
                if self.at.get(place) is line:
                    self.loaded.add(place)
            case ("told", _, what):
                line.told(what)
            case ("done", _, number, answer):
                self.held[place].remove(number)
                self.failed_starts = 0
                line.worked = True
                yield line, line.answered(number), answer
            case ("raised", _, kind, text):
                raise seat.error_of(kind, text)

    def _died(self, place: int, how: str, by_itself: bool) -> Iterator[tuple[Line, int, Any]]:
        """Its batches go back to the others; the one that it was at is told what happened to it."""
        held, line = self.held.pop(place), self.at.pop(place, None)
        self.loaded.discard(place)
        self.team.bury(place)
        label = line.job.label if line else "a run"
        console.detail(f"worker {place} of {label} {how}")
        if not held or line is None:
            self.failed_starts += 2 if by_itself else 1
            if self.failed_starts >= FAILED_STARTS:
                raise BenchError(f"{label}: its workers end before they can work; the last {how}")
            return
        deaths, killed = line.died(held, by_itself=by_itself)
        if killed >= KILLED:
            raise faults.MachineError(
                f"{label}: {KILLED} workers were ended at the same examples, the last {how}; where "
                "memory ran out take fewer --workers, then run the same command again"
            )
        if deaths >= DEATHS:
            line.lost += 1
            if line.lost >= LOST_AT_FIRST and not line.worked:
                raise BenchError(f"{label}: its workers end at whatever they are given; the last {how}")
            yield line, line.answered(held.pop(0)), Lost(how)
        line.give_back(held)
