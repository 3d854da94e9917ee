"""Inception v3 against torch-fidelity's, on seeded weights; the published file's layout; inception scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.formulas.single import inception as inception_score
from sightsound.metrics.formulas.single import inception_splits
from sightsound.metrics.networks.common.stretch import stretched
from sightsound.metrics.networks.image import inception
from sightsound.metrics.networks.image.inception_network import InceptionV3
from tests.parity import seeded
from tests.parity.compared import close
from tests.parity.signals import mosaic

PARITY = Path(__file__).parents[1] / "parity"
PUBLISHED = dict(
    line.split(" ") for line in (PARITY / "keys" / "inception.txt").read_text().splitlines() if " " in line
)


@pytest.fixture(scope="module")
def state():
    with torch.device("meta"):
        names = InceptionV3().state_dict()
    return seeded.filled({name: torch.empty(value.shape, dtype=value.dtype) for name, value in names.items()})


@pytest.fixture(scope="module")
def network(state):
    network = InceptionV3()
    network.load_state_dict(state)
    return inception.InceptionExtractor(network, "cpu")


def pictures():
    wide = np.concatenate([mosaic(4), mosaic(5)], axis=1).repeat(2, 0)
    return [mosaic(1), mosaic(2)[:100, :180], mosaic(3)[:17, :31], wide]


def test_equals_torch_fidelity(network):
    found = network(pictures())
    with np.load(PARITY / "inception.npz") as figures:
        for name in ("embedding", "logits_unbiased"):
            ours, wanted = np.concatenate([features[name] for features in found]), figures[name]
            inputs = "4 pictures of 17 x 31 to 512 x 512, seeded weights"
            close(f"inception_v3 {name}", inputs, ours, wanted, 1e-5)
        ours = [stretched(picture, 299, "test")[::23, ::23] for picture in pictures()]
        close("resizing as TensorFlow 1", "the same, 299 x 299, 0..255", ours, figures["resized"], 1e-5)


def test_has_the_published_names_and_shapes():
    with torch.device("meta"):
        ours = {name: "x".join(map(str, value.shape)) for name, value in InceptionV3().state_dict().items()}
    assert {name: shape for name, shape in ours.items() if shape} == PUBLISHED


def test_the_card_tells_what_comes_out(network):
    features = network([mosaic(1)])[0]
    assert set(features) == set(EXTRACTORS["inception_v3"].outputs)
    assert features["embedding"].shape == (1, 2048) and features["logits_unbiased"].shape == (1, 1008)
    assert features["embedding"].dtype == np.float32


def test_a_picture_has_the_same_bits_in_any_company(network):
    together, alone = network(pictures()[:3])[2], network([pictures()[2]])[0]
    for name in together:
        np.testing.assert_array_equal(together[name], alone[name])


def test_resizing_by_hand():
    # 2 pixels to 299: output i at 2 i / 299, between pixel 0 and 1 up to 149.5, then at the edge
    picture = np.zeros((1, 2, 3), np.uint8)
    picture[0, 1] = 100
    row = stretched(picture, 299, "test")[0, :, 0]
    np.testing.assert_allclose(row, np.minimum(2 * np.arange(299) / 299, 1) * 100, atol=1e-4)
    np.testing.assert_array_equal(stretched(np.full((1, 1, 3), 7, np.uint8), 224, "test"), 7)
    same = np.random.default_rng(0).integers(0, 256, (299, 299, 3)).astype(np.uint8)
    np.testing.assert_array_equal(stretched(same, 299, "test"), same)


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 10), (10, 10, 4)])
def test_refuses_what_is_no_picture(network, shape):
    with pytest.raises(ValueError, match="uint8 RGB"):
        network([np.zeros(shape, np.uint8)])


def test_a_published_file_loads_and_another_is_told(state, tmp_path):
    path = tmp_path / inception.WEIGHTS

    def told(match):
        with pytest.raises(ValueError, match=match) as raised:
            inception.load({"inception": tmp_path}, "cpu")
        assert "\n" not in str(raised.value) and str(path) in str(raised.value)

    torch.save({name: value for name, value in state.items() if "num_batches" not in name}, path)
    loaded = inception.load({"inception": tmp_path}, "cpu")
    assert loaded([mosaic(1)])[0]["embedding"].shape == (1, 2048)
    torch.save({name: value for name, value in state.items() if name != "fc.bias"}, path)
    told("fc.bias")
    torch.save(state | {"AuxLogits.fc.weight": torch.zeros(1)}, path)
    told("AuxLogits")
    torch.save(state | {"fc.weight": torch.zeros(1000, 2048)}, path)
    told("fc.weight")
    path.write_bytes(path.read_bytes()[:100_000])
    told("damaged")
    torch.save({"fc.weight": Path("code")}, path)
    told("damaged")


def test_score_of_ten_parts_equals_torch_fidelity():
    rng = np.random.default_rng(0)
    rows = inception_splits.statistics([logits[None] for logits in 3 * rng.normal(size=(57, 12))])
    with np.load(PARITY / "inception.npz") as figures:
        wanted = figures["score_of_splits"]
    found = inception_splits.split_values(rows, np.ones(57))
    assert (found.mean(), found.std()) == pytest.approx(tuple(wanted), rel=1e-6)
    assert inception_splits.aggregate(rows, np.ones(57)) == found.mean()
    assert found.mean() < inception_score.aggregate(rows, np.ones(57))


def test_score_of_ten_parts_counts_weights_and_needs_ten_clips():
    rows = inception_splits.statistics([logits[None] for logits in np.random.default_rng(1).normal(size=(8, 4))])
    weights = np.array([2.0, 0, 3, 1, 1, 4, 0, 2])
    repeated = np.repeat(rows, weights.astype(int), axis=0)
    assert inception_splits.aggregate(rows, weights) == inception_splits.aggregate(repeated, np.ones(13))
    with pytest.raises(ValueError, match="8 clips: 10 parts"):
        inception_splits.aggregate(rows, np.ones(8))
