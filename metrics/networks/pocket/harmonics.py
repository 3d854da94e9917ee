"""Frame-wise pitch and total harmonic distortion of music; an extractor without weights.

Hisariya et al. 2024 report a THD of music and leave all that it depends on open. The choices here:
- frames of 2048 samples at 16 kHz (128 ms) every 1024; what remains at the end is dropped.
- f0 by YIN (de Cheveigné and Kawahara 2002) between 55 and 1760 Hz, without its last two steps: the difference
  function over a 110 ms window, divided by its running mean; the first dip below 0.15, else the lowest.
- A frame is voiced when that dip is below 0.4 and the frame's level above -60 dB of full scale. Solo pitches
  dip below 0.05, orchestral music mostly between 0.1 and 0.6, white noise not below 0.85. And its fundamental
  must be there: V_1 at least a tenth of the strongest V_k. A weaker one means that YIN found the common period
  of a chord, of which the ratio says nothing; without this rule such frames, with ratios in the hundreds, made
  the mean over the Battle for Wesnoth's music 36 and 10 for two excerpts of the same tracks; with it, 2.0 and 1.8.
- V_k: the highest line of the Hann-windowed spectrum (zero-padded to 4096, so 3.9 Hz apart) within 12 Hz of
  k f0, interpolated by a parabola in log amplitude. Harmonics k = 2..10, as far as k f0 stays below 7.9 kHz.
In a chord the ratio also counts the other notes where they fall on harmonics of the pitch that YIN finds, so
the number is for comparing like with like: it is not the distortion of an amplifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 16_000
FRAME = 2048  # samples
HOP = 1024  # samples
LOWEST_HZ, HIGHEST_HZ = 55.0, 1760.0  # A1 to A6
DIP = 0.15  # the first dip as deep as this is the period, however deep the later ones are
VOICED = 0.4  # a frame whose dip is not as deep as this has no pitch
FUNDAMENTAL = 0.1  # V_1 against the strongest V_k; so the ratio is at most 30
LEVEL = 1e-3  # root mean square of a frame, -60 dB of full scale
HARMONICS = 10  # the fundamental included
TOP_HZ = 7900.0  # just below Nyquist, so that the search band of the last harmonic stays inside
SEARCH_HZ = 12.0
_FFT = 2 * FRAME
_LONGEST = int(np.ceil(RATE_HZ / LOWEST_HZ)) + 1  # samples, the longest period and one more for its parabola
_SHORTEST = int(RATE_HZ / HIGHEST_HZ)
_BLOCK = 256  # frames worked on together; bounds the memory of long clips


def load(weights: Mapping[str, Path], device: str) -> Harmonics:
    """The extractor. It has no weights and works on the CPU whatever the device."""
    return Harmonics()


class Harmonics:
    """Clips -> {"thd": [frames, 1], "voiced": [frames, 1]}, see `measure`."""

    def __call__(self, clips: Sequence[NDArray[np.float32]]) -> list[Features]:
        """Features of each mono 16 kHz clip; ValueError when one is shorter than a frame or not finite."""
        return [measure(clip) for clip in clips]


def measure(clip: NDArray[np.float32]) -> Features:
    """Ratio sqrt(sum_{k>=2} V_k^2) / V_1 of each frame and whether the frame is voiced (1) or not (0).

    `clip`: mono samples at 16 kHz. `thd` is 0 where a frame is unvoiced: read it only together with `voiced`.
    """
    samples = checked_clip(clip, "harmonics")
    if len(samples) < FRAME:
        raise ValueError(f"harmonics takes clips of at least {FRAME} samples, got {len(samples)}")
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    blocks = [_measure(frames[start : start + _BLOCK]) for start in range(0, len(frames), _BLOCK)]
    thd, voiced = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return {"thd": thd.astype(np.float32)[:, None], "voiced": voiced.astype(np.float32)[:, None]}


def _measure(frames: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    f0_hz, aperiodicity = pitch(frames)
    voiced = (aperiodicity < VOICED) & (np.sqrt(np.square(frames).mean(axis=1)) > LEVEL)
    amplitude = amplitudes(frames[voiced], f0_hz[voiced])
    fundamental, strongest = amplitude[:, 0], amplitude.max(axis=1)
    has_fundamental = fundamental >= FUNDAMENTAL * strongest
    voiced[voiced] = has_fundamental
    thd = np.zeros(len(frames))
    thd[voiced] = (np.linalg.norm(amplitude[:, 1:], axis=1) / fundamental)[has_fundamental]
    return thd, voiced


def pitch(frames: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """YIN's f0 in Hz and the depth of its dip (0: periodic, about 1: not) of frames `[frames, 2048]`."""
    dip = _difference(frames)
    inner = dip[:, _SHORTEST : _LONGEST + 1]
    is_dip = (inner <= dip[:, _SHORTEST - 1 : _LONGEST]) & (inner < dip[:, _SHORTEST + 1 : _LONGEST + 2])
    good = is_dip & (inner < DIP)
    lag = _SHORTEST + np.where(good.any(axis=1), good.argmax(axis=1), inner.argmin(axis=1))
    row = np.arange(len(frames))
    shift, depth = _parabola(dip[row, lag - 1], dip[row, lag], dip[row, lag + 1])
    period = lag + shift
    # A short period is measured over the longest 2^m periods that fit, which is 2^m times as exact.
    periods = np.ones(len(frames))
    while (more := np.flatnonzero(2 * periods * period < _LONGEST - 1)).size:
        periods[more] *= 2
        near = np.rint(periods[more] * period[more]).astype(int)
        near += np.argmin([dip[more, near - 1], dip[more, near], dip[more, near + 1]], axis=0) - 1
        shift, _ = _parabola(dip[more, near - 1], dip[more, near], dip[more, near + 1])
        period[more] = (near + shift) / periods[more]
    return RATE_HZ / period, depth


def amplitudes(frames: NDArray[np.float32], f0_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """V_k, k = 1..10, `[frames, 10]` of frames `[frames, 2048]` with the given f0 `[frames]`.

    In a unit of its own (ratios are what counts); 0 for harmonics above 7.9 kHz.
    """
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    spectrum = np.log(np.abs(fft.rfft(frames * window, _FFT, axis=1)) + 1e-12)
    line_hz = RATE_HZ / _FFT
    reach = int(SEARCH_HZ / line_hz)
    target_hz = f0_hz[:, None] * np.arange(1, HARMONICS + 1)
    present = target_hz < TOP_HZ
    centre = np.rint(np.where(present, target_hz, f0_hz[:, None]) / line_hz).astype(int)
    row = np.arange(len(frames))[:, None]
    nearby = spectrum[row[:, None], centre[..., None] + np.arange(-reach, reach + 1)]
    top = centre - reach + nearby.argmax(axis=-1)
    _, height = _parabola(spectrum[row, top - 1], spectrum[row, top], spectrum[row, top + 1], -1.0)
    return np.where(present, np.exp(height), 0.0)


def _difference(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """YIN's cumulative mean normalised difference `[frames, lags]`; 1 everywhere in a frame of zeros.

    d(t) = sum_j (x_j - x_{j+t})^2 over a fixed number of samples j = energy + energy shifted by t - 2 product.
    """
    lags = _LONGEST + 2
    head = frames[:, : FRAME - lags].astype(np.float64)
    whole = frames.astype(np.float64)
    # a transform of FRAME points is enough: the products that wrap around belong to larger lags
    product = fft.irfft(fft.rfft(whole, axis=1) * fft.rfft(head, FRAME, axis=1).conj(), axis=1)[:, :lags]
    squares = np.pad(np.cumsum(np.square(whole), axis=1), ((0, 0), (1, 0)))
    energy = squares[:, FRAME - lags : FRAME] - squares[:, :lags]
    difference = np.maximum(energy[:, :1] + energy - 2 * product, 0.0)
    mean = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, lags)
    normalised = np.divide(difference[:, 1:], mean, out=np.ones_like(mean), where=mean > 0)
    return np.pad(normalised, ((0, 0), (1, 0)), constant_values=1.0)


def _parabola(
    left: NDArray[np.float64], middle: NDArray[np.float64], right: NDArray[np.float64], sign: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where (in samples from the middle, -1..1) and how deep the minimum (sign 1) or maximum (-1) lies.

    Where the middle is not the extreme of the three there is none in reach: (0, middle).
    """
    bend = sign * (left - 2 * middle + right)
    extreme = (sign * (left - middle) >= 0) & (sign * (right - middle) >= 0) & (bend > 0)
    slope = (left - right) / 2
    shift = np.divide(sign * slope, bend, out=np.zeros(np.shape(bend)), where=extreme)
    return shift, middle - slope * shift / 2
