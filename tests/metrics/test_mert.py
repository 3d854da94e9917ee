"""MERT against the authors' modeling_MERT.py, on seeded weights (tests/parity/mert.npz)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sightsound.metrics.networks.audio import mert
from sightsound.metrics.networks.common.checkpoint import filled
from tests.parity.compared import close
from tests.parity.published import seeded_state
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "mert.npz"
SMALL, LARGE = mert.Shape(12, 768, 12, norm_first=False), mert.Shape(3, 1024, 16, norm_first=True)

SETTINGS = {
    "num_hidden_layers": 12,
    "hidden_size": 768,
    "num_attention_heads": 12,
    "do_stable_layer_norm": False,
    "feat_extract_norm": "group",
    "feature_extractor_cqt": False,
    "deepnorm": False,
}


def build(name, shape, normalise=False):
    network = filled(lambda: mert.Mert(shape), seeded_state(name, shape.layers), Path("seeded"))
    return mert.MertExtractor(network, normalise, "cpu")


@pytest.fixture(scope="module")
def small():
    return build("mert_95m", mert.Shape(2, 768, 12, norm_first=False))


@pytest.mark.parametrize(
    ("name", "shape", "inputs"),
    [("mert_95m", SMALL, "chirps, 2 s"), ("mert_330m", LARGE, "chirps, 2 s; 3 of 24 layers")],
)
def test_equals_the_authors_network(name, shape, inputs):
    """The 330M model with 3 of its 24 layers; its layout is checked whole in test_checkpoint.py."""
    found = build(name, shape)([chirps(2, rate_hz=24000)])[0]["layers"]
    assert found.dtype == np.float32
    with np.load(FIGURES) as figures:
        close(f"{name} layers", inputs, found, figures[name], 1e-5)


def test_order_and_company_change_nothing(small, monkeypatch):
    monkeypatch.setattr(small, "_batch", 2)
    clips = [chirps(seconds, rate_hz=24000, seed=seed) for seconds, seed in ((0.5, 1), (0.6, 2), (0.5, 3))]
    alone = [small([clip])[0]["layers"] for clip in clips]
    together, turned = small(clips), small(clips[::-1])[::-1]
    for one, other, back in zip(alone, together, turned, strict=True):
        np.testing.assert_allclose(other["layers"], one, rtol=0, atol=1e-6 * np.abs(one).max())
        np.testing.assert_allclose(back["layers"], one, rtol=0, atol=1e-6 * np.abs(one).max())


def test_the_shortest_clip_and_silence_have_features(small):
    for clip in (chirps(1)[: mert.SHORTEST], np.zeros(9000)):
        layers = small([clip])[0]["layers"]
        assert layers.shape == (3, 768) and np.isfinite(layers).all()


def test_normalised_input_does_not_know_the_loudness():
    clip = chirps(0.1)
    found = [mert._prepared(clip * np.float32(gain), True) for gain in (1, 0.5)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    assert found[0].mean() == pytest.approx(0, abs=1e-4) and found[0].std() == pytest.approx(1, rel=1e-3)
    np.testing.assert_array_equal(mert._prepared(clip, False), clip)


def test_refuses():
    for clip, why in ((np.ones(399), "400 samples"), (np.zeros(0), "empty"), (np.full(800, np.nan), "NaN")):
        with pytest.raises(ValueError, match=f"mert.*{why}"):
            mert._prepared(clip, False)


def write(folder, settings, normalise=False):
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": normalise}))


def test_reads_the_published_settings(tmp_path):
    write(tmp_path, SETTINGS)
    assert mert.read_shape(tmp_path) == (SMALL, False)
    write(tmp_path, SETTINGS | {"num_hidden_layers": 3, "hidden_size": 1024, "num_attention_heads": 16}, True)
    assert mert.read_shape(tmp_path) == (mert.Shape(3, 1024, 16, norm_first=False), True)


@pytest.mark.parametrize("other", [{"deepnorm": True}, {"feature_extractor_cqt": True}, {"conv_bias": True}])
def test_a_model_of_another_kind_is_told(tmp_path, other):
    write(tmp_path, SETTINGS | other)
    with pytest.raises(ValueError, match=next(iter(other))):
        mert.read_shape(tmp_path)


def test_missing_settings_are_told(tmp_path):
    with pytest.raises(ValueError, match="fetch it again"):
        mert.read_shape(tmp_path)
    write(tmp_path, {"hidden_size": 768})
    with pytest.raises(ValueError, match="num_hidden_layers"):
        mert.read_shape(tmp_path)
