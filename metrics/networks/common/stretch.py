"""Pictures stretched to a square as TensorFlow 1 resized them, which torch-fidelity does before every network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.networks.common.clip_pixels import checked_picture


def stretched(picture: Any, size: int, name: str) -> NDArray[np.float32]:
    """The whole picture, whatever its shape, as `[size, size, 3]` float32, 0..255.

    Bilinear: output pixel i is taken at i * (old size / size), from its two neighbours only, so that a picture
    made much smaller is not smoothed. ValueError for anything but a uint8 RGB picture of at least one pixel.
    """
    pixels = checked_picture(picture, name)
    above, below, down = _neighbours(pixels.shape[0], size)
    left, right, along = _neighbours(pixels.shape[1], size)
    # only the rows that are read become floats: a large picture costs no more than a small one
    upper, lower = pixels[above].astype(np.float32), pixels[below].astype(np.float32)
    rows = upper + (lower - upper) * down[:, None, None]
    west, east = rows[:, left], rows[:, right]
    return np.asarray(west + (east - west) * along[:, None], np.float32)


def _neighbours(old: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """For each output: the pixel before, the pixel after, and how far it lies between them, 0..1."""
    at = np.arange(size, dtype=np.float32) * np.float32(old / size)
    before = np.minimum(at.astype(np.int64), old - 1)
    return before, np.minimum(before + 1, old - 1), at - before.astype(np.float32)
