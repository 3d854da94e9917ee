"""Where a reference package is wrong, ours is held to a value worked out on paper; see docs/parity.md."""

import numpy as np
import pytest
import torch

from sightsound.bench.core.types import Example
from sightsound.bench.stages import choose, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.networks.joint import clap, clap_weights
from sightsound.metrics.networks.joint.clap_weights import TINY
from tests.metrics.test_clap import LAYERS, seeded_state
from tests.reference import compare, hand

FAULTS = compare.recorded()["faults"]


def recorded(name):
    """The packages' values in a case."""
    return [fault["value"] for fault in FAULTS if fault["name"] == name]


def distance(x, y):
    rows, reference = (frechet.statistics(list(side[:, None])) for side in (x, y))
    return frechet.aggregate(rows, np.ones(len(rows)), reference, np.ones(len(reference)))


def clap_score(order):
    """Ours through the harness, of clips with their captions' embeddings whose files are listed in `order`."""
    system = choose.given("mine")
    needs = Need("generated", "musicnn_msd", "embedding"), Need("text", "minilm", "embedding")
    card = MetricCard(
        "clap", "sightsound.metrics.formulas.paired.similarity", "paired", True, needs, "cosine", "test"
    )
    scene = FeatureSet(
        examples=[Example(id=name, group=name) for name in hand.CAPTIONS],
        split="two@0",
        keys={"text": {name: f"text {name}" for name in hand.CAPTIONS}},
        outputs={system.label: {name: f"clip {name}" for name in order}},
        feature=lambda extractor, key, output: np.array([hand.CAPTIONS[key.split()[1]]], np.float32),
        extractor_signature=lambda name: f"{name}|w:0",
        facts={system.label: {"run": "test"}},
    )
    (row,) = score.score(scene, [system], [card], "text2music").rows
    return row.value


def test_embeddings_keep_their_dimensions():
    assert distance(hand.FLAT_X, hand.FLAT_Y) == pytest.approx(hand.FLAT, rel=1e-12)
    assert recorded("flat") == [-1]


def test_a_set_is_at_no_distance_from_itself():
    traces = 2 * np.cov(hand.FEW, rowvar=False).trace()
    assert 0 <= distance(hand.FEW, hand.FEW) <= 1e-12 * traces
    assert len(recorded("same")) == 2 and max(recorded("same")) < -1e-5


@pytest.mark.parametrize("order", [("bright", "dark"), ("dark", "bright")])
def test_a_clip_meets_its_own_caption(order):
    assert clap_score(order) == pytest.approx(hand.PAIRED, rel=1e-12)
    assert recorded("paired") == [pytest.approx(0, abs=1e-6)]


def test_a_long_clip_has_one_embedding(tmp_path):
    torch.save(seeded_state("tiny"), tmp_path / "clap.pt")
    network = clap.ClapAudioExtractor(clap_weights.load_model(tmp_path / "clap.pt", TINY, LAYERS), "cpu")
    first, *others = (network([hand.LONG])[0]["embedding"] for _ in range(3))
    assert first.shape == (2, 512) and np.linalg.norm(first[0] - first[1]) > 1e-3, "the windows differ"
    assert max(np.linalg.norm(first - other) for other in others) == hand.SAME_EACH_TIME
    assert min(recorded("cropped")) > 1e-3


def test_no_clip_is_no_distance():
    with pytest.raises(ValueError, match="no clips"):
        frechet.statistics([])
    assert recorded("empty") == [-1]


def test_every_fault_has_its_test():
    assert (
        {fault["name"] for fault in FAULTS}
        == set(compare.ON_PAPER)
        == {"flat", "same", "cropped", "paired", "empty"}
    )
