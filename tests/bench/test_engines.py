"""Engines: the same answers from all of them, whoever dies on the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sightsound.bench.core import results
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import MachineError
from sightsound.bench.engines import choose, dispatch
from sightsound.bench.engines.facts import facts
from sightsound.bench.engines.job import Engine, Job, Lost, every
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.processes import Processes
from tests.bench.engine_jobs import Squares

ROOT = Path(__file__).parents[2]
BATCHES = [[1, 2], [3, 4], [5], [6, 7, 8], [9], [10, 11]]


@pytest.fixture(scope="module")
def two() -> Iterator[Processes]:
    """Two workers; after an error they are started anew."""
    engine = Processes(2, ["cpu", "meta"])
    yield engine
    engine.close()


def worked(
    engine: Engine, job: Job, told: list[Any] | None = None, batches: Sequence[Any] = BATCHES
) -> dict[int, Any]:
    """First number of a batch -> its answer."""
    heard: list[Any] = [] if told is None else told
    with engine.session(job, heard.append) as run:
        return {batch[0]: answer for batch, answer in every(run, job, batches)}


def test_every_engine_gives_the_same_answers_and_workers_stay(two: Processes) -> None:
    told: list[Any] = []
    alone = worked(Local("cpu"), Squares(), told)
    assert told == [("loaded", "cpu"), *(("at", batch[0]) for batch in BATCHES)]
    there: list[Any] = []
    found = worked(two, Squares(), there)
    again = worked(two, Squares())
    assert {key: squares for key, (squares, _) in found.items()} == {
        key: squares for key, (squares, _) in alone.items()
    }
    assert sorted(e for e in there if e[0] == "at") == sorted(e for e in told if e[0] == "at")
    assert {process for _, process in alone.values()} == {os.getpid()}
    processes = {process for answers in (found, again) for _, process in answers.values()}
    assert os.getpid() not in processes and len(processes) <= 2


def test_errors_of_work_reach_the_driver_as_what_they_are() -> None:
    for wrong, kind, text in (
        ("user", BenchError, "^no such thing$"),
        ("machine", MachineError, "^the disk is full$"),
        ("ours", RuntimeError, "KeyError: 'x'"),
    ):
        one = Processes(1, ["cpu"])
        with pytest.raises(kind, match=text):
            worked(one, Squares(wrong=wrong))
        one.close()


def test_a_batch_that_ends_two_workers_costs_the_example_that_does_it(two: Processes) -> None:
    found = worked(two, Squares(crash=7))
    lost = found.pop(7)
    assert isinstance(lost, Lost) and "signal 11 (SIGSEGV)" in lost.reason
    squares = [square for numbers, _ in found.values() for square in numbers]
    assert sorted(squares) == [number * number for number in range(1, 12) if number != 7]


def test_a_worker_that_is_killed_costs_nothing(two: Processes, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / str(number)).touch()
    found = worked(two, Squares(kills=tmp_path))
    assert sorted(square for numbers, _ in found.values() for square in numbers) == [n * n for n in range(1, 12)]
    assert not list(tmp_path.iterdir())


def test_examples_at_which_workers_are_always_killed_end_the_run(
    two: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "KILLED", 2)
    for number in range(9):
        (tmp_path / str(number)).touch()
    with pytest.raises(MachineError, match=r"squares: 2 workers were ended .* signal 9 \(SIGKILL\).*--workers"):
        worked(two, Squares(kills=tmp_path), batches=BATCHES[:1])


def test_a_worker_with_other_versions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "facts", lambda: facts() | {"numpy": "1.0"})
    engine = Processes(1, ["cpu"])
    with pytest.raises(BenchError, match=r"a worker on \S+ has numpy \S+, here 1\.0: it would make other numbers"):
        worked(engine, Squares())
    engine.close()


def test_what_cannot_be_sent_is_refused_in_a_line() -> None:
    @dataclass(frozen=True)
    class Here(Squares):
        pass

    engine = Processes(1, ["cpu"])
    with pytest.raises(BenchError, match=r"squares: cannot be sent to another process .*--engine local"):
        worked(engine, Here())
    engine.close()


def test_engines_by_name(tmp_path: Path) -> None:
    for name, workers, text in (
        ("slurm", None, "--engine slurm: take one of local, processes, ray"),
        ("processes", 0, "--workers 0: take 1 or more"),
        ("local", 2, "--workers 2: the engine local is one process"),
    ):
        with pytest.raises(BenchError, match=text):
            choose.check(name, workers)
    assert isinstance(choose.opened("", None, "cpu", tmp_path), Local)
    engine = choose.opened("", 3, "cpu", tmp_path)
    assert isinstance(engine, Processes) and (engine.workers, engine.devices) == (3, ["cpu"])


RUN = ("run", "--model", "mozart", "--task", "image2music", "--device", "cpu", "--limit", "2", "--batch-size", "1")
METRICS = ("--metrics", "kl_musicnn,thd,cosine_labels_tags_minilm")


def test_the_pocket_run_is_the_same_by_processes_whoever_is_killed(tmp_path: Path) -> None:
    def start(name: str, *words: str) -> subprocess.Popen[bytes]:
        links = tmp_path / f"cache_{name}"  # the assets are shared, the features are not
        links.mkdir(exist_ok=True)
        for part in ("assets", "converted", "splits"):
            if not (links / part).exists():
                (links / part).symlink_to(cache_dir() / part)
        return subprocess.Popen(
            [sys.executable, "-m", "sightsound", *RUN, *METRICS, *words, "--out", str(tmp_path / name)],
            env=os.environ | {"SIGHTSOUND_CACHE": str(links)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=(tmp_path / f"{name}.err").open("wb"),
        )

    assert start("local").wait() == 0
    rng, killed = random.Random(2), 0
    process = start("killed", "--engine", "processes", "--workers", "2")
    while killed < 3 and process.poll() is None:  # workers, at random moments
        time.sleep(rng.uniform(0.5, 1.5))
        if workers := children(process.pid):
            os.kill(rng.choice(workers), signal.SIGKILL)
            killed += 1
    time.sleep(rng.uniform(0.2, 1))
    workers = children(process.pid)
    process.kill()  # the driver
    process.wait()
    until = time.monotonic() + 5
    while any(Path(f"/proc/{each}").exists() for each in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert killed == 3 and not [each for each in workers if Path(f"/proc/{each}").exists()]
    end = start("killed", "--engine", "processes", "--workers", "2")
    assert end.wait() == 0, (tmp_path / "killed.err").read_text()
    outputs = sorted((tmp_path / "local").rglob("*.wav"))
    assert outputs
    for path in outputs:
        assert path.read_bytes() == (tmp_path / "killed" / path.relative_to(tmp_path / "local")).read_bytes()
    tables = [
        results.read(tmp_path / name / "rows.csv").drop(columns=["run", "seconds"]) for name in ("local", "killed")
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def children(driver: int) -> list[int]:
    """The workers of a driver that run."""
    found = subprocess.run(["pgrep", "-P", str(driver), "-f", "engines.worker"], capture_output=True, check=False)
    return [int(number) for number in found.stdout.split()]
