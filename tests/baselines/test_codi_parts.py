"""The parts of CoDi that need no checkpoint, or a network alone: schedule, mixing, preprocessing, options."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sightsound.baselines.codi import pipeline, speed
from sightsound.baselines.codi.autoencoder import SCALE, unscaled
from sightsound.baselines.codi.conditioning import mixed
from sightsound.baselines.codi.pipeline import DIFFUSER, ENCODERS, Options
from sightsound.baselines.codi.preprocessing import VideoReader, picture, small
from sightsound.baselines.codi.sampler import sample, schedule
from tests.tiny import codi as tiny

SHORT = (8, 32, 16)  # a latent of 1.28 s


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny.everything(tmp_path_factory.mktemp("codi"))


def test_mixed_is_a_weighted_mean() -> None:
    vectors = {"image": torch.tensor([1.0, 0.0]), "text": torch.tensor([0.0, 1.0])}
    assert mixed(vectors, {"image": 1, "text": 3}).tolist() == [0.25, 0.75]
    with pytest.raises(ValueError, match="sum to 0"):
        mixed(vectors, {"image": 0, "text": 0})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": "0"}, "steps: 0 is not in 1..1000"),
        ({"steps": "many"}, "steps: 'many' is no whole number"),
        ({"steps": "300"}, "steps: 300 ends at step 1000"),
        ({"guidance": "0.5"}, "guidance: '0.5' is below 1"),
        ({"guidance": "nan"}, "guidance: 'nan' is no number"),
        ({"text_weight": "-1"}, "a weight is below 0"),
        ({"text_weight": "x"}, "text_weight: 'x' is no number"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace(".", r"\.")):
        Options(**options)


def test_the_schedule() -> None:
    steps = schedule(50)
    assert [step.time for step in steps] == list(range(981, 0, -20))
    betas = [(math.sqrt(0.00085) + i / 999 * (math.sqrt(0.012) - math.sqrt(0.00085))) ** 2 for i in range(1000)]
    for step, after in ((steps[0], 961), (steps[-1], 0)):
        assert step.kept == pytest.approx(math.prod(1 - beta for beta in betas[: step.time + 1]), rel=1e-5)
        assert step.kept_next == pytest.approx(math.prod(1 - beta for beta in betas[: after + 1]), rel=1e-5)
    assert len(schedule(400)) == 500 and len(schedule(7)) == 8


def test_guidance_of_one_is_the_condition_alone(weights: dict[str, Path]) -> None:
    encoders, diffuser = (
        pipeline.Checkpoint(weights["codi_audio"] / name, "cpu") for name in (ENCODERS, DIFFUSER)
    )
    unet = pipeline.load_parts(encoders, diffuser, torch.float32).unet
    noise, condition, nothing = torch.randn(1, 8, 16, 16), torch.randn(1, 64), torch.randn(1, 64)
    with torch.inference_mode():
        alone, almost = (sample(unet, noise, condition, nothing, 2, guidance) for guidance in (1.0, 1 + 1e-7))
    assert (alone - almost).abs().max() <= 1e-4 * alone.abs().max()


def test_only_the_wild_latent_is_held() -> None:
    tame, wild = torch.full((1, 8, 2, 2), 50.0), torch.full((1, 8, 2, 2), 101.0)
    found = unscaled(torch.cat([tame, wild])) * SCALE
    assert found[0].unique().item() == pytest.approx(50) and found[1].unique().item() == pytest.approx(10)


@given(st.integers(0, 2**63 - 1), st.integers(1, 5000), st.floats(1, 120))
def test_frames_of_a_video(seed: int, frames: int, rate_hz: float) -> None:
    indices = VideoReader(seed).frame_indices(frames, rate_hz)
    assert len(indices) == 4 and indices == sorted(indices) and indices[0] >= 0 and indices[-1] < frames
    if frames / rate_hz <= 4:
        assert (indices[0], indices[-1]) == (0, frames - 1)
    else:
        assert abs((indices[-1] - indices[0]) / rate_hz - 4) <= 1 / rate_hz + 1e-6
    assert indices == VideoReader(seed).frame_indices(frames, rate_hz)


def test_the_square_and_the_flip_are_drawn() -> None:
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    drawn = [picture(ramp, seed) for seed in range(40)]
    flipped = [bool(pixels[0, 0, 0] > pixels[0, -1, 0]) for pixels in drawn]
    assert 10 <= sum(flipped) <= 30
    lefts = {int(min(pixels[0, 0, 0], pixels[0, -1, 0])) for pixels in drawn}
    assert len(lefts) > 20 and min(lefts) < 40 and max(lefts) > 150
    assert np.array_equal(picture(ramp, 5), drawn[5])


def test_how_many_values_lose_one() -> None:
    """The share that the documentation states."""
    levels = np.arange(256)
    flat = [small(np.full((8, 8, 3), level, np.uint8))[0, 0, 0] for level in levels]
    lost = levels - np.array(flat, int)
    assert lost.tolist() == [0] + [1] * 63 + [0] * 192


def test_the_measurement_compares_like_with_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "LATENT", SHORT)
    found = speed.codi_ratio(steps=1)
    assert found.apart < 1e-4 and found.times > 0 and found.one_by_one > 0
