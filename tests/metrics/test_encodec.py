"""EnCodec's encoder in transformers against the authors' package, on seeded weights (tests/parity/encodec.npz)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import EncodecConfig

from sightsound.metrics.networks.audio import encodec
from tests.parity.compared import close
from tests.parity.published import seeded_state
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "encodec.npz"
CONFIGS = {
    "24khz": EncodecConfig(),
    "48khz": EncodecConfig(
        sampling_rate=48000,
        audio_channels=2,
        normalize=True,
        chunk_length_s=1.0,
        overlap=0.01,
        norm_type="time_group_norm",
        use_causal_conv=False,
        target_bandwidths=[3.0, 6.0, 12.0, 24.0],
    ),
}


def folder_of(which, folder, state=None):
    """A repository as published: settings, the encoder's weights and, unused, one of the decoder's."""
    CONFIGS[which].save_pretrained(folder)
    weights = {name: value.contiguous() for name, value in (state or seeded_state(f"encodec_{which}")).items()}
    save_file({**weights, "decoder.layers.0.conv.bias": torch.zeros(3)}, folder / "model.safetensors")
    return {f"encodec_{which}": folder}


def load(which, weights):
    return getattr(encodec, f"load_{which}")(weights, "cpu")


@pytest.fixture(scope="module")
def mono(tmp_path_factory):
    return load("24khz", folder_of("24khz", tmp_path_factory.mktemp("24khz")))


@pytest.mark.parametrize("which", CONFIGS)
def test_equals_the_authors_encoder(which, tmp_path):
    rate = CONFIGS[which].sampling_rate
    found = load(which, folder_of(which, tmp_path))([chirps(2, rate_hz=rate)])[0]["embedding"]
    with np.load(FIGURES) as figures:
        close(f"encodec_{which} embedding", "chirps, 2 s", found[::5], figures[which], 1e-5)
    assert found.shape == (2 * rate // 320, 128) and found.dtype == np.float32


def test_order_and_company_change_nothing(mono, monkeypatch):
    monkeypatch.setattr(mono, "_batch", 2)
    clips = [chirps(seconds, rate_hz=24000, seed=seed) for seconds, seed in ((0.5, 1), (0.6, 2), (0.5, 3))]
    alone = [mono([clip])[0]["embedding"] for clip in clips]
    together, turned = mono(clips), mono(clips[::-1])[::-1]
    for one, other, back in zip(alone, together, turned, strict=True):
        np.testing.assert_allclose(other["embedding"], one, rtol=0, atol=1e-6 * np.abs(one).max())
        np.testing.assert_allclose(back["embedding"], one, rtol=0, atol=1e-6 * np.abs(one).max())


def test_names_of_a_normed_weight_may_be_todays(tmp_path):
    state = seeded_state("encodec_24khz")
    renamed = {"encoder." + encodec._current(name.removeprefix("encoder.")): state[name] for name in state}
    assert renamed.keys() != state.keys()
    clip = chirps(0.1, rate_hz=24000)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = load("24khz", folder_of("24khz", tmp_path / "old", state))([clip])[0]["embedding"]
    new = load("24khz", folder_of("24khz", tmp_path / "new", renamed))([clip])[0]["embedding"]
    np.testing.assert_array_equal(old, new)


def test_the_shortest_clip_and_silence_have_features(mono):
    for clip, frames in ((chirps(1)[: encodec.SHORTEST], 1), (np.zeros(24000), 75)):
        embedding = mono([clip])[0]["embedding"]
        assert embedding.shape == (frames, 128) and np.isfinite(embedding).all()


def test_refuses(mono):
    for clip, why in ((np.ones(319), "320 samples"), (np.zeros(0), "empty"), (np.full(800, np.nan), "NaN")):
        with pytest.raises(ValueError, match=f"encodec.*{why}"):
            mono([clip])


def test_another_or_a_damaged_model_is_told(tmp_path):
    weights = folder_of("24khz", tmp_path)
    with pytest.raises(ValueError, match="24000 Hz, not 48000"):
        load("48khz", {"encodec_48khz": tmp_path})
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load("24khz", weights)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json"):
        load("24khz", weights)
