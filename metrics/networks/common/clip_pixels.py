"""A picture as CLIP and ImageBind take it: shorter side to 224 pixels, central square, CLIP's mean and deviation.

Rounding as torchvision's Resize and CenterCrop, which both authors use (github.com/openai/CLIP, clip/clip.py;
github.com/facebookresearch/ImageBind, imagebind/data.py). The sides of a wide picture are not seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

SIZE = 224  # pixels
MEAN = (0.48145466, 0.4578275, 0.40821073)  # of red, green and blue in 0..1
STD = (0.26862954, 0.26130258, 0.27577711)
LONGEST = 2**15  # pixels of the longer side after resizing, so that a strip of one pixel can't fill the memory


def checked_picture(picture: Any, name: str) -> NDArray[np.uint8]:
    """A uint8 RGB picture `[height, width, 3]` of at least one pixel; ValueError for anything else."""
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(
            f"{name} takes uint8 RGB pictures [height, width, 3], got {pixels.dtype} {pixels.shape}: convert it"
        )
    return pixels


def crop(picture: Any, name: str) -> NDArray[np.uint8]:
    """The central square of a picture after bicubic resizing (Pillow, with antialiasing): `[224, 224, 3]`.

    ValueError for what is no RGB picture, or one more than 146 times as long as it is wide.
    """
    pixels = checked_picture(picture, name)
    height, width = pixels.shape[:2]
    short = min(height, width)
    longer = int(SIZE * max(height, width) / short)
    if longer > LONGEST:
        raise ValueError(f"{name} got a picture of {width} x {height} pixels, which is a strip: leave it out")
    new_height, new_width = (SIZE, longer) if height <= width else (longer, SIZE)
    resized = Image.fromarray(pixels)
    if short != SIZE:
        resized = resized.resize((new_width, new_height), Image.Resampling.BICUBIC)
    top, left = round((new_height - SIZE) / 2), round((new_width - SIZE) / 2)  # half to even, as torchvision
    return np.asarray(resized.crop((left, top, left + SIZE, top + SIZE)))


def normalised(pixels: Tensor) -> Tensor:
    """uint8 `[batch, height, width, 3]` -> float32 `[batch, 3, height, width]`, less mean, by deviation."""
    mean, std = (torch.tensor(values, device=pixels.device) for values in (MEAN, STD))
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)
