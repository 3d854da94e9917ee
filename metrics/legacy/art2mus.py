"""Art2Mus (Rinaldi et al. 2024): its "KL divergence" and its "FAD", as the released code computes them.

Source: github.com/justivanr/art2mus_ at 21ab344, src/art2mus/utils/train_test_utils.py.

kl: the squared STFT of a clip goes through `amplitude_to_db` as if it were an amplitude (so decibels count
double and the floor lies 40 dB of power below the peak), is summed over time, and the sums, which are
negative, are divided by their total. In this "distribution" over 1,025 frequencies the quiet ones are
probable. The value is the mean over clips of KL(reference || generated), nats. It hears no classes and hardly
any music (tests/metrics/test_legacy.py): sines against other sines give 0.011, against white noise 0.009;
pieces of Battle for Wesnoth against other pieces 0.0022, against white noise 0.0019. The published 0.002 to
0.005 is where any two recordings lie. Files are read at their own rates, 16 kHz generated and 44.1 kHz
reference, so that one line means two frequencies.

fad: the Fréchet distance over VGGish embeddings of each single pair of files, averaged over pairs.
Covariances in 128 dimensions are made from some 10 frames each, so it measures mostly that two pieces are
different pieces; about 20 for every model in the paper. The canonical FAD pools all clips of a set. The code
counts a pair that fails as 0; here it is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.rows import Clips, Rows, checked_pairs, weighted_mean

FFT = 2048  # samples, librosa's default window too
HOP = 512  # samples
FLOOR = 1e-5  # amin of amplitude_to_db
RANGE_DB = 80.0  # top_db of amplitude_to_db


INTERVAL = False  # only there to repeat a printed figure


def statistics(features: Clips, reference_features: Clips, *, figure: str) -> Rows:
    """One value a clip `[clips]`, >= 0; NaN for a silent clip (kl) or one of a single frame (fad).

    `figure`: `kl`, over `summed_spectrum` `[1, 1025]` of each clip, or `fad`, over embeddings `[frames, 128]`.
    """
    if figure not in FIGURES:
        raise ValueError(f"figure {figure!r}: Art2Mus has {', '.join(FIGURES)}")
    clips, references = checked_pairs(features, reference_features)
    return np.array([FIGURES[figure](*pair) for pair in zip(clips, references, strict=True)])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips that have a value."""
    return weighted_mean(rows, weights)


def summed_spectrum(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    """Decibels of the doubly squared spectrum below its peak, summed over time: `[1, 1025]`, <= 0.

    `samples`: mono `[samples]` at any rate. As librosa 0.9.2 with its defaults: frames centred, zeros around the
    clip, a periodic Hann window.
    """
    padded = np.pad(samples, FFT // 2).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    # what comes in is power, and is taken for an amplitude: its square is power's square
    power = np.square(np.abs(fft.rfft(frames * window, axis=1))).astype(np.float64)
    decibels = 20 * np.log10(np.maximum(power, FLOOR)) - 20 * np.log10(max(power.max(), FLOOR))
    decibels = np.maximum(decibels, decibels.max() - RANGE_DB)
    return decibels.sum(axis=0, keepdims=True).astype(np.float32)


def _kl(generated: Rows, reference: Rows) -> float:
    p, q = reference.sum(axis=0), generated.sum(axis=0)
    if not p.sum() or not q.sum():
        return np.nan  # silence: 0 / 0
    p, q = p / p.sum(), q / q.sum()
    with np.errstate(divide="ignore"):  # as scipy's entropy: infinite where a line of q alone is never quiet
        terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0.0)
    return float(terms.sum())


def _fad(generated: Rows, reference: Rows) -> float:
    if min(len(generated), len(reference)) < 2:
        return np.nan
    one = np.ones(1)
    return frechet.aggregate(generated[None], one, reference[None], one)


FIGURES = {"kl": _kl, "fad": _fad}
