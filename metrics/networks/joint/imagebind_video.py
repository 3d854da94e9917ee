"""What ImageBind sees of a video: 5 clips of 2 s, the first and the last frame of each, 3 squares across.

After github.com/facebookresearch/ImageBind, imagebind/data.py (load_and_transform_video_data), with pytorchvideo's
sampler of clips, decord's choice of their frames by the mean frame rate, and UniformTemporalSubsample(2). The
clips start at 0, 1/4, 1/2, 3/4 and 1 of what 2 s leave of the video (`NEW`), or at 0, 1/5, 2/5, 3/5 and 4/5 of it
with pytorchvideo 0.1.5, which never sees the end (`OLD`; see imagebind_audio).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sightsound.metrics.networks.common.clip_pixels import MEAN, SIZE, STD, checked_picture

CLIPS = 5
CLIP_S = 2
FRAMES = 2  # of a clip
VIEWS = 3  # squares of a frame
NEW, OLD = CLIPS - 1, CLIPS  # into how many parts the starts divide what a clip leaves of the video


def frame_indices(frames: int, rate_hz: float, rule: int = NEW) -> list[int]:
    """The frames that ImageBind looks at in a video of `frames` frames, 10 of them, two for each clip.

    ValueError for a video without frames or without a rate.
    """
    if frames < 1 or not rate_hz > 0:
        raise ValueError(f"a video of {frames} frames at {rate_hz} Hz has no clips: leave it out")
    duration_s = frames / rate_hz
    room = Fraction(max(duration_s - CLIP_S, 0))
    chosen = []
    for start in (room * k / rule for k in range(CLIPS)):
        first = min(ceil(rate_hz * float(start)), frames - 1)
        end = min(ceil(rate_hz * float(start + CLIP_S)), frames)
        chosen += [first, max(first, end - 1)]
    return chosen


def views(frames: Sequence[Any]) -> Tensor:
    """The 15 inputs of a video, `[15, 3, 2, 224, 224]`, from its 10 frames, uint8 RGB `[height, width, 3]`.

    Three squares at the ends and the middle of the longer side; those of a clip follow each other. ValueError for
    another number of frames or for frames that differ in size.
    """
    pictures = [checked_picture(frame, "imagebind_video") for frame in frames]
    if len(pictures) != CLIPS * FRAMES or len({picture.shape for picture in pictures}) != 1:
        raise ValueError(
            f"imagebind_video takes {CLIPS * FRAMES} frames of one size, got {len(pictures)} of the sizes "
            f"{sorted({picture.shape[:2] for picture in pictures})}: take those of frame_indices"
        )
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    height, width = pixels.shape[2:]
    longer = floor(max(height, width) / min(height, width) * SIZE)
    size = (longer, SIZE) if width < height else (SIZE, longer)
    pixels = functional.interpolate(pixels, size=size, mode="bilinear", align_corners=False)
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    clips = ((pixels - mean) / std).unflatten(0, (CLIPS, FRAMES)).transpose(1, 2)
    squares = [clips[..., top : top + SIZE, left : left + SIZE] for top, left in _corners(*size)]
    return torch.stack(squares, dim=1).flatten(0, 1)


def _corners(height: int, width: int) -> list[tuple[int, int]]:
    """Top and left of each square: the start, the middle (rounded up) and the end of the longer side."""
    down, across = height - SIZE, width - SIZE
    if down > 0:
        return [(0, 0), (ceil(down / 2), 0), (down, 0)]
    return [(0, 0), (0, ceil(across / 2)), (0, across)]


def as_item(frames: Sequence[Any]) -> NDArray[np.float32]:
    """`views` as an array, a clip for `run_batches`."""
    return views(frames).numpy()
