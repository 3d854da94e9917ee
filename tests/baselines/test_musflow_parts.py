"""MusFlow's parts: flow matching, adapters, the layout of the weights, and sound."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from sightsound.baselines.musflow import CARD, layout
from sightsound.baselines.musflow.adapters import DIM, KINDS, Adapters
from sightsound.baselines.musflow.flow import SOLVERS, integrate, on_path
from sightsound.baselines.musflow.sound import Sound
from sightsound.baselines.parts import diffusion
from sightsound.bench import assets
from sightsound.metrics.networks.common.checkpoint import read_safetensors
from tests.tiny import musflow as tiny


@pytest.fixture(scope="module")
def accepted(mirror: Path) -> Iterator[Path]:
    """The mirror of tiny checkpoints, its pickles taken for the published ones."""
    with pytest.MonkeyPatch.context() as patch:
        tiny.accept(patch, mirror)
        yield mirror


@pytest.fixture(scope="module")
def weights(accepted: Path) -> dict[str, Path]:
    return {name: assets.fetch(name, accepted) for name in CARD.variants["paper"].assets}


# ---- flow matching


@given(st.floats(0, 0.999), st.floats(1e-5, 0.5), st.integers(0, 99))
def test_the_target_is_the_velocity_of_the_optimal_transport_path(t: float, sigma: float, seed: int) -> None:
    """Against Lipman et al., equation 21, which gives the same velocity from the point alone."""
    noise, data = torch.from_numpy(np.random.default_rng(seed).standard_normal((2, 3, 4)))
    point, velocity = on_path(noise, data, torch.full((3,), t, dtype=torch.float64), sigma)
    assert torch.allclose(velocity, (data - (1 - sigma) * point) / (1 - (1 - sigma) * t), rtol=1e-6, atol=1e-6)
    assert torch.allclose(velocity, data - (1 - sigma) * noise)


def test_a_path_leads_straight_from_the_noise_to_the_data() -> None:
    noise, data = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, 4, 5)))
    start, velocity = on_path(noise, data, torch.zeros(3, dtype=torch.float64))
    end, _ = on_path(noise, data, torch.ones(3, dtype=torch.float64))
    assert torch.equal(start, noise) and torch.allclose(end, data + 1e-4 * noise)
    for solver in SOLVERS:
        assert torch.allclose(integrate(lambda point, time: velocity, noise, 1, solver), end)
    mixed, _ = on_path(noise, data, torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64))
    assert torch.equal(mixed[0], noise[0]) and torch.equal(mixed[2], end[2])  # each example at its own time


@pytest.mark.parametrize(
    "solver, order, slopes", [("euler", 1, 1), ("midpoint", 2, 2), ("heun", 2, 2), ("rk4", 4, 4)]
)
def test_a_solver_has_its_order(solver: str, order: int, slopes: int) -> None:
    """x' = (1 + t) x from 1 to exp(3 / 2): halved steps divide the error by 2 ** order."""
    asked = []

    def field(x: torch.Tensor, t: float) -> torch.Tensor:
        asked.append(t)
        return x * (1 + t)

    start = torch.ones(1, dtype=torch.float64)
    errors = [abs(integrate(field, start, n, solver).item() - math.exp(1.5)) for n in (32, 64)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)
    assert len(asked) == 96 * slopes and min(asked) == 0 and max(asked) <= 1


# ---- the adapters


@pytest.fixture(scope="module")
def adapters() -> Adapters:
    torch.manual_seed(0)
    return Adapters().double().requires_grad_(False)


def test_what_is_not_given_is_as_if_it_were_never_there(adapters: Adapters) -> None:
    """Each row is the mean of the MLPs of what it has, whatever stands in the other places."""
    vectors = torch.randn(7, 3, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    masks = torch.tensor([[number >> bit & 1 for bit in range(3)] for number in range(1, 8)], dtype=torch.bool)
    alone = torch.stack([adapters.kinds[kind](vectors[:, place]) for place, kind in enumerate(KINDS)], 1)
    for absent in (0.0, torch.nan, torch.inf):
        made = adapters(vectors.masked_fill(~masks[..., None], absent), masks)
        for row, mask in enumerate(masks):
            assert torch.allclose(made[row], alone[row][mask].mean(0))


def test_an_mlp_has_four_layers_of_512(adapters: Adapters) -> None:
    assert {tuple(value.shape) for value in adapters.parameters()} == {(512, 512), (512,)}
    names = {
        f"kinds.{kind}.{layer}.{part}" for kind in KINDS for layer in (0, 2, 4, 6) for part in ("weight", "bias")
    }
    assert set(adapters.state_dict()) == names


# ---- the weights


def test_a_weight_too_many_or_too_few_is_refused(weights: dict[str, Path], tmp_path: Path) -> None:
    for file, load, name in (
        (layout.ADAPTERS, layout.load_adapters, "kinds.story.2.bias"),
        (layout.UNET, layout.load_unet, "class_embedding.weight"),
    ):
        shutil.rmtree(tmp_path / "musflow", ignore_errors=True)
        shutil.copytree(weights["musflow"], tmp_path / "musflow")
        state = read_safetensors(tmp_path / "musflow" / file)
        load(tmp_path / "musflow")
        save_file({**state, "odd": torch.zeros(1)}, tmp_path / "musflow" / file)
        with pytest.raises(ValueError, match="has, unknown to the network, 1 weights: odd"):
            load(tmp_path / "musflow")
        taken = state.pop(name)
        save_file(state, tmp_path / "musflow" / file)
        with pytest.raises(ValueError, match=f"lacks 1 weights: {name}"):
            load(tmp_path / "musflow")
        save_file({**state, name: taken[..., :-1].contiguous()}, tmp_path / "musflow" / file)
        with pytest.raises(ValueError, match=f"in another shape 1 weights: {name}"):
            load(tmp_path / "musflow")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"class_embed_type": null, "class_embeddings_concat": true}'])
def test_the_config_of_another_unet_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="no config of MusicLDM's kind of UNet"):
        layout.unet_config(path)


def test_a_decoder_that_lacks_a_weight_is_refused(weights: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(weights["musicldm"], tmp_path / "musicldm")
    path = tmp_path / "musicldm/vae/diffusion_pytorch_model.safetensors"
    state = read_safetensors(path)
    state.pop("decoder.conv_out.bias")
    save_file(state, path)
    with pytest.raises(ValueError, match=r"vae lacks decoder\.conv_out\.bias"):
        Sound(tmp_path / "musicldm", "cpu")


# ---- sound


@pytest.fixture(scope="module")
def sound(weights: dict[str, Path]) -> Sound:
    return Sound(weights["musicldm"], "cpu")


def test_the_log_mel_is_that_of_a_hand_made_transform(sound: Sound) -> None:
    clip = np.random.default_rng(0).uniform(-0.5, 0.5, 1600)
    made = sound.log_mel(torch.from_numpy(clip).float()[None])[0].numpy()
    padded = np.pad(clip, 512, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(513), np.arange(1024)) / 1024)
    frames = np.stack([np.abs(waves @ (padded[at : at + 1024] * window)) for at in range(0, 1601, 160)])
    assert made.shape == (11, sound.bands)
    np.testing.assert_allclose(made, np.log(np.maximum(frames @ sound._bank.numpy(), 1e-5)), atol=1e-4)


def test_sound_is_decoded_as_the_library_s_pipeline_does(sound: Sound, weights: dict[str, Path]) -> None:
    theirs = diffusion.load("MusicLDMPipeline", weights["musicldm"], "cpu")
    latents = torch.randn(5, 4, 20, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        mel = theirs.vae.decode(latents / theirs.vae.config.scaling_factor).sample
        audio = theirs.mel_spectrogram_to_waveform(mel).numpy()
    made = sound.decoded(latents)
    assert made.shape == audio.shape and made.shape[1] >= 20 * 2 * 160
    assert np.abs(made - audio).max() < 1e-4 * np.abs(audio).max()


def test_a_clip_is_cut_or_filled_up_with_silence(sound: Sound) -> None:
    clip = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 16000)).astype(np.float32)
    assert sound.shape(1.0, 2) == (4, 50, 8) and sound.shape(1.01, 4) == (4, 52, 8)
    short = sound.encoded(clip[:, :9000], 50)
    assert short.shape == (2, 4, 50, 8)
    silent = np.concatenate([clip[:, :9000], np.zeros((2, 99999), np.float32)], 1)
    assert np.array_equal(short, sound.encoded(silent, 50))
    assert not np.allclose(short, sound.encoded(clip, 50))
