"""The engine `ray` on a cluster of several nodes: too little room, cards of two kinds, a node that is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines import on_ray
from sightsound.bench.engines.on_ray import OnRay
from sightsound.bench.engines.room import Room
from tests.bench.engine_jobs import Squares
from tests.bench.test_engine_queue import NUMBERS, Heard

SMI = "#!/bin/sh\necho {mib}\n"
"""In the place of the driver's program: these nodes have no real cards."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head with one core and no card."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


def with_card(cluster: Any, folder: Path, name: str, gib: int) -> Any:
    """A node more, with a card of that size."""
    (folder / name).mkdir()
    (folder / name / "nvidia-smi").write_text(SMI.format(mib=gib * 1024))
    (folder / name / "nvidia-smi").chmod(0o755)
    path = f"{folder / name}{os.pathsep}{os.environ['PATH']}"
    return cluster.add_node(num_cpus=2, num_gpus=1, env_vars={"PATH": path, "NODE": name})


def node_of(process: int) -> str:
    """Where a worker is."""
    words = Path(f"/proc/{process}/environ").read_text().split("\0")
    return next(word.removeprefix("NODE=") for word in words if word.startswith("NODE="))


def test_a_cluster_with_room_for_one_worker_of_two_does_the_work(
    cluster: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(on_ray, "ROOM_S", 0.5)
    engine = OnRay(cluster.address, 2, "cpu")
    heard = Heard()
    engine.work([heard.flow(Squares(label=label), [[[1]], [[2], [3]]]) for label in "ab"])
    assert {label: sorted(found) for label, found in heard.squares.items()} == {"a": [1, 4, 9], "b": [1, 4, 9]}
    engine.close()
    assert "ray has " in capsys.readouterr().err
    with pytest.raises(BenchError, match=r"^big:one: needs about 1e\+06 GB, the largest device has \S+ GB"):
        OnRay(cluster.address, 2, "cpu", Room("big:one", 1e6, 1e6))


def test_workers_go_to_large_cards_and_a_node_that_is_lost_costs_nothing(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(on_ray, "ROOM_S", 0.5)
    with_card(cluster, tmp_path, "small", 8)
    large = with_card(cluster, tmp_path, "large", 80)
    with pytest.raises(BenchError, match=r"^big:one: needs about 200 GB, the largest device has 85\.9 GB"):
        OnRay(cluster.address, None, "cuda", Room("big:one", 200, 150))
    engine = OnRay(cluster.address, None, "cuda", Room("a:one", 40, 20, share=0.5))
    assert engine.workers == 2, "two share the card that is large enough"
    assert " (8.6 GB): a:one needs about 40 GB" in capsys.readouterr().err
    heard = Heard()
    where: dict[int, str] = {}
    heard.then = lambda label: where.update(
        {each: node_of(each) for each in heard.processes[label] - where.keys()}
    )
    engine.work([heard.flow(Squares(label="before"))])
    assert set(where.values()) == {"large"} and len(where) <= 2

    def lose_and_grow(label: str) -> None:
        """In the midst of the other job's first batch."""
        if label == "quick":
            cluster.remove_node(large)
            with_card(cluster, tmp_path, "later", 80)  # as an autoscaler would
            (tmp_path / "go").touch()

    heard.then = lose_and_grow
    slow = heard.flow(Squares(label="after", waits=tmp_path / "go"))
    engine.work([slow, heard.flow(Squares(label="quick"), [[[1]]])])
    assert sorted(heard.squares["after"]) == [number * number for number in NUMBERS]
    assert {node_of(each) for each in heard.processes["after"]} == {"later"}
    engine.close()
