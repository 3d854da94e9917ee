"""The parts of Mozart's Touch: frames, sampling, captioners, chat models, MusicGen."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sightsound.baselines.mozart import prompts
from sightsound.baselines.mozart.bridges import LONGEST, music_words, shortened
from sightsound.baselines.mozart.frames import FRAME_DECODING, IMAGE_DECODING, frame_indices
from sightsound.baselines.parts.captioners import Blip, sentence
from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.baselines.parts.smollm2 import convert
from sightsound.baselines.parts.tokenizer import load_tokenizer


@pytest.mark.parametrize(
    ("frames", "amount", "expected"),
    [
        (250, 25, list(range(1, 249, 10))),
        (49, 25, list(range(1, 48))),
        (24, 25, list(range(24))),
        (60, 20, list(range(1, 59, 3))),
        (1, 25, [0]),
        (2, 1, [0]),
    ],
)
def test_frame_indices(frames: int, amount: int, expected: list[int]) -> None:
    assert frame_indices(frames, amount) == expected


@given(st.integers(1, 100_000), st.integers(1, 100))
def test_frame_indices_are_frames(frames: int, amount: int) -> None:
    indices = frame_indices(frames, amount)
    assert indices == sorted(set(indices)) and indices[0] >= 0 and indices[-1] < frames
    assert len(indices) <= max(2 * amount, 1)


def test_frame_indices_of_nothing() -> None:
    with pytest.raises(ValueError, match="0"):
        frame_indices(0)


def test_seeded_choice_is_a_sample() -> None:
    """4,000 seeds: frequencies within five standard errors of softmax(logits / temperature) over the top three."""
    logits = torch.tensor([[1.0, 0.5, 0.0, -1.0]])
    n = 4000
    scores = SeededChoice(range(n), "cpu", temperature=0.5, top_k=3)(torch.empty(0), logits.expand(n, -1))
    assert (scores.sort(-1).values[:, :-1] < -1e8).all() and (scores.max(-1).values == 0).all()
    seen = torch.bincount(scores.argmax(-1), minlength=4) / n
    expected = torch.cat([torch.softmax(logits[0, :3] / 0.5, 0), torch.zeros(1)])
    assert (seen - expected).abs().max() < 5 * 0.5 / n**0.5
    assert seen[3] == 0


def test_seeded_choice_of_a_row_knows_no_neighbours() -> None:
    logits = torch.randn(6, 50, generator=torch.Generator().manual_seed(0))
    together = SeededChoice([7, 8, 9], "cpu", rows=2)
    alone = SeededChoice([8], "cpu", rows=2)
    for _ in range(5):
        assert torch.equal(together(torch.empty(0), logits)[2:4], alone(torch.empty(0), logits[2:4]))


def test_guidance_is_that_of_transformers(weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without chance, our choice and MusicGen's own greedy decoding with guidance 3 make the same sound."""
    system = MusicGen("cpu", weights["musicgen_small"])
    inputs = system.tokenizer(["slow piano", "rock"], padding=True, return_tensors="pt")
    own = system.model.generate(**inputs, do_sample=False, guidance_scale=3.0, max_new_tokens=30).numpy()
    monkeypatch.setattr(
        "sightsound.baselines.parts.musicgen.SeededChoice",
        lambda seeds, device, top_k, rows, guidance: SeededChoice(seeds, device, 0.0, top_k, rows, guidance),
    )
    ours = system.generate(["slow piano", "rock"], [1, 2], 30 * 5 / 256)
    assert np.array_equal(np.stack(ours), own)


def test_musicgen_length_and_rate(weights: dict[str, Path]) -> None:
    system = MusicGen("cpu", weights["musicgen_small"])
    (audio,) = system.generate(["music"], [1], 10.0)
    assert system.rate_hz == 32000 and audio.dtype == np.float32
    # 512 steps less the three by which the last codebook runs late
    assert audio.shape == (1, (512 - 3) * 640)


def test_blip_pixels_are_those_of_transformers(weights: dict[str, Path]) -> None:
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    picture = np.random.default_rng(0).integers(0, 256, (50, 71, 3), np.uint8)
    theirs = BlipImageProcessorPil.from_pretrained(weights["blip_base"])(picture, return_tensors="np")
    ours = Blip("cpu", weights["blip_base"], IMAGE_DECODING)._pixels(picture)
    assert np.abs(ours - theirs["pixel_values"][0]).max() < 1e-5


def test_captions_are_the_same_alone(weights: dict[str, Path]) -> None:
    pictures = [np.random.default_rng(i).integers(0, 256, (40, 40 + i, 3), np.uint8) for i in range(5)]
    for name, decoding in (("blip_base", IMAGE_DECODING), ("blip_large", FRAME_DECODING)):
        blip = Blip("cpu", weights[name], decoding)
        together = blip.caption(pictures)
        assert together == [blip.caption([picture])[0] for picture in pictures]
        assert len(set(together)) > 1 and all("[" not in caption for caption in together)


def test_answers_are_the_same_alone_and_without_the_cache(weights: dict[str, Path]) -> None:
    chat = LocalChat("cpu", weights["qwen2_5_7b_instruct"], max_new_tokens=20)
    contents, seeds = ["a castle", "a very much longer caption of a castle", "b"], [5, 6, 7]
    together = chat.answer(prompts.IMAGE_BRIDGE, contents, seeds)
    assert len(set(together)) == 3
    for content, seed, answer in zip(contents, seeds, together, strict=True):
        assert chat.answer(prompts.IMAGE_BRIDGE, [content], [seed]) == [answer]
    chat._cache = lambda prefix, copies: None  # type: ignore[method-assign]
    assert chat.answer(prompts.IMAGE_BRIDGE, contents, seeds) == together
    assert chat.answer(prompts.IMAGE_BRIDGE, contents, [8, 9, 10]) != together


def test_the_checkpoints_own_sampling_is_not_mixed_in(weights: dict[str, Path]) -> None:
    settings = LocalChat("cpu", weights["qwen2_5_7b_instruct"]).model.generation_config
    assert (settings.do_sample, settings.repetition_penalty, settings.top_p) == (False, 1.0, None) or (
        settings.top_p == 1.0
    )
    assert settings.eos_token_id == [0, 2]


def test_a_tokenizer_that_does_not_fit(weights: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "blip"
    shutil.copytree(weights["blip_base"], folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match="the tokenizer has 5 tokens"):
        load_tokenizer(folder, 100)


def test_sentence() -> None:
    grey = np.full((4, 4, 3), 128, np.uint8)
    names = ["alp", "valley, vale", "tent", "sea"]
    assert sentence(np.array([0.5, 0.3, 0.15, 0.05]), names, grey) == "a picture of alp and valley"
    assert sentence(np.array([0.3, 0.25, 0.25, 0.2]), names, grey) == "a picture of alp, valley and tent"
    assert sentence(np.array([0.03, 0.04, 0.02, 0.01]), names, grey) == "a picture of valley"
    assert sentence(np.array([0.9, 0.1, 0, 0]), names, grey // 2) == "a dark picture of alp"
    assert sentence(np.array([0.9, 0.1, 0, 0]), names, grey + 60) == "a bright picture of alp"


def test_shortened() -> None:
    assert shortened("Slow jazz. With piano.\nMore") == "Slow jazz."
    assert shortened("") == ""
    assert shortened("a" * 250) == "a" * (LONGEST - 1)
    long = "slow piano, " * 30
    assert shortened(long).endswith("slow piano") and 180 < len(shortened(long)) < LONGEST


@given(st.text())
def test_shortened_keeps_the_limit(text: str) -> None:
    assert len(shortened(text)) < LONGEST and "\n" not in shortened(text)


def test_music_words() -> None:
    assert music_words("a picture of the sea") == (0, 0)
    assert music_words("Jazz, with piano and no drums") == (2, 2)
    assert music_words("Sad slow jazz") == (3, 3)


def test_convert_without_a_gguf(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 GGUF files"):
        convert(tmp_path, tmp_path / "out")
