"""Fréchet distance between two sets of clips, each seen as a Gaussian over its pooled frames.

    d(X, Y) = |mean_X - mean_Y|^2 + tr C_X + tr C_Y - 2 tr (C_X C_Y)^(1/2)

Formula: Dowson and Landau 1982; as FID: Heusel et al. 2017; as FAD: Kilgour et al. 2019. Covariances divide
by the number of frames less one, as np.cov does. This is the plug-in estimator: it is biased upwards, the
more so the fewer the frames, so values are compared at equal n only.

The trace of the square root needs no square root of a matrix. With C_X = F^T F and C_Y = G^T G, the non-zero
eigenvalues of C_X C_Y are those of (F G^T)(F G^T)^T, so that the trace is the sum of the singular values
(nuclear norm) of F G^T; Mathiasen and Hvilshøj 2020 use the same identity for FID. F is the centred frames
themselves when there are fewer frames than dimensions, so a singular covariance needs no added epsilon, and
nothing can become complex.
"""

from __future__ import annotations

import numpy as np

from metrics.rows import Clips, Rows, checked


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    clips = checked(features)
    rows = np.full((len(clips), max(map(len, clips)), clips[0].shape[1]), np.nan)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = clip
    return rows


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Fréchet distance, >= 0, in squared units of the features.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`, how often each clip counts.
    Raises ValueError when a side has fewer than two frames or the dimensions differ.
    """
    if rows.shape[-1] != reference_rows.shape[-1]:
        raise ValueError(f"{rows.shape[-1]} dimensions against {reference_rows.shape[-1]}")
    mean, factor = _gaussian(rows, weights)
    reference_mean, reference_factor = _gaussian(reference_rows, reference_weights)
    root_trace = np.linalg.svd(factor @ reference_factor.T, compute_uv=False).sum()
    traces = np.square(factor).sum() + np.square(reference_factor).sum()
    distance = np.square(mean - reference_mean).sum() + traces - 2 * root_trace
    return max(float(distance), 0.0)  # rounding may leave -1e-15 where the sets are equal


def _gaussian(rows: Rows, weights: Rows) -> tuple[Rows, Rows]:
    """Mean `[dim]` and factor F `[min(frames, dim), dim]` of the covariance F^T F of the weighted frames."""
    drawn = weights > 0
    present = ~np.isnan(rows[drawn, :, 0])
    frames = rows[drawn][present]
    weight = np.broadcast_to(weights[drawn, None], present.shape)[present]
    if weight.sum() < 2:
        raise ValueError(f"{weight.sum():g} frames: a covariance needs at least 2")
    mean = weight @ frames / weight.sum()
    factor = (frames - mean) * np.sqrt(weight / (weight.sum() - 1))[:, None]
    if len(factor) > factor.shape[1]:
        # R of the QR has the same R^T R; unlike a root of the covariance it keeps the small directions exact
        factor = np.linalg.qr(factor, mode="r")
    return mean, factor
