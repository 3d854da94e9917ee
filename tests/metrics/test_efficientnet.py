"""EfficientNet-Lite0 against the package that published the weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.bench import assets
from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.pocket import efficientnet
from tests.parity.signals import mosaic

FIGURES = Path(__file__).parents[1] / "parity" / "efficientnet_lite0.npz"


@pytest.fixture(scope="module")
def folder():
    return assets.fetch("efficientnet_lite0")


@pytest.fixture(scope="module")
def network(folder):
    return efficientnet.load({"efficientnet_lite0": folder}, "cpu")


def test_equals_the_published_package(network):
    found = network([mosaic(1), mosaic(2)])
    with np.load(FIGURES) as figures:
        for name in ("logits", "embedding"):
            assert found[0][name].dtype == np.float32
            ours, wanted = np.concatenate([features[name] for features in found]), figures[name]
            np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_the_card_tells_what_comes_out(network):
    features = network([mosaic(1)])[0]
    assert set(features) == set(EXTRACTORS["efficientnet_lite0"].outputs)
    assert features["logits"].shape == (1, 1000) and features["embedding"].shape == (1, 1280)


def test_a_picture_has_the_same_bits_in_any_company(network):
    pictures = [mosaic(seed)[: 100 + 20 * seed] for seed in range(5)]
    for picture, features in zip(pictures, network(pictures), strict=True):
        alone = network([picture])[0]
        for name in features:
            np.testing.assert_array_equal(features[name], alone[name])


def test_crop_takes_the_middle():
    square = mosaic(3)
    np.testing.assert_array_equal(efficientnet.crop(square), square[16:240, 16:240])  # no resizing at 256
    wide = np.concatenate([np.zeros_like(square), square, np.zeros_like(square)], axis=1)
    np.testing.assert_array_equal(efficientnet.crop(wide), square[16:240, 16:240])
    assert efficientnet.crop(np.zeros((1, 5, 3), np.uint8)).shape == (224, 224, 3)


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 10), (10, 10, 4)])
def test_refuses_what_is_no_picture(network, shape):
    with pytest.raises(ValueError, match="uint8 RGB"):
        network([np.zeros(shape, np.uint8)])
    with pytest.raises(ValueError, match="uint8 RGB"):
        network([np.zeros((8, 8, 3), np.float32)])


def test_class_names(folder, tmp_path):
    names = efficientnet.class_names(folder)
    assert len(names) == 1000
    assert names[0].startswith("tench") and names[281].startswith("tabby") and names[967] == "espresso"
    (tmp_path / "imagenet_synsets.txt").write_text("\n".join(["n01440764"] * 1000))
    (tmp_path / "imagenet_synset_to_lemma.txt").write_text("n00000000\tnothing\n")
    with pytest.raises(ValueError, match="no name for n01440764"):
        efficientnet.class_names(tmp_path)


def test_a_file_that_is_not_the_network_is_told(folder, tmp_path):
    def told(match):
        with pytest.raises(ValueError, match=match) as raised:
            efficientnet.load({"efficientnet_lite0": tmp_path}, "cpu")
        assert "\n" not in str(raised.value)

    path = tmp_path / efficientnet.WEIGHTS
    state = torch.load(folder / efficientnet.WEIGHTS, weights_only=True)
    torch.save({name: value for name, value in state.items() if name != "_fc.bias"}, path)
    told("head.bias")
    torch.save(state | {"_fc2.bias": torch.zeros(1)}, path)
    told("_fc2")
    torch.save(state | {"_fc.bias": torch.zeros(7)}, path)
    told("head.bias")
    path.write_bytes(b"not a network")
    told("not the published")
    path.write_bytes((folder / efficientnet.WEIGHTS).read_bytes()[:10_000])
    told("not the published")
    path.write_bytes(pickle.dumps({"_fc.bias": Path("x")}, protocol=2))
    told("not the published")
