"""What MusFlow reads its conditions with: CLIP for pictures and stories, LAION-CLAP for captions and music.

The extractors are those of the metrics: CLIP's vectors as they are projected, CLAP's of length 1, which is how the
two projects' own code gives them. The paper states no scale.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.parts.tokenizer import cut
from sightsound.bench.core.media import load_image
from sightsound.bench.core.types import Example
from sightsound.metrics.networks.common.clip_bpe import CONTEXT, END, FILE, ClipBpe
from sightsound.metrics.networks.extractor import Extractor
from sightsound.metrics.networks.joint import clap, clip

_FACTORIES: dict[str, Callable[[Mapping[str, Path], str], Extractor]] = {
    "image": clip.load_b32_image,
    "story": clip.load_b32_text,
    "caption": clap.load_music_text,
    "music": clap.load_music_audio,
}
MUSIC_HZ = clap.RATE_HZ


class Encoders:
    """The networks for the kinds asked for: image, story, caption, music."""

    def __init__(self, device: str, weights: Mapping[str, Path], kinds: Iterable[str]) -> None:
        """`weights`: the assets of baselines.musflow.ENCODERS. ValueError where one is not what it should be."""
        self._networks = {kind: _FACTORIES[kind](weights, device) for kind in kinds}
        self._bpe = ClipBpe(weights["clip_bpe"] / FILE)
        self._roberta = clap.load_tokenizer(weights["roberta_tokenizer"])

    def __call__(self, kind: str, items: Sequence[Any]) -> NDArray[np.float32]:
        """`[items, 512]` of uint8 RGB pictures, texts, or mono music at 48 kHz of at most 10 s."""
        found: NDArray[np.float32] = np.concatenate([each["embedding"] for each in self._networks[kind](items)])
        return found

    def read(self, kind: str, text: str) -> str:
        """How much of the beginning of a text its encoder takes: CLIP 75 tokens, CLAP as many.

        Where CLIP breaks off inside a word, the piece of it that is named here may be a token short.
        """
        if kind == "caption":
            return cut(self._roberta, text, clap.TOKENS)
        left = CONTEXT - 2
        for word in re.finditer(r"\S+", text):  # CLIP's words never reach over a space
            fits = min(left, CONTEXT - 3)  # a word of 75 tokens cannot be told from a longer one
            if self._tokens(word[0]) > fits:
                inside = bisect(range(1, len(word[0])), fits, key=lambda end: self._tokens(word[0][:end]))
                return text[: word.start() + inside].rstrip()
            left -= self._tokens(word[0])
        return text

    def _tokens(self, part: str) -> int:
        """CLIP's tokens of a part of a text, at most 75."""
        return self._bpe(part).index(END) - 1


def conditions(example: Example, kinds: Iterable[str]) -> dict[str, Any]:
    """What the example has of image, story and caption: the picture's pixels, texts on one line.

    ValueError where it has none of `kinds`; MediaError for a picture that cannot be read.
    """
    found: dict[str, Any] = {}
    for kind in kinds:
        if kind == "image":
            if example.image is not None:
                found[kind] = load_image(example.image)
        elif text := " ".join((getattr(example, kind) or "").split()):
            found[kind] = text
    if not found:
        raise ValueError(f"the example has none of {', '.join(kinds)}")
    return found
