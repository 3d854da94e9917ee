"""A music generator that reads a text, given the example's own: the text-to-music baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.types import Example, Generated, example_seed


class Generator(Protocol):
    """Music for prompts."""

    rate_hz: int

    def cut(self, prompt: str) -> str:
        """What of the prompt its text encoder takes: the prompt itself, or its beginning."""
        ...

    def generate(
        self, prompts: Sequence[str], seeds: Sequence[int], seconds: float
    ) -> Sequence[NDArray[np.floating[Any]]]:
        """Samples in -1..1, `[channels, samples]`, of each prompt, in order."""
        ...


class Prompted:
    """The caption as the prompt, and where there is none the story. A prompt that is too long is cut where its
    text encoder ends, and noted as `truncated`."""

    def __init__(self, generator: Generator, seconds: float) -> None:
        self.generator, self.seconds = generator, seconds

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Model."""
        prompts: dict[str, str] = {}
        for example in examples:
            if text := " ".join((example.caption or example.story or "").split()):
                prompts[example.id] = text
            else:
                yield Generated(example.id, error="its text is empty")
        if not prompts:
            return
        read = {name: self.generator.cut(text) for name, text in prompts.items()}
        seeds = [example_seed(seed, name) for name in read]
        made = self.generator.generate(list(read.values()), seeds, self.seconds)
        for (name, prompt), audio in zip(read.items(), made, strict=True):
            yield Generated(name, audio, self.generator.rate_hz, notes=noted(prompts[name], prompt))


def noted(text: str, read: str) -> dict[str, str]:
    """The note of a prompt, and of how much of it was read where it was cut."""
    if read == text:
        return {"prompt": text}
    return {"prompt": read, "truncated": f"{len(read)} of {len(text)} characters were read"}
