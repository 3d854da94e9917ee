"""Workers and drivers killed at random moments: the same command again ends with the files of a run that was not.

`pytest --kills 10 tests/bench/test_engine_kills.py` kills at ten moments an engine, which are printed. Without the
option a worker and the driver of `ray` are killed once; those of `processes` are by tests/bench/test_engines.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bench.run_files import whatever_the_engine

ROOT = Path(__file__).parents[2]
RUN = (
    *("run", "--task", "image2music", "--device", "cpu", "--metrics", "cosine_toy", "--batch-size", "1"),
    *("--model", "echo:pocket", "--model", "echo:pocket_twin"),
)
WAIT_S = 0.25  # of an example: twelve of each of two systems by two workers are three seconds
SEED = 5
PATIENCE_S = 90.0  # for a worker to appear, and for processes to end


class Commands:
    """Runs of the command in the toy's world, each with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        (self.folder / name).mkdir(exist_ok=True)
        path = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
        environment = os.environ | {"SIGHTSOUND_CACHE": str(self.folder / name / "cache"), "PYTHONPATH": path}
        environment.pop("SIGHTSOUND_MIRROR", None)
        with (self.folder / f"{name}.err").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.toy", *RUN, "--set", f"wait_s={WAIT_S}", "--out", "r", *words],
                cwd=self.folder / name,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.started.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], name: str) -> dict[str, bytes]:
        """Wait for a run; its files."""
        assert process.wait() == 0, (self.folder / f"{name}.err").read_text()
        return whatever_the_engine(self.folder / name / "r")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """At the end no process of a command is left."""
    made = Commands(tmp_path_factory.mktemp("kills"))
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def whole(commands: Commands) -> dict[str, bytes]:
    """The files of a run that nobody kills, in one process."""
    return commands.end(commands.start("whole"), "whole")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", ["processes", "ray"] if metafunc.config.getoption("--kills") else ["ray"])


def test_whoever_is_killed_nothing_differs(
    commands: Commands, whole: dict[str, bytes], engine: str, request: pytest.FixtureRequest
) -> None:
    words = ("--engine", engine, "--workers", "2")
    rng, kills = random.Random(SEED), request.config.getoption("--kills") or 2
    name = engine
    process = commands.start(name, *words)
    for number in range(kills):
        whom = "driver" if number % 2 else "worker"
        while not (workers := awaited_workers(process)):  # it came to its end: begin afresh
            assert commands.end(process, name) == whole
            name = f"{engine}{number}"
            process = commands.start(name, *words)
        wait_s = rng.uniform(0, 1.2)
        time.sleep(wait_s)
        everybody = {each: born(each) for each in below(process.pid)}
        print(f"{engine}: a {whom} killed {wait_s:.2f} s after its workers were seen (seed {SEED})")
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(process.pid if whom == "driver" else rng.choice(sorted(workers)), signal.SIGKILL)
        if whom == "driver":
            process.wait()
            assert not awaited_end(everybody), "whom the driver started ends with it"
            process = commands.start(name, *words)
    assert commands.end(process, name) == whole


def awaited_workers(driver: subprocess.Popen[bytes]) -> set[int]:
    """The workers of a driver, as soon as there are any; none where it ends before."""
    until = time.monotonic() + PATIENCE_S
    while driver.poll() is None and time.monotonic() < until:
        if found := {number for number, words in below(driver.pid).items() if is_worker(words)}:
            return found
        time.sleep(0.05)
    assert driver.poll() is not None, "no worker within the time"
    return set()


def awaited_end(processes: dict[int, str]) -> list[int]:
    """Those of the processes, with when they began, that are still there after a while."""
    until = time.monotonic() + PATIENCE_S
    while left := [number for number, since in processes.items() if born(number) == since != ""]:
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return left


def is_worker(words: str) -> bool:
    """Whether a command line is that of a worker; Ray writes over it what an actor is at."""
    return "engines.worker" in words or words.startswith("ray::Actor")


def below(top: int) -> dict[int, str]:
    """Process -> command line, of all processes that `top` started, and those that they started."""
    parents = {int(folder.name): parent(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    found: dict[int, str] = {}
    new = [top]
    while new:
        new = [number for number, above in parents.items() if above in new]
        found |= {number: words_of(number) for number in new}
    return found


def stat(process: int) -> list[str]:
    """The fields of its status from the third on; none where it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def parent(process: int) -> int:
    """Who started it; 0 where it has ended."""
    return int((stat(process) or [0, 0])[1])


def born(process: int) -> str:
    """When it began; empty where it has ended."""
    return (stat(process) or [""] * 20)[19]


def words_of(process: int) -> str:
    """Its command line; empty where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except OSError:
        return ""
