"""Fréchet distance between two sets of clips, each seen as a Gaussian over its pooled frames.

    d(X, Y) = |mean_X - mean_Y|^2 + tr C_X + tr C_Y - 2 tr (C_X C_Y)^(1/2)

Formula: Dowson and Landau 1982; as FID: Heusel et al. 2017; as FAD: Kilgour et al. 2019. Covariances divide
by the number of frames less one, as np.cov does. This is the plug-in estimator: it is biased upwards, the
more so the fewer the frames, so values are compared at equal n only.

The trace needs no square root of a matrix. Write C_X = F^T F and C_Y = G^T G; then the trace is the sum of the
singular values of F G^T, because the non-zero eigenvalues of C_X C_Y are their squares (Mathiasen and Hvilshøj
2020 use the same identity for FID). With fewer frames than dimensions F is the centred frames themselves,
scaled: a singular covariance needs no added epsilon, and no value can become complex.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, lapack

from sightsound.metrics.rows import Clips, Rows, checked
from sightsound.metrics.statistics.interval import LEAST_GROUPS
from sightsound.metrics.statistics.parts import effective_count

WELL_SAMPLED = 2  # frames per dimension; with fewer, moments lose digits and much of a distance is bias
MEMORY = 2**28  # bytes that the moments of one block of replicates may take on each side
SINGLE = True  # rows may be kept as float32, as features come: every function here reckons in float64
AT_ONCE = 2048  # clips whose frames are copied at once, so that memory hardly grows with their number
FLOOR_DRAWS = 50  # pairs of disjoint sets at each size: their mean is then known to a few percent
PANEL = 64  # columns that LAPACK reduces at once; SciPy's default workspace has it take one at a time


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN.

    >>> statistics([np.array([[0.0], [2.0]]), np.array([[4.0]])])[..., 0]
    array([[ 0.,  2.],
           [ 4., nan]])
    """
    clips = checked(features)
    rows = np.full((len(clips), max(map(len, clips)), clips[0].shape[1]), np.nan)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = clip
    return rows


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Fréchet distance, >= 0, in squared units of the features.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`, how often each clip counts.
    Raises ValueError when a side has fewer than two frames or the dimensions differ.

    >>> rows, weights = statistics([np.array([[0.0]]), np.array([[2.0]])]), np.ones(2)
    >>> aggregate(rows, weights, rows + 3, weights)  # the means are 3 apart
    9.0
    >>> aggregate(rows, weights, 2 * rows, weights)  # means 1 and 2, variances 2 and 8: 1 + 2 + 8 - 2 * 4
    3.0
    """
    if rows.shape[-1] != reference_rows.shape[-1]:
        raise ValueError(f"{rows.shape[-1]} dimensions against {reference_rows.shape[-1]}")
    mean, factor = _gaussian(rows, weights)
    reference_mean, reference_factor = _gaussian(reference_rows, reference_weights)
    root_trace = np.linalg.svd(factor @ reference_factor.T, compute_uv=False).sum()
    traces = np.square(factor).sum() + np.square(reference_factor).sum()
    distance = np.square(mean - reference_mean).sum() + traces - 2 * root_trace
    return max(float(distance), 0.0)  # rounding may leave -1e-15 where the sets are equal


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> Rows:
    """`aggregate` for many weightings at once, `[replicates]`; NaN where a side is drawn with under two frames.

    `weights`, `reference_weights`: `[replicates, clips]`. Each clip's sum and sum of outer products are
    computed once; all weightings are then one product of matrices: 1,000 of 2,500 clips of 10 frames in 128
    dimensions take seconds. Values differ from those of `aggregate` by 1e-9 of the traces at most, or 1e-6
    where a covariance lacks full rank. With few frames each weighting goes through `aggregate`, which is then
    exact and faster.

    >>> rows = statistics([np.array([[0.0]]), np.array([[2.0]])])
    >>> replicates(rows, np.array([[1.0, 1.0], [2.0, 0.0]]), rows + 3, np.ones((2, 2)))
    array([ 9., 18.])
    """
    sides = ((rows, weights), (reference_rows, reference_weights))
    dim = rows.shape[-1]
    fewest = [_drawn(side, np.sign(draw)).min(initial=np.inf) for side, draw in sides]
    if min(fewest) < WELL_SAMPLED * dim or dim != reference_rows.shape[-1]:
        return np.array(
            [_or_nan(rows, w, reference_rows, v) for w, v in zip(weights, reference_weights, strict=True)]
        )
    block = max(1, MEMORY // (8 * dim * dim))
    return np.concatenate(
        [
            _from_moments(*(_moments(side, draw[start : start + block]) for side, draw in sides))
            for start in range(0, len(weights), block)
        ]
    )


def same_source(rows: Rows, groups: Sequence[str], count: int) -> float:
    """What two sets of `count` clips from the source of `rows` would give: the floor of a plug-in distance.

    Sets that share no group are drawn from `rows` at random, FLOOR_DRAWS times at two sizes, and a / m + b / m^2,
    which is 0 for infinitely many clips as it must be, is taken through the means of both sizes to m = `count`.
    NaN where the rows are of fewer than LEAST_GROUPS groups in effect, or a quarter of them is a single clip.
    """
    if effective_count(groups) < LEAST_GROUPS:
        return float("nan")
    rng = np.random.default_rng(0)
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    sizes, distances = [], []
    for share in (2, 4):
        sides = np.stack([rng.permutation(len(names)) for _ in range(FLOOR_DRAWS)])[:, place]
        one = (sides < len(names) // share).astype(np.float64)
        other = (sides >= len(names) - len(names) // share).astype(np.float64)
        enough = (one.sum(axis=1) >= 2) & (other.sum(axis=1) >= 2)
        if not enough.any():
            return float("nan")
        sizes.append(float((1 / (0.5 / one[enough].sum(axis=1) + 0.5 / other[enough].sum(axis=1))).mean()))
        distances.append(float(np.nanmean(replicates(rows, one[enough], rows, other[enough]))))
    terms = np.array([[1 / size, 1 / size**2] for size in sizes])
    a, b = np.linalg.solve(terms, distances)
    return max(float(a / count + b / count**2), 0.0)


def few_frames(rows: Rows, reference_rows: Rows) -> str:
    """What to say of a distance of sets with under two frames for each dimension; empty where there are enough.

    `rows`, `reference_rows`: `[clips, max_frames, dim]`.

    >>> few_frames(np.zeros((3, 2, 4)), np.zeros((5, 2, 4)))
    '6 frames for 4 dimensions: much of the value is bias; compare kad or kid of the same network instead'
    """
    frames, dim = min(frame_count(rows), frame_count(reference_rows)), rows.shape[-1]
    if frames >= WELL_SAMPLED * dim:
        return ""
    return (
        f"{frames} frames for {dim} dimensions: much of the value is bias; compare kad or kid of the same network "
        "instead"
    )


def frame_count(rows: Rows) -> int:
    """How many frames the clips `[clips, max_frames, dim]` have together."""
    return int((~np.isnan(rows[..., 0])).sum())


def _or_nan(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    enough = min(_drawn(rows, weights), _drawn(reference_rows, reference_weights)) >= 2
    return aggregate(rows, weights, reference_rows, reference_weights) if enough else np.nan


def _drawn(rows: Rows, weights: Rows) -> Rows:
    """How many frames each draw `[..., clips]` has."""
    return weights @ (~np.isnan(rows[..., 0])).sum(axis=1)


_Moments = tuple[Rows, Rows, NDArray[np.intp]]


def _moments(rows: Rows, weights: Rows) -> _Moments:
    """Means `[replicates, dim]` and the upper triangles of covariances, with the indices of a triangle.

    Frames are first centred on the mean of all, so that no digits are lost when the draw's mean is taken off.
    Clips are summed by what all weightings have in common; then a product of matrices gives every weighting.
    """
    present = ~np.isnan(rows[..., 0])
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(rows), AT_ONCE)]
    centre = np.sum([rows[at][present[at]].sum(axis=0, dtype=np.float64) for at in parts], axis=0) / present.sum()
    dim = len(centre)
    upper = np.array(np.triu_indices(dim))
    count = (weights @ present.sum(axis=1))[:, None]
    sums = np.zeros((len(weights), dim))
    products = np.zeros((len(weights), upper.shape[1]))
    alike, place = _alike(weights)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=alike.shape[1]))
    step = max(1, MEMORY // 4 // (8 * upper.shape[1]))
    for start in range(0, alike.shape[1], step):
        some = range(start, min(start + step, alike.shape[1]))
        totals, outer = np.empty((len(some), dim)), np.empty((len(some), upper.shape[1]))
        for row, piece in enumerate(some):
            clips = order[ends[piece - 1] if piece else 0 : ends[piece]]
            frames = rows[clips][present[clips]] - centre
            totals[row], outer[row] = frames.sum(axis=0), (frames.T @ frames)[upper[0], upper[1]]
        sums += alike[:, some] @ totals
        products += alike[:, some] @ outer
    mean = sums / count
    covariance = (products - count * mean[:, upper[0]] * mean[:, upper[1]]) / (count - 1)
    return mean + centre, covariance, upper


def _alike(weights: Rows) -> tuple[Rows, NDArray[np.intp]]:
    """The different columns of `weights` `[replicates, clips]`, and which of them each clip has.

    Clips that every weighting takes alike, as a jackknife takes those of one part, are summed once and for all.

    >>> _alike(np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]]))
    (array([[1., 0.],
           [2., 1.]]), array([0, 0, 1]))
    """
    known: dict[bytes, int] = {}
    place = np.array([known.setdefault(column.tobytes(), len(known)) for column in weights.T], dtype=np.intp)
    firsts = np.zeros(len(known), dtype=np.intp)
    firsts[place[::-1]] = np.arange(len(place))[::-1]
    return weights[:, firsts], place


def _from_moments(generated: _Moments, reference: _Moments) -> Rows:
    means, covariances, upper = generated
    reference_means, reference_covariances, _ = reference
    distances = np.square(means - reference_means).sum(axis=1)
    dim = means.shape[1]
    x, y = np.empty((dim, dim)), np.empty((dim, dim))
    for index in range(len(distances)):
        for full, triangles in ((x, covariances), (y, reference_covariances)):
            full[upper[0], upper[1]] = full[upper[1], upper[0]] = triangles[index]
        distances[index] += np.trace(x) + np.trace(y) - 2 * root_trace(x, y)
    return np.maximum(distances, 0.0)


def root_trace(x: Rows, y: Rows) -> float:
    """tr (X Y)^(1/2) of two covariances `[dim, dim]`, symmetric and finite.

    With X = L L^T the eigenvalues of X Y are those of the symmetric L^T Y L, of which no vectors are needed:
    factor, product, tridiagonal form, eigenvalues, each a routine of LAPACK. Within 1e-8 of the value up to a
    condition of 1e8; beyond, the small eigenvalues depend on the last digits of the entries.

    >>> round(root_trace(np.diag([4.0, 9.0]), np.eye(2)), 6)  # 2 + 3
    5.0
    """
    # the matrices are symmetric: a transpose is the same matrix in the column order that LAPACK wants, uncopied
    factor, failed = lapack.dpotrf(x.T, lower=1, clean=0)
    if failed:  # not of full rank, or only just
        values, vectors = eigh(x)
        factor = vectors * np.sqrt(np.maximum(values, 0))
        product = np.asfortranarray(factor.T @ y @ factor)
    else:
        product, _ = lapack.dsygst(y.T, factor, itype=2, lower=1)
    _, diagonal, beside, _, _ = lapack.dsytrd(product, lower=1, lwork=PANEL * len(x), overwrite_a=1)
    # a 1 x 1 matrix has nothing beside its diagonal, and LAPACK then does not read the argument
    eigenvalues, failed = lapack.dsterf(diagonal, beside if len(x) > 1 else diagonal)
    if failed:
        raise ValueError("the eigenvalues of a product of covariances do not converge; are the features finite?")
    return float(np.sqrt(np.maximum(eigenvalues, 0)).sum())


def _gaussian(rows: Rows, weights: Rows) -> tuple[Rows, Rows]:
    """Mean `[dim]` and factor F `[min(frames, dim), dim]` of the covariance F^T F of the weighted frames."""
    lengths = (~np.isnan(rows[..., 0])).sum(axis=1)
    total = float(weights @ lengths)
    if total < 2:
        raise ValueError(f"{total:g} frames: a covariance needs at least 2")
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(rows), AT_ONCE)]
    mean = np.sum([weight @ frames for frames, weight in (_frames(rows[at], weights[at]) for at in parts)], axis=0)
    mean = mean / total
    factor: Rows = np.empty((0, rows.shape[-1]))
    for at in parts:
        frames, weight = _frames(rows[at], weights[at])
        factor = np.concatenate([factor, (frames - mean) * np.sqrt(weight / (total - 1))[:, None]])
        if len(factor) > factor.shape[1]:
            # R of the QR has the same R^T R; unlike a root of the covariance it keeps the small directions exact
            factor = np.asarray(np.linalg.qr(factor, mode="r"))
    return mean, factor


def _frames(rows: Rows, weights: Rows) -> tuple[Rows, Rows]:
    """The frames `[frames, dim]` of the clips that have weight, and the weight of each."""
    drawn = weights > 0
    present = ~np.isnan(rows[drawn, :, 0])
    return rows[drawn][present].astype(np.float64), np.broadcast_to(weights[drawn, None], present.shape)[present]
