"""Cnn14 against the authors' own modules with torchlibrosa, on seeded weights (tests/parity/panns.npz)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.metrics.networks.audio import panns
from sightsound.metrics.networks.common.checkpoint import filled
from sightsound.metrics.networks.common.winograd import Winograd
from tests.parity.compared import close
from tests.parity.published import seeded_state
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "panns.npz"
AT = {"panns_16k": (512, 160, 10.0), "panns_32k": (1024, 320, 4.0)}  # window, hop in samples; seconds compared


def build(name):
    """Seeded weights, but for the front end's, which the published checkpoint holds as torchlibrosa makes them."""
    window, hop, _ = AT[name]
    state = seeded_state(name)
    angle = 2 * np.pi * np.outer(np.arange(window // 2 + 1), np.arange(window)) / window
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    for part, wave in (("real", np.cos(angle)), ("imag", -np.sin(angle))):
        state[f"spectrogram_extractor.stft.conv_{part}.weight"] = torch.from_numpy(wave * hann)[:, None].float()
    with np.load(FIGURES) as figures:
        state["logmel_extractor.melW"] = torch.from_numpy(figures[f"{name}_melW"])
    return panns.PannsExtractor(filled(lambda: panns.Cnn14(window, hop), state, Path("seeded")), "cpu")


@pytest.fixture(scope="module")
def at_16k():
    return build("panns_16k")


def check(extractor, name):
    _, hop, seconds = AT[name]
    features = extractor([chirps(seconds, rate_hz=hop * 100)])[0]
    with np.load(FIGURES) as figures:
        for output in ("embedding", "logits"):
            wanted = figures[f"{name}_{output}"]
            assert features[output].dtype == np.float32
            close(f"{name} {output}", f"chirps, {seconds:g} s", features[output], wanted, 1e-5)


def test_equals_the_authors_network_at_16_khz(at_16k):
    check(at_16k, "panns_16k")


def test_equals_the_authors_network_at_32_khz():
    check(build("panns_32k"), "panns_32k")


def test_order_and_company_change_nothing(at_16k, monkeypatch):
    monkeypatch.setattr(at_16k, "_batch", 2)
    clips = [chirps(2.1, seed=1), chirps(2.3, seed=2), chirps(2.1, seed=3)]
    alone = [at_16k([clip])[0] for clip in clips]
    together, turned = at_16k(clips), at_16k(clips[::-1])[::-1]
    for one, other, back in zip(alone, together, turned, strict=True):
        for name, wanted in one.items():
            np.testing.assert_allclose(other[name], wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())
            np.testing.assert_allclose(back[name], wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())


def test_the_batch_size_changes_rounding_alone(at_16k, monkeypatch):
    clip = chirps(2.1)
    wanted = at_16k([clip])[0]["logits"]
    monkeypatch.setattr(at_16k, "_batch", 3)
    found = at_16k([clip])[0]["logits"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_a_short_clip_is_filled_up_to_32000_samples(at_16k):
    clip = chirps(0.7)
    padded = np.pad(clip, (0, panns.SHORTEST - len(clip)))
    np.testing.assert_array_equal(at_16k([clip])[0]["logits"], at_16k([padded])[0]["logits"])


def test_silence_has_features(at_16k):
    features = at_16k([np.zeros(48000, np.float32)])[0]
    assert features["embedding"].shape == (1, 2048) and features["logits"].shape == (1, 527)
    assert all(np.isfinite(value).all() for value in features.values())


def test_the_clips_mean_is_not_seen(at_16k):
    """audioldm_eval subtracts it; no mel band reaches down to it."""
    clip = chirps(2.5)
    plain, raised = (at_16k([clip + np.float32(shift)])[0]["logits"] for shift in (0, 0.05))
    np.testing.assert_allclose(raised, plain, rtol=0, atol=1e-5 * np.abs(plain).max())


def test_norms_are_folded_and_convolutions_shortened(at_16k):
    layers = list(at_16k._network.modules())
    assert sum(isinstance(layer, Winograd) for layer in layers) == 11  # all but the first
    assert [layer.num_features for layer in layers if isinstance(layer, torch.nn.BatchNorm2d)] == [panns.MELS]
