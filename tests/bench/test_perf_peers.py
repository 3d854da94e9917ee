"""`bench perf peers` at a size that takes no time: values agree."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.bench.core import media
from sightsound.bench.perf import clip_files, embedding, peer_ways, peers
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


def test_embedding_is_measured_and_a_distance_against_a_line(world: World) -> None:
    amount = embedding.Amount(3, 2.0, (1, 3))
    use = embedding._embedded(world.ours[0], ["musicnn_mtt"], "cpu", lambda *_: None)
    rate, busy = embedding._figures(use, amount, ["musicnn_mtt"], "cpu")
    assert "3 clips of 2 s embedded by musicnn_mtt on cpu" in rate.what and rate.value > 0 < busy.value < 1.5
    use.device_busy = 0.7
    assert [each.ok for each in embedding._figures(use, amount, ["vggish", "passt"], "cuda")] == [
        True,
        True,
        False,
    ]
    figure = embedding._against(world, amount, lambda *_: None)
    assert figure.ok and figure.value > 0 and "by a line through 2 and 6 clips" in figure.what


def test_clip_files_are_all_different(tmp_path: Path) -> None:
    paths = clip_files.write(tmp_path, 10, 0.5)
    assert len({path.read_bytes() for path in paths}) == 10 == len(list(tmp_path.iterdir()))
    assert all(len(media.load_audio(path, [16000])[16000]) == 8000 for path in paths)


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
    monkeypatch.setattr(peers, "whole", lambda world, threads: [])
    monkeypatch.setattr(peers.os, "cpu_count", lambda: 1)
    done = bench("perf", "peers", "--tiny", "--json")
    figures = json.loads(done.out)
    assert {figure["target"] for figure in figures} >= {15.0, 2.4}
    assert any("threads=1" in figure["what"] for figure in figures)
