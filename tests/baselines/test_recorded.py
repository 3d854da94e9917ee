"""Decoding over a static cache, as it is recorded on a card, against the loops that it stands for.

On a CPU nothing is recorded, but the same code runs, its results always in the same place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sightsound.baselines.m2ugen import decoding, speed
from sightsound.baselines.parts import musicgen as parts
from sightsound.baselines.parts import musicgen_steps
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.recorded import Recorded

SECONDS = 60 * 5 / 256  # 60 steps
PROMPTS, SEEDS = ["slow piano and dark drums", "rock"], [1, 2]


@pytest.fixture(params=[1.0, 3.0], ids=["plain", "guided"])
def both(request: Any, weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[MusicGen, MusicGen]:
    """One that goes by transformers' loop, and one by ours as on a card; blocks of few columns."""
    monkeypatch.setattr(musicgen_steps, "BLOCK", 16)
    plain = MusicGen("cpu", weights["musicgen_small"], request.param)
    monkeypatch.setattr(parts, "pays", lambda device: True)
    stepped = MusicGen("cpu", weights["musicgen_small"], request.param)
    assert plain.steps is None and stepped.steps is not None
    return plain, stepped


def test_musicgen_sounds_as_by_transformers_loop(both: tuple[MusicGen, MusicGen]) -> None:
    """Tokens are drawn, so that one logit that is off would change the sound from there on."""
    plain, stepped = (system.generate(PROMPTS, SEEDS, SECONDS) for system in both)
    for theirs, ours in zip(plain, stepped, strict=True):
        assert ours.dtype == np.float32 and ours.shape == theirs.shape == (1, (60 - 3) * 640)
        assert np.abs(ours - theirs).max() <= 1e-5 and np.abs(ours).max() > 1e-3
    states = torch.randn(2, 5, 24, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    plain, stepped = (system.generate_from(states, SEEDS, SECONDS, mask) for system in both)
    assert max(np.abs(a - b).max() for a, b in zip(plain, stepped, strict=True)) <= 1e-5


def test_logits_are_transformers_own(both: tuple[MusicGen, MusicGen]) -> None:
    plain, stepped = both
    inputs = plain.tokenizer(PROMPTS, padding=True, return_tensors="pt")
    seen: list[Tensor] = []
    with torch.inference_mode():
        told = stepped._told(inputs["input_ids"], inputs["attention_mask"])
        guided, rows = stepped.guidance > 1, len(told[0])

        def choose(logits: Tensor) -> Tensor:
            return logits[: 2 * stepped.books].argmax(-1, keepdim=True)

        assert stepped.steps is not None
        stepped.steps.generate(*told, 40, lambda logits: seen.append(logits.clone()) or choose(logits), guided)  # type: ignore[func-returns-value]
        ids = torch.full((2 * plain.books, 1), 64)
        ids, pattern = plain.model.decoder.build_delay_pattern_mask(ids, 64, max_length=41)
        for logits in seen:
            given = plain.model.decoder.apply_delay_pattern_mask(ids, pattern)
            theirs = plain.model.decoder(
                given.repeat(rows // 2, 1), encoder_hidden_states=told[0], encoder_attention_mask=told[1]
            ).logits[:, -1]
            assert (logits - theirs).abs().max() <= 1e-5 * theirs.abs().max()
            ids = torch.cat([ids, choose(theirs)], dim=1)


def test_a_batch_is_its_examples(both: tuple[MusicGen, MusicGen]) -> None:
    _, stepped = both
    for prompt, seed, whole in zip(PROMPTS, SEEDS, stepped.generate(PROMPTS, SEEDS, SECONDS), strict=True):
        (alone,) = stepped.generate([prompt], [seed], SECONDS)
        assert np.abs(alone - whole).max() <= 1e-5


def test_recording_can_be_switched_off_and_leaves_a_melody_alone(
    mirror: Path, weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "pays", lambda device: True)
    assert MusicGen("cpu", weights["musicgen_small"], recorded=False).steps is None
    assert MusicGen("cpu", mirror / "facebook" / "musicgen-melody").steps is None


@torch.inference_mode()
def test_llama_says_the_same_over_all_columns() -> None:
    torch.manual_seed(0)
    model = speed.random_llama(64, 96, 18, vocabulary=50)
    adapters, lengths = model.adapters([None] * 3), [5, 3]
    tokens = torch.randint(3, 50, (2, 5), generator=torch.Generator().manual_seed(1))
    found = []
    for recorded in (False, True):
        cache = model.cache(lengths, 40)
        made = model(tokens, cache, adapters, 5)
        step = decoding.steps(model, cache, adapters, 40, recorded)
        logits = [made[0]]
        for end in range(6, 40):
            made = step(logits[-1].argmax(-1, keepdim=True), end)  # type: ignore[assignment]
            logits.append(made[0].clone())
        found.append(torch.stack(logits))
    torch.testing.assert_close(*found, atol=1e-5, rtol=1e-5)


def test_a_result_lies_where_the_one_before_it_lay() -> None:
    filled = torch.zeros(())

    def step(given: Tensor) -> tuple[Tensor]:
        filled.add_(1)
        return (given + filled,)

    recorded = Recorded(step, torch.zeros(2), [filled])
    assert filled == 0, "recording leaves no trace"
    (first,) = recorded(torch.tensor([1.0, 2.0]))
    assert first.tolist() == [2, 3]
    (second,) = recorded(torch.tensor([5.0, 5.0]))
    assert second is first and first.tolist() == [7, 7]
