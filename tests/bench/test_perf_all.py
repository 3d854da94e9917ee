"""`bench perf peers` and `bench perf all` at sizes that take no time: values agree, a change is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf import everything, history, peer_ways, peers
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.peer_world import TINY, World, distance, rounds, suite


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    torch.manual_seed(0)
    return World(tmp_path_factory.mktemp("peers"), "cpu", TINY)


def test_their_ways_give_our_values(world: World, tmp_path: Path) -> None:
    ours = distance(world)
    for read in (peer_ways.in_threads, peer_ways.one_by_one):
        assert world.fad.score(world.theirs, read) == pytest.approx(ours, rel=0.01)
    assert peer_ways.fadtk(world.theirs, world.weights, tmp_path, "cpu", workers=0) == pytest.approx(
        ours, rel=0.01
    )
    reference, generated = (peer_ways.logits(folder, world.classify, "cpu", 0) for folder in world.theirs)
    theirs = ours, peer_ways.kl(generated, reference), peer_ways.inception_score(generated)
    whole = suite(world, tmp_path / "store")
    assert whole[:2] == pytest.approx(theirs[:2], rel=0.01, abs=1e-4)
    assert whole[2] >= 1 and theirs[2] == pytest.approx(1)  # theirs is of parts of one clip each


def test_the_front_ends_hear_the_same(world: World) -> None:
    from sightsound.metrics.networks.audio.vggish import LogMel, windows

    clip = peer_ways.in_threads(world.theirs[0])[0]
    ours = LogMel()(torch.from_numpy(windows(clip.astype(np.float32)).copy()))
    assert torch.allclose(ours, peer_ways.log_mel(clip)[:, 0], atol=1e-4)


def test_every_way_is_run_once_a_round_in_turn() -> None:
    order: list[str] = []
    found = rounds({"a": lambda: order.append("a"), "b": lambda: order.append("b") or 7}, 2)  # type: ignore[func-returns-value]
    assert order == ["a", "b", "a", "b"] and found["b"][1] == 7 and found["a"][0] >= 0


def test_a_distance_of_features_is_that_of_the_square_root() -> None:
    (figure,) = peers.of_features(TINY)
    assert figure.ok and figure.value > 0 and "torch-fidelity" in figure.what
    wrong = peers._figure("it", 9.0, 5.0, apart=0.5)
    assert not wrong.ok and not peers._figure("it", 4.0, 5.0).ok and peers._figure("it", 5.0, 5.0).ok


def test_peers_as_a_command(bench, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(peers, "World", lambda *_: world)
    monkeypatch.setattr(peers, "whole", lambda world: [])
    monkeypatch.setattr(peers.os, "cpu_count", lambda: 1)
    done = bench("perf", "peers", "--tiny", "--json")
    figures = json.loads(done.out)
    assert {figure["target"] for figure in figures} >= {15.0, 2.4}
    assert any("threads=1" in figure["what"] for figure in figures)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures = [
        Figure("speed (values 1e-03 apart), times as fast", 4.0, 5.0, False),
        Figure("rate", 100.0, 0.0, True),
    ]
    monkeypatch.setattr(everything, "PARTS", {"one": lambda asked, report: figures})
    return figures


def test_all_is_written_and_held_against_what_was(bench, parts: list[Figure], tmp_path: Path) -> None:
    past, out = tmp_path / "perf.jsonl", tmp_path / "out"
    first = bench("perf", "all", "--history", past, "--keep", "--out", out)
    assert first.code == 1 and "MISSED" in first.out and "CHANGED" not in first.out
    parts[0] = Figure("speed (values 2e-03 apart), times as fast", 6.0, 5.0, True)
    done = bench("perf", "all", "--history", past, "--keep", "--out", out)
    assert done.code == 0 and "+50% CHANGED" in done.out and "+0%" in done.out
    facts = json.loads((out / "perf.json").read_text())
    assert [each["before"] for each in facts["figures"]] == [4.0, 100.0] and facts["figures"][0]["changed"]
    assert (out / "perf.md").read_text().count("\n|") == 4 and (out / "perf.png").stat().st_size > 1000
    assert [json.loads(line)["figures"]["rate"] for line in past.read_text().splitlines()] == [100.0, 100.0]
    assert bench("perf", "all", "--only", "none").err.count("\n") == 1


def test_another_machine_or_size_is_not_compared(tmp_path: Path) -> None:
    figures = [Figure("speed", 4.0, 0.0, True)]
    here = history.now(figures, "cpu", "usual")
    for other in (replace(here, machine="another"), replace(here, device="card"), replace(here, size="tiny")):
        assert history.against(figures, here, [other])[0].before is None
    assert history.against(figures, here, [replace(here, figures={"speed": 2.0})])[0].change == 1.0
    path = tmp_path / "perf.jsonl"
    path.write_text('{"day": 1}\n')
    with pytest.raises(BenchError, match=r"perf.jsonl:1: is no measurement"):
        history.read(path)


def test_the_committed_history_can_be_read() -> None:
    assert all(each.figures for each in history.read(everything.HISTORY))
