"""What PE-AV sees: frames stretched to its square, all of a video's or 16 of them, evenly spaced.

After github.com/facebookresearch/perception_models, core/audio_visual_encoder/transforms.py (VideoProcessor),
which uses torchvision's Resize: bilinear with antialiasing, rounded to whole levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sightsound.metrics.networks.common.clip_pixels import checked_picture

LONGEST = 2**15  # pixels of a side: a longer one is no picture


def stretched(picture: Any, side: int) -> NDArray[np.uint8]:
    """A picture as uint8 `[side, side, 3]`; its proportions are lost. ValueError for what is no RGB picture."""
    pixels = checked_picture(picture, "pe_av")
    if max(pixels.shape) > LONGEST:
        raise ValueError(f"pe_av got a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels: leave it out")
    planes = torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None].float()
    resized = functional.interpolate(planes, (side, side), mode="bilinear", align_corners=False, antialias=True)
    found: NDArray[np.uint8] = resized[0].round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return found


def normalised(pixels: Tensor) -> Tensor:
    """uint8 `[frames, side, side, 3]` -> float32 `[frames, 3, side, side]` in -1..1."""
    return ((pixels.float() / 255 - 0.5) / 0.5).permute(0, 3, 1, 2)


def frame_indices(frames: int, count: int | None) -> list[int]:
    """The frames that PE-AV looks at in a video of `frames` frames: all, or `count` from the first to the last.

    A video of fewer than `count` has some of them twice. ValueError for a video without frames.
    """
    if frames < 1:
        raise ValueError("a video without frames has no embedding: leave it out")
    if count is None:
        return list(range(frames))
    return [int(i * (frames - 1) / (count - 1)) for i in range(count)]
