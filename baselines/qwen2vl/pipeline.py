"""Picture, and story where there is one -> what Qwen2-VL says of music for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sightsound.baselines.parts.captioners import Picture
from sightsound.baselines.parts.kept import Sights, sights
from sightsound.baselines.parts.qwen2_vl import Qwen2VL
from sightsound.bench.core.media import MediaError, load_image
from sightsound.bench.core.types import Example, Generated

ASKED = (
    "You compose background music for films and games. For the scene in the picture, answer with one sentence "
    "that describes music which fits it: genre, mood, tempo and instruments. Do not describe the scene itself."
)
"""Ours: the paper (section 3.2) says what the composer is for, not what it is asked."""
STORY = " The story of the scene is: {story}"


class Composer:
    """See sightsound.bench.core.types.Model."""

    def __init__(self, viewer: Qwen2VL | Sights) -> None:
        self.viewer = viewer

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """A caption of music an example. Notes: what was asked. The likeliest tokens, so no seed matters."""
        pictures: dict[str, Picture] = {}
        texts: dict[str, str] = {}
        for example in examples:
            try:
                if example.image is None:
                    raise MediaError("no picture")
                pictures[example.id] = load_image(example.image)
            except MediaError as error:
                yield Generated(example.id, error=str(error))
                continue
            texts[example.id] = ASKED + (STORY.format(story=example.story) if example.story else "")
        said = self.viewer.ask(list(pictures.values()), list(texts.values())) if pictures else []
        for (name, asked), caption in zip(texts.items(), said, strict=True):
            if caption:
                yield Generated(name, text=caption, notes={"asked": asked})
            else:
                yield Generated(name, notes={"asked": asked}, error="its answer is empty")


def base(device: str, weights: Mapping[str, Path]) -> Composer:
    """Qwen2-VL-7B-Instruct as it is published."""
    return Composer(sights(Qwen2VL, device, weights, "qwen2_vl_7b_instruct"))


def rank4(device: str, weights: Mapping[str, Path]) -> Composer:
    """Your own, tuned with QLoRA of rank 4."""
    return Composer(sights(Qwen2VL, device, weights, "qwen2vl_rank4"))


def rank8(device: str, weights: Mapping[str, Path]) -> Composer:
    """Your own, tuned with QLoRA of rank 8."""
    return Composer(sights(Qwen2VL, device, weights, "qwen2vl_rank8"))
