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
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch

from sightsound.bench.core import memory, results
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import MachineError
from sightsound.bench.engines import choose, dispatch
from sightsound.bench.engines.facts import facts
from sightsound.bench.engines.job import Engine, Job, Lost, every
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.processes import Processes
from sightsound.bench.engines.room import Room
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


def test_a_job_at_which_workers_end_from_the_first_batch_on_ends_the_run(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "LOST_AT_FIRST", 2)
    with pytest.raises(BenchError, match=r"^squares: its workers end at whatever .* signal 11 \(SIGSEGV\)"):
        worked(two, Squares(crash=7), batches=[[7]] * 9)


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
    for name, share, text in (
        ("ray", 0.0, r"^--gpu-share 0: take a share of a GPU for each worker, 0\.01 to 1$"),
        ("", 1.5, "^--gpu-share 1.5: take a share"),
        ("local", 0.5, r"^--gpu-share 0\.5: the engine local is one process; take --engine processes$"),
    ):
        with pytest.raises(BenchError, match=text):
            choose.check(name, None, share)
    assert isinstance(choose.opened("", None, "cpu", tmp_path), Local)
    engine = choose.opened("", 3, "cpu", tmp_path)
    assert isinstance(engine, Processes) and (engine.workers, engine.devices) == (3, ["cpu"])


def test_workers_go_to_the_cards_that_are_large_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cards = {"cuda:0": 8.0, "cuda:1": 80.0, "cuda:2": 80.0}
    monkeypatch.setattr(choose, "devices_of", lambda device: list(cards) if device == "cuda" else [device])
    monkeypatch.setattr(memory, "have_gb", lambda device: cards.get(device, 16.0))

    def opened(room: Room, device: str = "cuda") -> tuple[int, list[str]]:
        engine = choose.opened("", None, device, tmp_path, room)
        assert isinstance(engine, Processes)
        return engine.workers, engine.devices

    assert opened(Room("a:small", 2)) == (3, [*cards])
    assert opened(Room("a:large", 40, 20)) == (2, ["cuda:1", "cuda:2"])
    assert "no worker goes to cuda:0: a:large needs about 40 GB" in capsys.readouterr().err
    assert opened(Room("a:large", 40, 20, share=0.5)) == (4, ["cuda:1", "cuda:2"])
    assert opened(Room("a:whole", 100, 60)) == (2, ["cuda:1", "cuda:2"]), "with batches that are halved"
    for room, text in (
        (
            Room("a:huge", 200, 150),
            r"^a:huge: needs about 200 GB, the largest device has 80\.0 GB \(cuda:1\);",
        ),
        (
            Room("a:large", 90, 50, 0.5),
            r"80\.0 GB \(cuda:1\), of which --gpu-share 0\.5 is 40\.0 GB;",
        ),
    ):
        with pytest.raises(BenchError, match=text):
            opened(room)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(16)))
    assert Room().on_cpu() == 4 and Room("a:large", 7.0).on_cpu() == 2 and Room("a:huge", 90.0).on_cpu() == 1


def test_a_share_of_a_card_is_a_smaller_card(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[float, str]] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=80e9))
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda share, device: taken.append((share, str(device)))
    )
    memory.keep_to_share("cuda:1")
    assert memory.have_gb("cuda:1") == 80 and not taken
    monkeypatch.setenv(memory.SHARE, "0.25")
    memory.keep_to_share("cuda:1")
    memory.keep_to_share("cpu")
    assert memory.have_gb("cuda:1") == 20 and taken == [(0.25, "cuda:1")]


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
