"""Levels of a clip, and of its third-octave bands, over time: what the guards look at. No weights, numpy alone.

The bands are those of IEC 61260 (base ten) from 63 Hz to 6.3 kHz; levels are in dB of full scale, where a square
wave from -1 to 1 has 0 and a sine -3, as RMS of frames of 100 ms side by side. What remains at the end is dropped;
a clip of less than one frame is filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 16_000
FRAME = 1600  # samples, 100 ms
CENTRES_HZ = 1000 * 10.0 ** (np.arange(-12, 9) / 10)  # 63 Hz to 6.3 kHz
FLOOR_DB = -120.0  # of what is quieter, digital silence included; 16 bits end at -98


def load(weights: Mapping[str, Path], device: str) -> Signal:
    """The extractor. It has no weights and works on the CPU whatever the device."""
    return Signal()


class Signal:
    """Clips -> {"level": [frames, 1], "bands": [frames, 21]}, see `measure`."""

    def __call__(self, clips: Sequence[NDArray[np.float32]]) -> list[Features]:
        """Features of each mono 16 kHz clip; ValueError for one that is empty or not finite."""
        return [measure(clip) for clip in clips]


def measure(clip: NDArray[np.float32]) -> Features:
    """Level of each frame, and of each of its bands, dB of full scale, FLOOR_DB at least.

    `clip`: mono samples at 16 kHz. A band has the power of the lines of the Hann-windowed spectrum within it.
    """
    samples = checked_clip(clip, "signal")
    if len(samples) < FRAME:
        samples = np.pad(samples, (0, FRAME - len(samples)))
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    window = np.hanning(FRAME + 1)[:-1]
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))) * 2 / (FRAME * np.square(window).sum())
    bands = power @ _within()
    return {
        "level": _db(np.square(frames).mean(axis=1))[:, None].astype(np.float32),
        "bands": _db(bands).astype(np.float32),
    }


def _within() -> NDArray[np.float64]:
    """1 where a line of the spectrum lies in a band, else 0: `[801, 21]`."""
    lines_hz = np.fft.rfftfreq(FRAME, 1 / RATE_HZ)[:, None]
    return ((lines_hz >= CENTRES_HZ * 10**-0.05) & (lines_hz < CENTRES_HZ * 10**0.05)).astype(np.float64)


def _db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    floor: float = 10 ** (FLOOR_DB / 10)
    return 10 * np.log10(np.maximum(power, floor))
