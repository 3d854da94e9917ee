"""What `bench perf all` is made of: how work is watched, workers against each other, numbers apart."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.perf import differences, engines, watch
from sightsound.bench.perf.parts import Asked, store


def test_what_a_block_takes_is_told() -> None:
    with watch.watched("cpu") as use:
        kept = np.ones(10_000_000)
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
    assert use.seconds > 0.19 and 0 < use.cores_busy <= 1.1 and use.peak_mb > kept.nbytes / 1e6
    assert use.device_busy is None is use.device_mb


def test_a_card_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    told = tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "$@" > {told}\necho "50, 1000"\necho "100, 2000"\nexec sleep 60\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(watch, "_card", lambda device: "GPU-1")
    with watch.watched("cuda") as use:
        until = time.monotonic() + 20
        while not (told.is_file() and told.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
    assert use.device_busy == 0.75 and use.device_mb == pytest.approx(2097.152)
    assert told.read_text().split()[0] == "--id=GPU-1" and "--loop-ms=100" in told.read_text()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with watch.watched("cuda") as use:
        pass
    assert use.device_busy is None


def test_workers_are_held_against_one(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[int] = []

    def seconds(items: object, network: str, device: str, workers: int) -> float:
        order.append(workers)
        return 12.0 / workers

    monkeypatch.setattr(engines, "_seconds", seconds)
    monkeypatch.setattr(engines.os, "sched_getaffinity", lambda _: {0, 1})
    found = list(engines.measure([2, 4], 6, lambda *_: None, rounds=2, seconds=0.5))
    assert order == [1, 2, 4, 1, 2, 4]
    assert [(each.value, each.target, each.ok) for each in found] == [(0.5, 0, True), (2, 1.7, True), (4, 0, True)]
    shared = list(engines.measure([2], 6, lambda *_: None, device="cuda:0", seconds=0.5))
    assert shared[1].target == 0 and "on cuda, 2 workers" in shared[1].what


def test_a_worker_makes_the_network_itself() -> None:
    found = list(engines.measure([1], 2, lambda *_: None, seconds=3.0))
    assert len(found) == 1 and found[0].value > 0


def test_numbers_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, two = [{"embedding": np.array([[1.0, -4.0]])}], [{"embedding": np.array([[1.0, -5.0]])}]
    assert differences.apart(one, one) == 0 and differences.apart(one, two) == pytest.approx(0.2)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    monkeypatch.setattr(differences, "POCKET", ("musicnn_msd", "efficientnet_lite0", "minilm"))
    found = list(differences.measure("cpu", 2, lambda *_: None))
    names = ["musicnn_msd (random weights)", "efficientnet_lite0 (random weights)"]
    assert [each.what.split(",")[0] for each in found] == [name for name in names for _ in range(2)]
    assert [each.value for each in found[::2]] == [0.0, 0.0] and all(each.value < 1e-4 for each in found)
    things = differences._things("text", 0, 2)
    assert things[0] != things[1] == differences._things("text", 0, 2)[1]


def test_a_part_is_told_its_size() -> None:
    found = {each.what: each for each in store(Asked("cpu", True), lambda *_: None)}
    assert found["files"].value == 3 and any(what.startswith("60 clips put") for what in found)


@pytest.mark.parametrize(
    "words", [("--workers", "2,none"), ("--workers", "0"), ("--network", "mine"), ("--clips", "1")]
)
def test_engines_asked_for_what_is_not(bench, words: tuple[str, str]) -> None:
    done = bench("perf", "engines", *words)
    assert done.code == 2 and words[0] in done.err
