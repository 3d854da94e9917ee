"""CoDi stage by stage against the authors' modules at small sizes with the same weights (tests/parity/codi.npz).

The figures were made outside this repository, by i-Code-V3 at 9b16730b on a CPU; here our side is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sightsound.baselines.codi import clap, clip, pipeline, preprocessing, sampler
from sightsound.baselines.codi.conditioning import Conditioner, mixed
from sightsound.baselines.codi.pipeline import Parts, decoded
from sightsound.baselines.codi.weights import Checkpoint
from sightsound.bench import assets
from sightsound.metrics.networks.common import clip_bpe
from tests.parity.signals import chirps, mosaic
from tests.tiny import codi as tiny

FIGURES = Path(__file__).parents[1] / "parity" / "codi.npz"
TEXTS = ("A slow, sad piece for strings.", "", "dark forest battle music for a choir, drums and brass " * 12)
PICTURES = (mosaic(1)[:, :150], mosaic(2)[:160])
SEEDS = (3, 4, 5, 6)


def normal(*shape: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def unit(*shape: int, seed: int) -> torch.Tensor:
    drawn = normal(*shape, seed=seed)
    return drawn / drawn.norm(dim=-1, keepdim=True)


@pytest.fixture(scope="module")
def figures() -> Any:
    return np.load(FIGURES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, Checkpoint]:
    folder = tiny.make(tmp_path_factory.mktemp("codi"))
    return Checkpoint(folder / pipeline.ENCODERS, "cpu"), Checkpoint(folder / pipeline.DIFFUSER, "cpu")


@pytest.fixture(scope="module")
def parts(files: tuple[Checkpoint, Checkpoint]) -> Parts:
    return pipeline.load_parts(*files, torch.float32)


@pytest.fixture(scope="module")
def conditioner(files: tuple[Checkpoint, Checkpoint], figures: Any) -> Conditioner:
    size = clip.sizes(files[0])
    network = files[0].filled(lambda: clip.Clip(size), clip.PREFIX, torch.float32, clip.UNUSED)
    ids = dict(zip(TEXTS, figures["ids"].tolist(), strict=True))
    tokens: Any = ids.__getitem__  # as CLIP's merges, which are not here, give them
    return Conditioner(network, tokens, clap.load(files[0], "cpu"), torch.device("cpu"))


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def same(ours: Any, theirs: NDArray[Any], bound: float = 1e-4) -> None:
    """Within the bound of the largest value of theirs."""
    apart = np.abs(np.asarray(ours, np.float64) - theirs)
    assert apart.shape == theirs.shape and apart.max() <= bound * np.abs(theirs).max(), apart.max()


def pixels() -> list[NDArray[np.uint8]]:
    return [preprocessing.picture(PICTURES[i % 2], seed) for i, seed in enumerate(SEEDS)]


def frames() -> NDArray[np.uint8]:
    return np.stack([preprocessing.frame(mosaic(seed)[:180, :130]) for seed in (5, 6, 7, 8)])


def test_pixels(figures: Any) -> None:
    """Crop, flip, both resizings and the lost values: to the last bit."""
    assert np.array_equal(np.stack(pixels())[:, ::9, ::9], figures["pixels"])
    assert np.array_equal(frames()[:, ::9, ::9], figures["frames"])


def test_pictures(conditioner: Conditioner, figures: Any) -> None:
    same(conditioner("image", pixels()), figures["image"])
    same(conditioner.nothing("image"), figures["no_image"])


def test_videos(conditioner: Conditioner, figures: Any) -> None:
    same(conditioner("video", [frames(), frames()])[1], figures["video"])
    same(conditioner.nothing("video"), figures["no_video"])
    apart = np.abs(figures["video"] - conditioner("image", list(frames())).mean(0).numpy()).max()
    assert apart > 0.01  # the temporal attention does something


def test_texts(conditioner: Conditioner, figures: Any) -> None:
    same(conditioner("text", list(figures["ids"])), figures["text"])
    same(conditioner.nothing("text"), figures["text"][1])


@pytest.mark.network
def test_tokens(figures: Any) -> None:
    tokens = clip_bpe.ClipBpe(assets.fetch("clip_bpe") / clip_bpe.FILE)
    for text, ids in zip(TEXTS, figures["ids"], strict=True):
        assert tokens(text) == list(ids)
    read = preprocessing.sentence(TEXTS[2], tokens)
    assert read.ids == list(figures["ids"][2]) and read.note == "75 of 132 tokens, 68 of 120 words"
    assert preprocessing.sentence(TEXTS[0], tokens).note == ""


def test_sounds(conditioner: Conditioner, figures: Any) -> None:
    same(conditioner("audio", [clap.window(chirps(3.0, 48000))])[0], figures["audio"])
    same(conditioner.nothing("audio"), figures["no_audio"])


def test_noise(parts: Parts, figures: Any) -> None:
    latent, heard = normal(2, 8, 32, 16, seed=1), parts.unet.hear(unit(2, 64, seed=2))
    for time, theirs in zip((1, 341, 981), figures["noise"], strict=True):
        same(parts.unet(latent, time, heard), theirs)


@pytest.mark.parametrize("steps", [10, 7])
def test_latents(parts: Parts, figures: Any, steps: int) -> None:
    noise, condition, nothing = normal(2, 8, 32, 16, seed=1), unit(2, 64, seed=2), unit(2, 64, seed=3)
    same(sampler.sample(parts.unet, noise, condition, nothing, steps, 7.5), figures[f"latent_{steps}"])


def test_spectrograms(parts: Parts, figures: Any) -> None:
    latents = torch.cat([normal(1, 8, 16, 16, seed=4), normal(1, 8, 16, 16, seed=4) * 40])
    tame, wild = parts.autoencoder(pipeline.autoencoder.unscaled(latents))
    same(tame, figures["mel"][0])
    same(wild, figures["mel_wild"][0])


def test_sound(parts: Parts, figures: Any) -> None:
    mel = normal(1, 1, 40, 64, seed=5)
    same(parts.vocoder(mel[:, 0].transpose(1, 2)), figures["wave"][:, 0])


def test_end_to_end(conditioner: Conditioner, parts: Parts, figures: Any) -> None:
    """Picture and text, 0.3 to 0.7, four steps, 10.24 s."""
    vectors = {"image": conditioner("image", pixels()[:1])[0], "text": conditioner("text", figures["ids"][:1])[0]}
    weights = {"image": 0.3, "text": 0.7}
    nothing = mixed({kind: conditioner.nothing(kind) for kind in vectors}, weights)
    noise = normal(1, *pipeline.LATENT, seed=6)
    latent = sampler.sample(parts.unet, noise, mixed(vectors, weights)[None], nothing[None], 4, 7.5)
    (audio,) = decoded(parts, latent)
    same(audio[::37], figures["sound"])
    mean, largest, length = figures["sound_norm"]
    assert len(audio) == length == 163872
    assert np.abs(audio).mean() == pytest.approx(mean, rel=1e-4)
    assert np.abs(audio).max() == pytest.approx(largest, rel=1e-4)
