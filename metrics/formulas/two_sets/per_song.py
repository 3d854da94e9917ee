"""Per-song Fréchet distance: each clip on its own against the whole reference set.

    value of a clip = |mean_c - mean_R|^2 + tr C_c + tr C_R - 2 tr (C_c C_R)^(1/2),   C_c over the clip's frames

Gui et al. 2023 (fadtk, score_individual), who look for single bad songs with it. Covariances divide by frames
less one. A clip has few frames, so its covariance has a low rank and the values are far above a set's FAD;
they are for comparing clips of equal length with each other.

With F the centred frames of the clip over the root of frames less one, the trace is the sum of the square
roots of the eigenvalues of F C_R F^T, a small matrix with a row for each frame of the clip.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.formulas.two_sets.kernel import pooled
from sightsound.metrics.rows import Clips, Rows, weighted_mean


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    return frechet.statistics(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Weighted mean over the generated clips that have two frames or more; NaN when none has.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`. Raises ValueError when the reference has fewer than
    two frames or the dimensions differ.

    >>> clips = statistics([np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]), np.array([[1.0]])])
    >>> aggregate(clips, np.ones(3), clips[:1], np.ones(1))
    4.5
    """
    return weighted_mean(per_clip(rows, reference_rows, reference_weights), weights)


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`."""
    draws = zip(weights, reference_weights, strict=True)
    return np.array([aggregate(rows, draw, reference_rows, reference_draw) for draw, reference_draw in draws])


def per_clip(rows: Rows, reference_rows: Rows, reference_weights: Rows | None = None) -> Rows:
    """The distance of each clip `[clips]`; NaN for a clip of one frame, which has no covariance.

    >>> clips = statistics([np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]), np.array([[1.0]])])
    >>> per_clip(clips, clips[:1])  # the third clip has one frame, so no covariance
    array([ 0.,  9., nan])
    """
    if rows.shape[-1] != reference_rows.shape[-1]:
        raise ValueError(
            f"{rows.shape[-1]} dimensions against {reference_rows.shape[-1]}: not the same extractor?"
        )
    if reference_weights is None:
        reference_weights = np.ones(len(reference_rows))
    frames, counts = pooled(reference_rows)
    weight = np.repeat(reference_weights, counts.astype(int))
    if weight.sum() < 2:
        raise ValueError(f"{weight.sum():g} reference frames: a covariance needs at least 2")
    mean = weight @ frames / weight.sum()
    centred = (frames - mean) * np.sqrt(weight / (weight.sum() - 1))[:, None]
    covariance = centred.T @ centred
    lengths = (~np.isnan(rows[:, :, 0])).sum(axis=1)
    values = np.full(len(rows), np.nan)
    for length in np.unique(lengths[lengths > 1]):  # clips of equal length are one stack of matrices
        clips = lengths == length
        values[clips] = _distances(rows[clips, :length], mean, covariance)
    return values


def _distances(clips: Rows, mean: Rows, covariance: Rows) -> Rows:
    """Of clips `[clips, frames, dim]` of one length."""
    means = clips.mean(axis=1)
    factors = (clips - means[:, None]) / np.sqrt(clips.shape[1] - 1)
    eigenvalues = np.linalg.eigvalsh(factors @ covariance @ factors.transpose(0, 2, 1))
    root_traces = np.sqrt(np.maximum(eigenvalues, 0.0)).sum(axis=1)  # rounding may leave -1e-17
    traces = np.square(factors).sum(axis=(1, 2)) + np.trace(covariance)
    return np.maximum(np.square(means - mean).sum(axis=1) + traces - 2 * root_traces, 0.0)
