"""Log-mel spectrograms as small pictures, all on one scale, so that two of them can be compared by eye.

Pitch runs from `LOW_HZ` to `HIGH_HZ` whatever the file's rate: what a system cannot make stays dark. Brightness is
level in dB of full scale, from `FLOOR_DB` (dark) to 0 (bright).
"""

from __future__ import annotations

import io
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LOW_HZ, HIGH_HZ = 40.0, 16000.0
BANDS = 80
COLUMNS = 300
WINDOW_S = 0.046
FLOOR_DB = -90.0
_BLOCK = 512  # frames that are transformed at once: 8 MB of a spectrum
_COLOURS = ((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (252, 255, 164))
"""From dark to bright, equal steps of lightness: points of matplotlib's colour map inferno."""


def png(mono: NDArray[np.float32], rate_hz: int) -> bytes:
    """The spectrogram of `[samples]` as a PNG of `COLUMNS` x `BANDS` pixels, high pitches on top."""
    from PIL import Image

    levels = np.round((bands_db(mono, rate_hz) / -FLOOR_DB + 1) * 63).astype(np.uint8)  # 64 levels: half the bytes
    picture = Image.fromarray(levels[::-1], mode=None)
    picture.putpalette(_palette())
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def bands_db(mono: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
    """Level `[BANDS, COLUMNS]` in dB of a full-scale sine, from `FLOOR_DB` to 0."""
    size = max(int(WINDOW_S * rate_hz) // 2 * 2, 64)
    padded = np.pad(mono, (size // 2, size // 2 + size % 2))
    count = max(COLUMNS, int(np.ceil(2 * len(mono) / size)))  # half overlapping at least: nothing is passed over
    starts = np.linspace(0, len(padded) - size, count).astype(int)
    window = np.hanning(size).astype(np.float32)
    weights = _mel(size, rate_hz)
    energies = np.empty((BANDS, count))
    for first in range(0, count, _BLOCK):
        frames = padded[starts[first : first + _BLOCK, None] + np.arange(size)]
        spectrum = np.abs(np.fft.rfft(frames * window)) * (2 / window.sum())
        energies[:, first : first + _BLOCK] = weights @ np.square(spectrum).T
    edges = np.linspace(0, count, COLUMNS + 1).astype(int)[:-1]
    columns = np.maximum.reduceat(energies, edges, axis=1)
    return np.clip(10 * np.log10(np.maximum(columns, 1e-12)), FLOOR_DB, 0.0)


@lru_cache(maxsize=8)
def _mel(size: int, rate_hz: int) -> NDArray[np.float64]:
    """`[BANDS, bins]`: triangles on the mel scale of O'Shaughnessy (1987), each 1 at its middle; of bands that
    are narrower than a bin, the nearest bin."""
    low_mel, high_mel = (2595 * math.log10(1 + hz / 700) for hz in (LOW_HZ, HIGH_HZ))
    edges_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, BANDS + 2) / 2595) - 1)
    bins_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    found = np.clip(np.minimum((bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)), 0, None)
    nearest = np.abs(bins_hz - middle).argmin(axis=1)
    for band in np.flatnonzero((found.sum(axis=1) == 0) & (middle[:, 0] < rate_hz / 2)):
        found[band, nearest[band]] = 1.0
    return np.asarray(found)


def _palette() -> list[int]:
    points = np.array(_COLOURS)
    at = np.linspace(0, len(points) - 1, 64)
    steps = [np.interp(at, range(len(points)), points[:, channel]) for channel in range(3)]
    return [int(value) for value in np.round(np.stack(steps, axis=1)).ravel()]
