"""Pictures and films as M2UGen's encoders take them.

The sizes and means of the hub's google/vit-base-patch16-224 and of transformers' VivitImageProcessor, written
out: their classes want torchvision. inference.py of the authors gives ViT a picture in 0..1 with
do_rescale=False, which is the picture that ViT was trained on. Their evaluation gives it 0..255 (`raw`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

FRAMES = 32

Picture = NDArray[np.uint8]
"""RGB, `[height, width, 3]`."""


def picture_pixels(picture: Picture, side: int, raw: bool = False) -> Tensor:
    """The whole picture as a square of -1..1, `[3, side, side]`, bilinear; `raw`: as 0..255 less a half, over a
    half, so from -1 to 509."""
    scaled = _scaled([Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)])[0]
    return ((scaled + 1) * 127.5 - 0.5) / 0.5 if raw else scaled


def film_pixels(frames: Sequence[Picture], side: int) -> Tensor:
    """The middle of each frame, its shorter edge brought to 8/7 of the side: `[3, frames, side, side]`.

    Twice normalised, x / 127.5 - 1 and then (x - 0.5) / 0.5, so from -3 to 1: transformers' processor does both,
    and M2UGen was trained on what it gives.
    """
    cut = []
    for frame in frames:
        height, width = frame.shape[:2]
        edge = round(side * 8 / 7)
        size = (edge, int(edge * height / width)) if width <= height else (int(edge * width / height), edge)
        small = Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR)
        left, top = (small.width - side) // 2, (small.height - side) // 2
        cut.append(small.crop((left, top, left + side, top + side)))
    return ((_scaled(cut) - 0.5) / 0.5).transpose(0, 1)


def film_frames(count: int, seed: int) -> list[int]:
    """32 frames in a row from a place that the seed decides; spread evenly over a film of fewer than 33.

    The authors draw the end from 32..count-1 (so a film's last frame is never seen) by an unseeded generator. Of a
    shorter film their code takes one frame 32 times, or fails. ValueError for a film without frames.
    """
    if count < 1:
        raise ValueError("the video has no frames")
    if count <= FRAMES:
        return np.linspace(0, count - 1, FRAMES).round().astype(int).tolist()
    end = int(np.random.default_rng(seed).integers(FRAMES, count))
    return list(range(end - FRAMES, end))


def _scaled(pictures: Sequence[Image.Image]) -> Tensor:
    """0..255 -> -1..1, `[pictures, 3, height, width]`."""
    values = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2)
    return values.float() / 127.5 - 1
