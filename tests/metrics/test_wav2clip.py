"""Wav2CLIP against its authors' definition written out here by its published names, on seeded weights.

The definition is that of wav2clip/model (descriptinc/lyrebird-wav2clip at 1864b39): torchaudio's power spectrogram
(512 samples every 353, periodic Hann), its logarithm scaled by mean and deviation, ResNet-18, and two layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from sightsound.bench.core import registry
from sightsound.metrics.networks.joint import wav2clip
from tests.parity.published import seeded_state, shapes
from tests.parity.signals import chirps

RATE_HZ = 16000


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Every name of the checkpoint; the window as torchaudio makes it."""
    return seeded_state("wav2clip") | {"audio_encoder.spectrogram.window": torch.hann_window(512)}


@pytest.fixture(scope="module")
def folder(state: Mapping[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wav2clip")
    save_file({name: value.contiguous() for name, value in state.items()}, made / wav2clip.FILE)
    return made


@pytest.fixture(scope="module")
def network(folder: Path) -> wav2clip.Wav2ClipExtractor:
    return wav2clip.load({"wav2clip": folder}, "cpu")


def spectrogram(clip: np.ndarray) -> Tensor:
    """`[257, frames]`, each frame's Fourier sum written out in double precision."""
    padded = np.pad(clip.astype(np.float64), 256, mode="reflect")
    starts = range(0, len(padded) - 511, 353)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    frames = np.stack([padded[start : start + 512] * window for start in starts])
    turns = np.exp(-2j * np.pi * np.outer(np.arange(512), np.arange(257)) / 512)
    return torch.from_numpy((np.abs(frames @ turns) ** 2).T)


def authors(clip: np.ndarray, state: Mapping[str, Tensor]) -> np.ndarray:
    """`wav2clip.embed_audio(clip, model)` of one clip, from its definition."""
    double = {name: value.double() for name, value in state.items()}

    def convolved(x: Tensor, name: str, stride: int, margin: int) -> Tensor:
        return functional.conv2d(x, double[f"audio_encoder.{name}.weight"], None, stride, margin)

    def normed(x: Tensor, name: str) -> Tensor:
        parts = (
            double[f"audio_encoder.{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(x, *parts)

    x = torch.log(spectrogram(clip) + 1e-7)
    x = ((x - x.mean()) / (x.std() + 1e-9))[None, None]
    x = functional.max_pool2d(functional.relu(normed(convolved(x, "conv1", 2, 3), "bn1")), 3, 2, 1)
    for layer, block in ((layer, block) for layer in (1, 2, 3, 4) for block in (0, 1)):
        at, stride = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1
        y = functional.relu(normed(convolved(x, f"{at}.conv1", stride, 1), f"{at}.bn1"))
        y = normed(convolved(y, f"{at}.conv2", 1, 1), f"{at}.bn2")
        if f"audio_encoder.{at}.downsample.0.weight" in double:
            x = normed(convolved(x, f"{at}.downsample.0", stride, 0), f"{at}.downsample.1")
        x = functional.relu(x + y)
    x = x.mean((2, 3))
    for place, last in ((0, False), (3, True)):
        x = functional.linear(
            x, *(double[f"audio_transform.sequential.{place}.{part}"] for part in ("weight", "bias"))
        )
        x = x if last else functional.relu(x)
    return x.numpy()


@pytest.mark.parametrize("seconds", [10.0, 1.3])
def test_equals_the_authors_definition(
    network: wav2clip.Wav2ClipExtractor, state: Mapping[str, Tensor], seconds: float
) -> None:
    clip = chirps(seconds)
    found, wanted = network([clip])[0]["embedding"], authors(clip, state)
    assert found.dtype == np.float32 and found.shape == wanted.shape == (1, 512)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_a_clip_is_scaled_by_itself_whatever_stands_beside_it(network, monkeypatch) -> None:
    monkeypatch.setattr(network, "_batch", 2)
    clips = [chirps(1.1, seed=1), 0.01 * chirps(1.1, seed=2), chirps(1.4, seed=3)]
    alone = [network([clip])[0]["embedding"] for clip in clips]
    for one, other in zip(alone, network(clips), strict=True):
        np.testing.assert_array_equal(one, other["embedding"])


def test_silence_has_an_embedding_and_a_blip_is_refused(network) -> None:
    assert np.isfinite(network([np.zeros(RATE_HZ, np.float32)])[0]["embedding"]).all()
    with pytest.raises(ValueError, match="a clip of 511 samples is shorter than a window of 512"):
        network([np.zeros(511, np.float32)])


def test_what_training_left_is_passed_over_and_all_else_has_to_fit(state, tmp_path: Path) -> None:
    left = {name for name in shapes("wav2clip") if name.startswith(wav2clip.TRAINING)}
    assert {name.split(".")[0] for name in left} == {"image_transform", "loss_fn_i", "loss_fn_a"}
    kept = {name: value.contiguous() for name, value in state.items()}
    for change, said in (
        (
            {"audio_encoder.fc.weight": torch.zeros(309, 512)},
            r"has, unknown to the network, 1 weights: .*fc\.weight",
        ),
        (
            {"audio_encoder.conv1.weight": torch.zeros(64, 3, 7, 7)},
            r"has in another shape 1 weights: .*conv1\.weight",
        ),
    ):
        save_file(kept | change, tmp_path / wav2clip.FILE)
        with pytest.raises(ValueError, match=said):
            wav2clip.load({"wav2clip": tmp_path}, "cpu")
    save_file(
        {name: value for name, value in kept.items() if name != "audio_transform.sequential.3.bias"},
        tmp_path / wav2clip.FILE,
    )
    with pytest.raises(ValueError, match=r"lacks 1 weights: audio_transform\.sequential\.3\.bias"):
        wav2clip.load({"wav2clip": tmp_path}, "cpu")


@pytest.mark.parametrize(
    ("metric", "task", "networks"),
    [
        ("cosine_image_wav2clip", "image2music", {"wav2clip", "clip_vit_b32_image"}),
        ("cosine_text_wav2clip", "caption2music", {"wav2clip", "clip_vit_b32_text"}),
        ("clip_score_b32@audio", "music2image", {"wav2clip", "clip_vit_b32_image"}),
        ("fad_wav2clip", "image2music", {"wav2clip"}),
    ],
)
def test_it_stands_beside_clips_pictures_and_texts(metric: str, task: str, networks: set[str]) -> None:
    card = registry.metric(metric, registry.task(task))
    assert {need.extractor for need in card.needs} == networks
    (without,) = (
        registry.metric(name, registry.task("music2image")) for name in ("clip_score_b32@reference_image",)
    )
    assert "wav2clip" not in {need.extractor for need in without.needs}
