"""The inputs of the reference figures in this folder, made anew by any test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def chirps(duration_s: float = 10.0, rate_hz: int = 16000, seed: int = 7) -> NDArray[np.float32]:
    """Three linear chirps and noise that swells twice a second, `[samples]`."""
    t = np.arange(int(duration_s * rate_hz)) / rate_hz

    def chirp(from_hz: float, to_hz: float, amplitude: float) -> NDArray[np.float64]:
        return amplitude * np.sin(2 * np.pi * (from_hz * t + (to_hz - from_hz) * t * t / (2 * duration_s)))

    noise = 0.02 * np.random.default_rng(seed).standard_normal(len(t)) * (1 + np.sin(2 * np.pi * 2 * t))
    return (chirp(110, 880, 0.2) + chirp(2000, 300, 0.15) + chirp(440, 7000, 0.1) + noise).astype(np.float32)


def mosaic(seed: int) -> NDArray[np.uint8]:
    """16 x 16 tiles of random colours under a gradient, uint8 `[256, 256, 3]`."""
    tiles = np.random.default_rng(seed).integers(0, 256, (16, 16, 3))
    ramp = np.linspace(0, 255, 256)[:, None, None]
    return ((tiles.repeat(16, axis=0).repeat(16, axis=1) + ramp) / 2).astype(np.uint8)
