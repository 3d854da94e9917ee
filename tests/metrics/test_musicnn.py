"""musicnn against the authors' own code in TensorFlow, and the checkpoint reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.bench import assets
from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.common.tf_checkpoint import crc32c, mask, read_index, read_tensor
from sightsound.metrics.networks.pocket import musicnn
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "musicnn.npz"
INDEX, DATA = "MSD_musicnn/.index", "MSD_musicnn/.data-00000-of-00001"


@pytest.fixture(scope="module")
def folder():
    return assets.fetch("musicnn")


@pytest.fixture(scope="module")
def msd(folder):
    return musicnn.load_msd({"musicnn": folder}, "cpu")


@pytest.mark.parametrize("which", ["msd", "mtt"])
def test_equals_the_authors_network_in_tensorflow(folder, which):
    network = getattr(musicnn, f"load_{which}")({"musicnn": folder}, "cpu")
    features = network([chirps()])[0]
    with np.load(FIGURES) as figures:
        for name in ("logits", "embedding"):
            wanted = figures[f"{which}_{name}"]
            assert features[name].dtype == np.float32
            np.testing.assert_allclose(features[name], wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_the_card_tells_what_comes_out(msd):
    card = EXTRACTORS["musicnn_msd"]
    features = msd([chirps()])[0]
    assert set(features) == set(card.outputs) and card.rate_hz == musicnn.RATE_HZ
    assert features["logits"].shape == (3, len(msd.tags)) and features["embedding"].shape == (3, 200)
    assert len(set(musicnn.MSD_TAGS)) == len(set(musicnn.MTT_TAGS)) == 50


def test_a_clip_has_the_same_bits_in_any_company(msd):
    clips = [chirps(3.5, seed=1), chirps(10, seed=2), chirps(1, seed=3), chirps(6.1, seed=4)]
    together = msd(clips)
    for clip, features in zip(clips, together, strict=True):
        alone = msd([clip])[0]
        for name in features:
            np.testing.assert_array_equal(features[name], alone[name])
    assert msd([]) == []


def test_it_runs_on_the_device_as_on_the_cpu(folder, msd):
    """Only where there is one: the log-mels and the network in full float32."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    there = musicnn.load_msd({"musicnn": folder}, "cuda")([chirps()])[0]
    here = msd([chirps()])[0]
    for name in here:
        np.testing.assert_allclose(there[name], here[name], rtol=0, atol=1e-4 * np.abs(here[name]).max())


@given(samples=st.integers(1, 200_000))
@settings(max_examples=50, deadline=None)
def test_whole_patches_end_to_end(samples):
    found = musicnn.patches(np.zeros(samples, np.float32))
    frames = 1 + samples // musicnn.HOP  # librosa's count of centred frames
    assert found.shape == (max(1, frames // 187), 186 * 256 + 512)


def test_ten_seconds_are_three_patches():
    assert len(musicnn.patches(np.zeros(160_000, np.float32))) == 3


def test_a_short_clip_is_filled_up_with_zeros(msd):
    clip = chirps(1.0)
    filled = np.concatenate([clip, np.zeros(musicnn.PATCH_SAMPLES - len(clip), np.float32)])
    np.testing.assert_array_equal(msd([clip])[0]["logits"], msd([filled])[0]["logits"])


def test_the_ends_are_mirrored():
    clip = np.arange(musicnn.PATCH_SAMPLES, dtype=np.float32)
    patch = musicnn.patches(clip)[0]
    assert patch[:256].tolist() == list(range(256, 0, -1)) and patch[256] == 0
    assert patch[-1] == clip[-1 - 256]


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros(0), "empty"),
        (np.full(48_000, np.nan), "NaN"),
        (np.array([0.0, np.inf]), "infinite"),
        (np.zeros((2, 48_000)), "mono"),
    ],
)
def test_refuses(msd, clip, message):
    with pytest.raises(ValueError, match=message):
        msd([chirps(3), clip])


def test_a_steady_sine_by_hand():
    """A sine on bin 32 (1 kHz) of amplitude 0.5: the Hann window spreads it over three bins, 1/4 1/2 1/4."""
    t = np.arange(musicnn.PATCH_SAMPLES + musicnn.FFT) / musicnn.RATE_HZ
    sine = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    found = musicnn.LogMel()(torch.from_numpy(sine)[None])[0, 50].numpy()
    power = np.zeros(257)
    power[31:34] = (0.5 * 512 / 2 * np.array([0.25, 0.5, 0.25])) ** 2
    np.testing.assert_allclose(found, np.log10(1 + 10000 * power @ musicnn.mel_filters()), atol=2e-3)


def test_each_mel_filter_has_area_one_over_hertz():
    area = musicnn.mel_filters().sum(axis=0) * 16000 / 512
    np.testing.assert_allclose(area[60:], 1, atol=0.03)  # wide enough for the sum to be an integral


def test_crc32c_of_rfc_3720():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert mask(0) == 0xA282EAD8


def test_a_damaged_checkpoint_is_told(folder, tmp_path):
    entries = read_index(folder / INDEX)
    entry = entries["conv2d_1/kernel"]
    assert entry.shape == (7, 67, 1, 204) and entry.size == 4 * 7 * 67 * 204
    raw = bytearray((folder / DATA).read_bytes())
    raw[entry.offset + 1000] ^= 1
    damaged = tmp_path / "data"
    damaged.write_bytes(raw)
    assert read_tensor(damaged, entries["dense/bias"]).shape == (200,)
    with pytest.raises(ValueError, match="damaged"):
        read_tensor(damaged, entry)
    damaged.write_bytes(raw[:1000])
    with pytest.raises(ValueError, match="shorter"):
        read_tensor(damaged, entry)


def test_a_foreign_checkpoint_is_told(folder, monkeypatch):
    entries = read_index(folder / INDEX)
    del entries["conv2d_7/bias"]
    monkeypatch.setattr(musicnn, "read_index", lambda path: entries)
    with pytest.raises(ValueError, match="not a musicnn checkpoint: conv2d_7/bias"):
        musicnn.load_msd({"musicnn": folder}, "cpu")


def test_what_is_no_index_is_told(tmp_path):
    path = tmp_path / ".index"
    for raw in (b"", b"text", bytes(100)):
        path.write_bytes(raw)
        with pytest.raises(ValueError, match="not a TensorFlow checkpoint index"):
            read_index(path)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_of_the_index_is_found_or_harmless(folder, tmp_path_factory, data):
    raw = bytearray((folder / INDEX).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.index"
    path.write_bytes(raw)
    try:
        found = read_index(path)
    except ValueError:
        return
    assert found == read_index(folder / INDEX)
