"""Several jobs in one queue: who goes where, and that nobody waits for another job's last batch."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines.dispatch import Team
from sightsound.bench.engines.facts import facts
from sightsound.bench.engines.job import Engine, Flow, Job, Lost
from sightsound.bench.engines.line import Line, fullest
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.processes import Processes
from sightsound.bench.engines.seat import Message, Seat
from tests.bench.engine_jobs import Squares

GROUPS = [[[1, 2], [3, 4]], [], [[5], [6, 7, 8], [9]]]
NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.fixture(scope="module")
def two() -> Iterator[Processes]:
    """Two workers; after an error they are started anew."""
    engine = Processes(2, ["cpu"])
    yield engine
    engine.close()


class Heard:
    """What a driver hears of some jobs."""

    def __init__(self) -> None:
        self.squares: dict[str, list[int]] = defaultdict(list)
        self.lost: dict[str, list[tuple[Sequence[int], Lost]]] = defaultdict(list)
        self.processes: dict[str, set[int]] = defaultdict(set)
        self.order: list[tuple[str, Sequence[int]]] = []
        self.told: dict[str, list[Any]] = defaultdict(list)
        self.then: Any = lambda label: None

    def flow(self, job: Job, groups: Sequence[Sequence[Sequence[int]]] = GROUPS) -> Flow:
        def of_groups() -> Iterator[Sequence[Sequence[int]]]:
            done = 0
            for group in groups:
                taken = sum(label == job.label for label, _ in self.order)
                assert taken == done, "a group is asked for when the one before was taken"
                done += len(group)
                yield group

        def take(batch: Sequence[int], answer: Any) -> None:
            self.order.append((job.label, batch))
            if isinstance(answer, Lost):
                self.lost[job.label].append((batch, answer))
            else:
                self.squares[job.label] += answer[0]
                self.processes[job.label].add(answer[1])
            self.then(job.label)

        return Flow(job, self.told[job.label].append, of_groups, take)


def worked(engine: Engine, *labels: str) -> Heard:
    """Squares under several labels."""
    heard = Heard()
    engine.work([heard.flow(Squares(label=label)) for label in labels])
    return heard


def test_the_queue_gives_every_job_the_answers_of_local(two: Processes) -> None:
    alone, found = worked(Local("cpu"), "a", "b", "c"), worked(two, "a", "b", "c")
    for heard in (alone, found):
        assert {label: sorted(made) for label, made in heard.squares.items()} == {
            label: [number * number for number in NUMBERS] for label in "abc"
        }
    assert [label for label, _ in alone.order] == [*"aaaaabbbbbccccc"], "local takes one after another"
    for label in "abc":
        assert {each for each in found.told[label] if each[0] == "at"} == {
            each for each in alone.told[label] if each[0] == "at"
        }
    assert worked(two).order == []


def test_a_worker_without_work_takes_that_of_the_next_job(two: Processes, tmp_path: Path) -> None:
    until = time.monotonic() + 60  # on a busy machine the first may do all before the second has started
    while len(set().union(*worked(two, "a", "b").processes.values())) < 2 and time.monotonic() < until:
        continue
    heard = Heard()
    slow = Squares(label="slow", waits=tmp_path / "go")  # its last batch ends when the other job is done
    heard.then = lambda label: label == "quick" and len(heard.order) == 5 and (tmp_path / "go").touch()
    two.work([heard.flow(slow, [[[1]]]), heard.flow(Squares(label="quick"))])
    assert [label for label, _ in heard.order] == [*["quick"] * 5, "slow"]
    assert len(heard.processes["slow"] | heard.processes["quick"]) == 2


def test_deaths_in_the_queue_cost_the_example_that_does_it(two: Processes, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / str(number)).touch()
    heard = Heard()
    two.work([heard.flow(Squares(label="a", crash=7)), heard.flow(Squares(label="b", kills=tmp_path))])
    assert [batch for batch, _ in heard.lost["a"]] == [[7]] and not heard.lost["b"]
    assert sorted(heard.squares["a"]) == [n * n for n in NUMBERS if n != 7]
    assert sorted(heard.squares["b"]) == [n * n for n in NUMBERS]


def test_an_error_of_one_job_ends_all_and_the_engine_still_works(two: Processes) -> None:
    heard = Heard()
    with pytest.raises(BenchError, match=r"^no such thing$"):
        two.work([heard.flow(Squares(label="a")), heard.flow(Squares(label="b", wrong="user"))])
    assert sorted(worked(two, "a").squares["a"]) == [n * n for n in NUMBERS]


def lines(*waiting: int) -> list[Line]:
    """Lines with so many batches each."""
    made = [Line(session, Squares(), print) for session in range(len(waiting))]
    for line, count in zip(made, waiting, strict=True):
        line.put([[number] for number in range(count)])
    return made


@pytest.mark.parametrize(
    ("waiting", "staff", "idle", "goes"),
    [
        ((4, 4), {}, {}, 0),  # the first of equals
        ((4, 4), {0: 1}, {}, 1),  # where nobody is
        ((9, 4), {0: 1}, {}, 0),  # where the most waits for each
        ((1, 0), {0: 1}, {0: 1}, None),  # its one batch has a worker, who only has not begun
        ((0, 0), {}, {}, None),
    ],
)
def test_where_a_free_worker_goes(
    waiting: Sequence[int], staff: dict[int, int], idle: dict[int, int], goes: int | None
) -> None:
    made = lines(*waiting)
    zeros = dict.fromkeys(range(len(waiting)), 0)
    line = fullest(made, zeros | staff, zeros | idle)
    assert (None if line is None else made.index(line)) == goes


class Unplaced:
    """A worker for which there is no room: it never says anything."""

    def load(self, session: int, job: Job) -> None: ...

    def give(self, number: int, batch: Any) -> None:
        raise AssertionError("nobody is there to take it")

    def drop(self) -> None: ...

    def end(self) -> None: ...


class Placed(Unplaced):
    """One that works, in this process."""

    def __init__(self) -> None:
        self.said: list[Message] = [("facts", facts())]
        self.seat = Seat(self.said.append)

    def load(self, session: int, job: Job) -> None:
        self.seat.load(session, job, "cpu")

    def give(self, number: int, batch: Any) -> None:
        self.seat.begin(number, batch)
        self.seat.work()


class Crew:
    """Workers of a cluster that has room for the one at `place` alone."""

    def __init__(self, place: int) -> None:
        self.place = place

    def hire(self, place: int) -> Unplaced:
        return Placed() if place == self.place else Unplaced()

    def wait(self, hands: Sequence[Any]) -> list[tuple[Any, Message]]:
        for hand in hands:
            if isinstance(hand, Placed) and hand.said:
                return [(hand, hand.said.pop(0))]
        raise AssertionError("everybody waits for a worker that has no room")


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("groups", [GROUPS, [[[1]], [[2], [3]]]])
def test_no_batch_waits_for_a_worker_without_room(place: int, groups: Sequence[Sequence[Sequence[int]]]) -> None:
    team, heard = Team(Crew(place), 2), Heard()
    team.work([heard.flow(Squares(label=label), groups) for label in "abc"])
    squares = [number**2 for group in groups for batch in group for number in batch]
    assert [sorted(heard.squares[label]) for label in "abc"] == [squares] * 3
    with team.opened(Squares(), lambda what: None) as run:
        assert sorted(at for at, _ in run([[1], [2]])) == [0, 1]
