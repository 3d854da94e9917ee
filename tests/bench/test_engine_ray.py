"""The engine `ray` on a cluster of the test's own: the same answers, and a worker that is killed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core.errors import BenchError, Terminated
from sightsound.bench.engines import dispatch, on_ray
from sightsound.bench.engines.cluster import connected
from sightsound.bench.engines.facts import facts
from sightsound.bench.engines.job import every
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.on_ray import OnRay
from tests.bench.engine_jobs import Squares

BATCHES = [[1, 2], [3, 4], [5], [6, 7, 8], [9], [10, 11]]


@pytest.fixture(scope="module")
def two() -> Iterator[OnRay]:
    """Two workers."""
    engine = OnRay("local", 2, "cpu")
    yield engine
    engine.close()


def worked(engine: OnRay | Local, job: Squares) -> tuple[list[tuple[int, list[int]]], set[int], list[object]]:
    """Answers by the first number of their batch, the processes that gave them, and what was told."""
    told: list[object] = []
    with engine.session(job, told.append) as run:
        found = [(batch[0], *answer) for batch, answer in every(run, job, BATCHES)]
    return sorted((first, squares) for first, squares, _ in found), {process for *_, process in found}, told


def test_ray_gives_the_answers_of_local_and_its_workers_stay(two: OnRay) -> None:
    alone, _, told_here = worked(Local("cpu"), Squares())
    found, processes, told = worked(two, Squares())
    again, more, _ = worked(two, Squares())
    assert found == again == alone
    assert os.getpid() not in processes | more and len(processes | more) <= 2
    assert {each for each in told if each[0] == "at"} == {each for each in told_here if each[0] == "at"}


def test_an_actor_that_is_killed_costs_nothing(two: OnRay, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / str(number)).touch()
    found, _, _ = worked(two, Squares(kills=tmp_path))
    assert found == worked(Local("cpu"), Squares())[0]
    assert not list(tmp_path.iterdir())


def test_errors_reach_the_driver_and_a_worker_with_other_versions_is_refused(
    two: OnRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BenchError, match=r"^no such thing$"):  # after which workers are started anew
        worked(two, Squares(wrong="user"))
    monkeypatch.setattr(dispatch, "facts", lambda: facts() | {"numpy": "1.0"})
    with pytest.raises(BenchError, match=r"^a worker on \S+ has numpy \S+, here 1\.0: it would make other numb"):
        worked(two, Squares())


def test_a_cluster_of_another_version_is_one_line(two: OnRay, monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*words: object, **options: object) -> None:
        raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.9.0\n    Python: 3.10.1")

    monkeypatch.setattr("ray.init", init)
    with pytest.raises(
        BenchError, match=r"^--engine ray: no cluster at local \(Version mismatch: .* Ray: 2\.9\.0"
    ):
        OnRay("local", 2, "cpu")


def test_an_address_that_does_not_answer_is_one_line_within_seconds() -> None:
    began = time.monotonic()
    with pytest.raises(BenchError, match=r"^--engine ray: nobody answers at 127\.0\.0\.1:9 \(.*refused\)$"):
        OnRay("127.0.0.1:9", 2, "cpu")
    with pytest.raises(BenchError, match="write ray:HOST:PORT"):
        OnRay("head", 2, "cpu")
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("greets", "why"), [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no head node of Ray"), (b"", "nobody answers")]
)
def test_what_answers_and_is_no_head_node_is_one_line_within_seconds(
    greets: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightsound.bench.engines.cluster.ANSWER_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            line.sendall(greets)
            time.sleep(1)
            line.close()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(BenchError, match=why):
            OnRay(f"127.0.0.1:{server.getsockname()[1]}", 2, "cpu")


def test_an_empty_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setenv("RAY_ADDRESS", "")
    monkeypatch.setattr("ray.init", lambda address, **options: asked.append(address))
    connected("", 1)
    assert asked == ["local"]


def test_a_run_on_ray_ends_for_sigterm_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("ray.init", lambda *words, **options: signal.signal(signal.SIGTERM, signal.SIG_IGN))
    connected("local", 1)
    try:
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, before)


def test_sigterm_that_code_in_c_made_another_error_of(
    toy_world: Path, bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*words: object) -> None:
        raise SystemError("returned a result with an exception set") from Terminated()

    monkeypatch.setattr("sightsound.bench.stages.run.run", wait)
    done = bench("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "run")
    assert done.code == 143 and done.err.endswith("bench: terminated; the same command goes on from here\n")


def test_variables_reach_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A_TOKEN", "SIGHTSOUND_MIRROR", "OF_BOTH", "RAY_ADDRESS"):
        monkeypatch.setenv(name, "the driver's")
    sent = on_ray.environment()
    assert "RAY_ADDRESS" not in sent
    monkeypatch.delenv("A_TOKEN")
    for name in ("SIGHTSOUND_MIRROR", "OF_BOTH"):
        monkeypatch.setenv(name, "the node's")
    on_ray._actor()(sys.path, [], str(Path.cwd()), sent)
    found = {name: os.environ[name] for name in ("A_TOKEN", "SIGHTSOUND_MIRROR", "OF_BOTH")}
    assert found == {"A_TOKEN": "the driver's", "SIGHTSOUND_MIRROR": "the driver's", "OF_BOTH": "the node's"}


def test_a_cluster_that_may_ask_for_a_token_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*words: object, **options: object) -> None:
        raise ConnectionError("Failed to connect")

    monkeypatch.setattr("ray.init", init)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(BenchError, match=r"where it asks for a token set RAY_AUTH_MODE=token$"):
        connected("auto", 1)
