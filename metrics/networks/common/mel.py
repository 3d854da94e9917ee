"""Mel filter banks of speech recognition, as the networks trained on AudioSet take them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def triangles(rate_hz: int, fft: int, bands: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Triangles of height 1, straight in mels of 1127 ln(1 + f / 700), none over 0 Hz; `[fft / 2 + 1, bands]`.

    Source: mel_features.spectrogram_to_mel_matrix of AudioSet's VGGish (after HTK); Kaldi's mel-computations.cc
    computes the same filters.
    """
    edges = np.linspace(_mel(low_hz), _mel(high_hz), bands + 2)
    bins = _mel(np.linspace(0, rate_hz / 2, fft // 2 + 1))[:, None]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    filters = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    filters[0] = 0
    return filters


def _mel(hertz: Any) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(np.asarray(hertz) / 700))
