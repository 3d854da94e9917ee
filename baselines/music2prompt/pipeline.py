"""Music2Prompt: music to an image prompt, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.music2prompt import encoders, writer
from sightsound.baselines.music2prompt.encoders import Encoder
from sightsound.baselines.music2prompt.writer import DECODER, Writer
from sightsound.baselines.parts.kept import Kept, only
from sightsound.baselines.parts.options import positive
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.bench.core.media import MediaError
from sightsound.bench.core.types import Example, Generated, example_seed

TEMPERATURE = 1.0  # of all examples that the thesis prints
LONGEST = 64  # tokens with the marks; inferred, see docs/models/music2prompt.md


class Music2Prompt:
    """See sightsound.bench.core.types.Model. Every example draws with its own seed."""

    def __init__(
        self,
        encoder: Encoder,
        text: Writer,
        tokenizer: Any,
        temperature: float,
        longest: int,
        weights: Mapping[str, Path],
    ) -> None:
        """`weights`: asset -> folder of all that the parts were loaded from."""
        self.encoder, self.text, self.tokenizer = encoder, text, tokenizer
        self.temperature, self.longest = temperature, longest
        self.kept = Kept(self, next(text.parameters()).device, weights, {})

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """What is wrong with one example is its own error."""
        heard: dict[str, NDArray[np.float32]] = {}
        for example in examples:
            try:
                if example.audio is None:
                    raise MediaError("no music")
                heard[example.id] = self.encoder.heard(example.audio)
            except (MediaError, ValueError) as error:
                yield Generated(example.id, error=str(error))
        if not heard:
            return
        seeds = [example_seed(seed, name) for name in heard]
        clips, how = list(heard.values()), (self.temperature, self.longest)
        asked = [(clip, drawn, *how) for clip, drawn in zip(clips, seeds, strict=True)]
        for name, said in zip(heard, self.kept.each(asked, lambda: self._write(clips, seeds)), strict=True):
            yield Generated(name, text=said) if said else Generated(name, error="the prompt came out empty")

    def _write(self, heard: Sequence[NDArray[np.float32]], seeds: Sequence[int]) -> list[str]:
        """The prompts of clips."""
        written = self.text.write(self.encoder.states(heard), seeds, self.temperature, self.longest)
        return [" ".join(self.tokenizer.decode(ids, skip_special_tokens=True).split()) for ids in written]


def build(
    name: str, device: str, weights: Mapping[str, Path], temperature: float | str, longest: int | str
) -> Music2Prompt:
    """The variant of that name: what its entry makes."""
    heat, length = positive("temperature", temperature, float), positive("longest", longest, int)
    folder = weights[f"music2prompt_{name}"]
    encoder = encoders.load(folder / "encoder", device)
    text = writer.load(folder, encoder.width, device)
    room = text.decoder.config.max_position_embeddings - 2  # RoBERTa's first two positions are never used
    if not 2 < length <= room:
        raise ValueError(f"longest: {length} tokens; RoBERTa has room for 3 to {room}")
    tokenizer = load_tokenizer(folder / DECODER, text.decoder.config.vocab_size)
    return Music2Prompt(encoder, text, tokenizer, heat, length, only(weights, f"music2prompt_{name}"))


def _variant(name: str) -> Any:
    def entry(
        device: str,
        weights: Mapping[str, Path],
        temperature: float | str = TEMPERATURE,
        longest: int | str = LONGEST,
    ) -> Music2Prompt:
        return build(name, device, weights, temperature, longest)

    return entry


mert95m_amv, mert95m_yt8m = _variant("mert95m_amv"), _variant("mert95m_yt8m")
mert330m_amv, mert330m_yt8m = _variant("mert330m_amv"), _variant("mert330m_yt8m")
ast_amv, ast_yt8m = _variant("ast_amv"), _variant("ast_yt8m")
