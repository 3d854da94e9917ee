"""PaSST against hear21passt, on seeded weights (tests/parity/passt.npz); segments against AudioCraft's rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.networks.audio import passt
from sightsound.metrics.networks.common.checkpoint import filled
from tests.parity.compared import close
from tests.parity.published import seeded_state
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "passt.npz"


@pytest.fixture(scope="module")
def extractor():
    return passt.PasstExtractor(filled(passt.Passt, seeded_state("passt"), Path("seeded")), "cpu")


@pytest.fixture(scope="module")
def figures():
    with np.load(FIGURES) as file:
        return dict(file)


def test_front_end_equals_hear21passts(figures):
    found = passt.Mel()(torch.from_numpy(chirps(10, rate_hz=32000))[None])[0].numpy()
    assert found.shape == (128, 1000)
    close("passt mel", "chirps, 10 s", found[::5, ::9], figures["mel"], 5e-5)


def test_equals_hear21passt_on_10_s(extractor, figures):
    features = extractor([chirps(10, rate_hz=32000)])[0]
    for name in ("logits", "embedding"):
        wanted = figures[name]
        assert features[name].dtype == np.float32
        close(f"passt {name}", "chirps, 10 s", features[name], wanted, 1e-5)


def test_equals_hear21passt_on_a_shorter_clip(extractor, figures):
    features = extractor([chirps(3.217, rate_hz=32000, seed=4)])[0]
    for name in ("logits", "embedding"):
        close(f"passt {name}", "chirps, 3.2 s", features[name], figures[f"short_{name}"], 1e-5)


def test_order_and_company_change_nothing(extractor, monkeypatch):
    monkeypatch.setattr(extractor, "_batch", 2)
    clips = [chirps(seconds, rate_hz=32000, seed=seed) for seconds, seed in ((0.3, 1), (0.4, 2), (0.3, 3))]
    alone = [extractor([clip])[0] for clip in clips]
    together, turned = extractor(clips), extractor(clips[::-1])[::-1]
    for one, other, back in zip(alone, together, turned, strict=True):
        for name, wanted in one.items():
            np.testing.assert_allclose(other[name], wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())
            np.testing.assert_allclose(back[name], wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())


def test_the_batch_size_changes_rounding_alone(extractor, monkeypatch):
    clip = chirps(0.3, rate_hz=32000)
    wanted = extractor([clip])[0]["logits"]
    monkeypatch.setattr(extractor, "_batch", 3)
    found = extractor([clip])[0]["logits"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


@given(samples=st.integers(4801, 1_000_000))
@settings(max_examples=40, deadline=None)
def test_segments_are_audiocrafts(samples):
    clip = np.arange(samples, dtype=np.float32)
    wanted = [s for s in torch.split(torch.from_numpy(clip), 320000) if len(s) > int(0.15 * 32000)]
    found = passt.segments(clip)
    assert len(found) == len(wanted)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(found, wanted, strict=True))


def test_the_shortest_clip_and_silence_have_features(extractor):
    features = extractor([chirps(1, rate_hz=32000)[: passt.SHORTEST], np.zeros(passt.SHORTEST)])
    for each in features:
        assert each["logits"].shape == (1, 527) and each["embedding"].shape == (1, 768)
        assert np.isfinite(each["logits"]).all()


def test_refuses():
    with pytest.raises(ValueError, match=r"longer than 0\.15 s, got 0\.150 s"):
        passt.segments(np.ones(passt.SHORTEST - 1))
    for clip in (np.zeros(0), np.full(9000, np.nan), np.zeros((2, 9000))):
        with pytest.raises(ValueError, match="passt"):
            passt.segments(clip)
