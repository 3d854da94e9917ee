"""A picture, a video or a sentence as CoDi's CLIP takes it, chance and rounding included.

After github.com/microsoft/i-Code, i-Code-V3, core/common/utils.py and core/models/encoders/clip.py, with the
versions that the authors pin (torchvision 0.13.1, transformers 4.26.0). The random square of a picture, its random
flip and the random 4 s of a video are drawn from the example's own seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from sightsound.metrics.networks.common.clip_bpe import CONTEXT, END, ClipBpe
from sightsound.metrics.networks.common.clip_pixels import SIZE, checked_picture

PICTURE = 512  # pixels, to which the square of a picture is resized first
FRAME = 256  # the same of a video
FRAMES = 4  # taken of a video
SPAN_S = 4.0  # seconds that they span
READ = CONTEXT - 2  # tokens of a text that fit between the start and the end

Pixels = NDArray[np.uint8]


def picture(pixels: Any, seed: int) -> Pixels:
    """A random square as large as the shorter side, mirrored in one of two cases: `[224, 224, 3]`.

    The draws are those of torchvision's RandomCrop and RandomHorizontalFlip from a generator with that seed.
    ValueError for what is no RGB picture.
    """
    array = checked_picture(pixels, "codi")
    chance = torch.Generator().manual_seed(seed)
    height, width = array.shape[:2]
    side = min(height, width)
    top = left = 0
    if height != width:
        top = int(torch.randint(0, height - side + 1, (1,), generator=chance))
        left = int(torch.randint(0, width - side + 1, (1,), generator=chance))
    square = Image.fromarray(array[top : top + side, left : left + side])
    square = square.resize((PICTURE, PICTURE), Image.Resampling.BICUBIC)
    if float(torch.rand(1, generator=chance)) < 0.5:
        square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return small(np.asarray(square))


def frame(pixels: Any) -> Pixels:
    """The central square of a video's frame: `[224, 224, 3]`. ValueError for what is no RGB picture.

    Resized first to 256 pixels without antialiasing, which torchvision 0.13.1 leaves out for tensors.
    """
    array = checked_picture(pixels, "codi")
    height, width = array.shape[:2]
    side = min(height, width)
    top, left = -(-(height - side) // 2), -(-(width - side) // 2)  # rounded up
    square = torch.from_numpy(array[top : top + side, left : left + side].copy()).permute(2, 0, 1).float()
    sized = functional.interpolate(square[None], (FRAME, FRAME), mode="bicubic", align_corners=False)[0]
    return small(sized.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).numpy())


def small(pixels: Pixels) -> Pixels:
    """To the 224 pixels of CLIP (Pillow, bicubic). On the way the authors take every value to -1..1 and back and
    cut off what is behind the point, so that the values 1 to 63 lose one."""
    through = pixels.astype(np.float32) / np.float32(255) * np.float32(2) - np.float32(1)
    back = ((through + np.float32(1)) / np.float32(2) * np.float32(255)).astype(np.uint8)
    return np.asarray(Image.fromarray(back).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def grey() -> Pixels:
    """The picture that stands for none: zeros in -1..1, so 127 of 255 after cutting off."""
    return np.full((SIZE, SIZE, 3), 127, np.uint8)


class VideoReader:
    """See sightsound.bench.core.video.Reader: four frames, evenly spread over 4 s that begin at random."""

    def __init__(self, seed: int) -> None:
        self._start = float(torch.rand(1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The frames of a video of so many; a video of up to 4 s gives its first to its last."""
        length_s = frames / rate_hz
        first, last = 0, frames - 1
        if length_s > SPAN_S:
            start_s = self._start * (length_s - SPAN_S)
            middles = (np.arange(frames) + 0.5) / rate_hz
            first, last = (int(np.abs(middles - time_s).argmin()) for time_s in (start_s, start_s + SPAN_S))
            first = min(first, last - 1)
        return [int(index) for index in np.linspace(first, last, FRAMES).astype(int)]

    def prepare(self, frame_pixels: Pixels) -> Pixels:
        """What is kept of one."""
        return frame(frame_pixels)


class Sentence(NamedTuple):
    """A text as CLIP reads it."""

    ids: list[int]
    """77 token ids."""
    note: str
    """What was not read, empty where all was."""


def sentence(text: str, tokens: ClipBpe) -> Sentence:
    """The first 75 tokens of a text. ValueError for an empty one."""
    words = text.split()
    if not words:
        raise ValueError("the text to condition on is empty")
    ends = np.cumsum([_length(tokens(word)) for word in words])
    total, whole = int(ends[-1]), int((ends <= READ).sum())
    note = "" if total <= READ else f"{READ} of {total} tokens, {whole} of {len(words)} words"
    return Sentence(tokens(text), note)


def _length(ids: Sequence[int]) -> int:
    """Tokens of a word, between the start and the end."""
    return list(ids).index(END) - 1
