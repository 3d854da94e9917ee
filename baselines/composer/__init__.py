"""The pocket music generator: a rule-based composer that plays a prompt with a soundfont.

`attributes` reads genre, mood, tempo and instruments from the prompt, `compose` writes a multi-track score,
`Renderer` plays it. `Composer` is the three in one, as a pipeline calls it. See docs/composer.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.composer.arrange import compose
from sightsound.baselines.composer.render import Renderer
from sightsound.baselines.composer.score import Note, Score, Track
from sightsound.baselines.composer.words import Attributes, attributes

__all__ = ["Attributes", "Composer", "Note", "Renderer", "Score", "Track", "attributes", "compose"]

SOUNDFONT = "TimGM6mb.sf2"


class Composer:
    """Prompt in, music out; runs on the CPU whatever the device."""

    rate_hz = 32000

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        """`weights["soundfont"]` is the folder that holds `TimGM6mb.sf2`. Raises ValueError without the file."""
        path = weights["soundfont"] / SOUNDFONT
        if not path.is_file():
            raise ValueError(f"{path}: no such soundfont; fetch the asset 'soundfont'")
        self._renderer = Renderer(path, self.rate_hz)

    def generate(self, prompts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """One piece a prompt, `[2, round(seconds * rate_hz)]`; same prompt, seed and length, same bytes."""
        return [
            self._renderer.render(compose(attributes(prompt), seed, seconds), seconds)
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
