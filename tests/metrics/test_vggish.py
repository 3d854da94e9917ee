"""VGGish against torchvggish and Google's framing, run on the same seeded weights (tests/parity/vggish.npz)."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.bench.core.media import load_audio
from sightsound.metrics.networks.audio import vggish
from sightsound.metrics.networks.common.checkpoint import filled
from sightsound.metrics.networks.common.winograd import Winograd
from tests.parity.compared import close
from tests.parity.published import seeded_state
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "vggish.npz"


@pytest.fixture(scope="module")
def network():
    return filled(vggish.Vggish, seeded_state("vggish"), Path("seeded"))


@pytest.fixture(scope="module")
def figures():
    with np.load(FIGURES) as file:
        return dict(file)


def embed(network, framing, *clips, pca=None):
    return [features["embedding"] for features in vggish.VggishExtractor(network, framing, "cpu", pca)(clips)]


def test_front_end_equals_the_numpy_one(figures):
    audio = torch.from_numpy(np.array(vggish.windows(chirps())))
    close("vggish log-mel", "chirps, 10 s", vggish.LogMel()(audio).numpy()[::3, ::7], figures["log_mel"], 1e-6)


def test_equals_torchvggish(network, figures):
    (found,) = embed(network, vggish.windows, chirps())
    assert found.shape == (10, 128) and found.dtype == np.float32
    close("vggish embedding", "chirps, 10 s", found, figures["embedding"], 1e-5)


def test_equals_googles_framing_loud_and_quiet(network, figures):
    quiet = chirps(3.3, seed=5) * np.float32(0.1)
    assert quiet.max() < vggish.GOOGLE_FLOOR  # so it is divided by the floor, not by its peak
    loud, soft = embed(network, vggish.google_windows, chirps(), quiet)
    close("vggish_google embedding", "chirps, 10 s", loud, figures["google"], 1e-5)
    close("vggish_google embedding", "chirps at a tenth, 3.3 s", soft, figures["google_quiet"], 1e-5)


def test_googles_peak_is_signed_and_scaling_a_loud_clip_changes_nothing():
    clip = chirps(1.0)
    np.testing.assert_allclose(vggish.google_windows(clip), vggish.google_windows(clip * 2), rtol=1e-6)
    lopsided = np.zeros(16000, np.float32)
    lopsided[0], lopsided[1] = -0.8, 0.5
    assert vggish.google_windows(lopsided)[0, :2].tolist() == pytest.approx([-1.6, 1.0])


def test_pca_equals_torchvggish_on_its_own_vectors(network, figures):
    vectors = np.random.default_rng(3).standard_normal((128, 128)).astype(np.float32) * 30
    pca = vggish.Pca(vectors, figures["pca_means"])
    (found,) = embed(network, vggish.windows, chirps(), pca=pca)
    off = np.abs(found - figures["pca"])  # a value on the edge between two steps may fall on either side
    assert off.max() <= 1 and (off > 0).mean() < 0.01
    assert 0 < (figures["pca"] % 255 > 0).mean() < 1  # some clipped, some not


def test_the_first_window_by_hand():
    """1 kHz at amplitude 1: the band of 1 kHz holds about 100 times its filter, the offset elsewhere."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(vggish.WINDOW) / 16000).astype(np.float32)
    log_mel = vggish.LogMel()(torch.from_numpy(tone)[None])[0]
    edges = 1127 * np.log1p(np.array([125, 7500]) / 700)
    band = (1127 * np.log1p(1000 / 700) - edges[0]) / (edges[1] - edges[0]) * 65 - 1
    assert abs(int(log_mel[40].argmax()) - band) < 1
    assert log_mel.max() == pytest.approx(np.log(100), abs=1)  # hann: 400 / 2 / 2 at the bin, 100
    assert vggish.LogMel()(torch.zeros(1, vggish.WINDOW)).unique().tolist() == [pytest.approx(np.log(0.01))]


def test_a_clip_has_the_same_bits_in_any_company_and_order(network):
    clips = [chirps(2.2, seed=1), chirps(3.1, seed=2), chirps(0.4, seed=3)]
    together = embed(network, vggish.windows, *clips)
    for found, again in zip(together, embed(network, vggish.windows, *clips * 9), strict=False):  # several batches
        np.testing.assert_array_equal(found, again)
    for clip, found in zip(clips, together, strict=True):
        np.testing.assert_array_equal(found, embed(network, vggish.windows, clip)[0])
    for found, again in zip(together, embed(network, vggish.windows, *clips[::-1])[::-1], strict=True):
        np.testing.assert_array_equal(found, again)


def test_the_batch_size_changes_rounding_alone(network, monkeypatch):
    extractor = vggish.VggishExtractor(network, vggish.windows, "cpu")
    wanted = extractor([chirps(3.0)])[0]["embedding"]
    monkeypatch.setattr(vggish, "CONVOLVED", 1)
    found = extractor([chirps(3.0)])[0]["embedding"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=5e-6 * np.abs(wanted).max())


@given(samples=st.integers(1, 60_000))
@settings(max_examples=40, deadline=None)
def test_windows_are_those_of_the_framed_log_mel(samples):
    frames = 1 + (samples - vggish.STFT_WINDOW) // vggish.STFT_HOP
    examples = max(1, 1 + (frames - 96) // 96)
    assert len(vggish.windows(np.ones(samples))) == examples
    seconds = max(1, 1 + (samples - 16000) // 8000)
    assert vggish.google_windows(np.ones(samples)).shape == (seconds, vggish.WINDOW)


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 6), (192000, 2)])
def test_any_rate_and_channels_reach_it_through_the_harness(tmp_path, rate_hz, channels):
    samples = np.repeat(chirps(3.0, rate_hz=rate_hz)[:, None], channels, axis=1)
    soundfile.write(tmp_path / "clip.wav", samples, rate_hz, subtype="FLOAT")
    clip = load_audio(tmp_path / "clip.wav", [vggish.RATE_HZ])[vggish.RATE_HZ]
    assert vggish.windows(clip).shape == (3, vggish.WINDOW) and vggish.google_windows(clip).shape[0] == 5


@pytest.mark.parametrize("framing", [vggish.windows, vggish.google_windows])
@pytest.mark.parametrize("clip", [np.zeros(0), np.array([np.nan]), np.array([np.inf]), np.zeros((2, 16000))])
def test_refuses(framing, clip):
    with pytest.raises(ValueError, match="vggish"):
        framing(clip)


def test_a_short_clip_is_filled_up_with_zeros():
    clip = chirps(0.5)
    found = vggish.windows(clip)
    assert found.shape == (1, vggish.WINDOW)
    np.testing.assert_array_equal(found[0, : len(clip)], clip)
    assert not found[0, len(clip) :].any()


def test_the_published_pca_file_loads(tmp_path):
    """Vectors [128, 128] and means [128] in float64; an embedding at the mean becomes 127.5, rounded to even."""
    path = tmp_path / "vggish_pca_params.npz"
    np.savez(path, pca_eigen_vectors=np.eye(128), pca_means=np.full(128, 0.5))
    embedding = torch.tensor([[0.5, 2.6, -9.0, 1.0] + [0.5] * 124])
    assert vggish._pca(path)(embedding)[0, :4].tolist() == [128, 255, 0, 159]  # 0.5 of 2: 159.375


def test_a_wrong_pca_is_told(tmp_path):
    path = tmp_path / "vggish_pca_params.npz"
    np.savez(path, pca_eigen_vectors=np.eye(3), pca_means=np.zeros(3))
    with pytest.raises(ValueError, match="not VGGish's PCA"):
        vggish._pca(path)
    np.savez(path, pca_eigen_vectors=np.array([object()]), pca_means=np.zeros(128))
    with pytest.raises(ValueError, match="fetch it again"):
        vggish._pca(path)


def test_the_number_of_threads_changes_nothing(network):
    clip, before, found = chirps(17.3), torch.get_num_threads(), []  # more than one part for the convolutions
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found += embed(network, vggish.windows, clip)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_dense_layers_see_many_windows_and_are_filled_up_little(network):
    extractor = vggish.VggishExtractor(network, vggish.windows, "cpu")
    assert extractor([]) == []
    assert [extractor._batch(count) for count in (1, 16, 17, 200, 256, 257, 600)] == [
        16,
        16,
        32,
        208,
        256,
        144,
        208,
    ]


@torch.inference_mode()
def test_is_as_near_to_float64_as_the_direct_convolutions():
    network = filled(vggish.Vggish, seeded_state("vggish"), Path("seeded")).eval()
    log_mel = vggish.LogMel()(torch.from_numpy(np.array(vggish.windows(chirps(1.0)))))
    direct, exact = network(log_mel), copy.deepcopy(network).double()(log_mel.double())
    fast = vggish.VggishExtractor(network, vggish.windows, "cpu")._network(log_mel)  # the same, changed in place
    assert sum(isinstance(layer, Winograd) for layer in network.features) == 5
    for found in (direct, fast):
        assert float((found - exact).abs().max() / exact.abs().max()) < 2e-6
    assert not torch.equal(direct, fast)
