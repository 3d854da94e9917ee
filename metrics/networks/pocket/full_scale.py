"""How long a clip's samples stay at full scale: what a recording that was driven too loud looks like.

Read at the file's own rate, because resampling rounds the flat tops off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.extractor import Features

FULL = 32767 / 32768  # the largest sample of 16 bits


def load(weights: Mapping[str, Path], device: str) -> FullScale:
    """The extractor. It has no weights and works on the CPU whatever the device."""
    return FullScale()


class FullScale:
    """Clips -> {"longest": [1, 1]}, see `longest`."""

    def __call__(self, clips: Sequence[NDArray[np.float32]]) -> list[Features]:
        """Features of each mono clip at any rate; ValueError for one that is empty or not finite."""
        return [
            {"longest": np.array([[longest(checked_clip(clip, "full_scale"))]], dtype=np.float32)}
            for clip in clips
        ]


def longest(samples: NDArray[np.float32]) -> int:
    """Most consecutive samples that are at full scale on the same side.

    >>> longest(np.array([0.5, 1, 1, 1, -1, 0.9], np.float32)), longest(np.zeros(3, np.float32))
    (3, 0)
    """
    most = 0
    for side in (samples >= FULL, samples <= -FULL):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], side, [False]]).astype(np.int8)))
        most = max(most, int((edges[1::2] - edges[::2]).max(initial=0)))
    return most
