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

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from sightsound.metrics.formulas.two_sets import lapack, moments
from sightsound.metrics.formulas.two_sets.moments import Side
from sightsound.metrics.formulas.two_sets.roots import root_trace
from sightsound.metrics.rows import Clips, Rows, by_shape, checked
from sightsound.metrics.statistics.interval import LEAST_GROUPS
from sightsound.metrics.statistics.parts import effective_count
from sightsound.metrics.streams import Stream, blocks, frames_of, width
from sightsound.metrics.threads import side_by_side

WELL_SAMPLED = 2  # frames per dimension; with fewer, moments lose digits and much of a distance is bias
SINGLE = True  # rows may be kept as float32, as features come: every function here reckons in float64
STREAMS = True  # rows may also be read again each time they are gone through
KEEPS = ("aggregate", "replicates")  # functions that take `kept`
TAKES_MASKS = True  # weights of 0 or 1 may also be given as booleans, an eighth of the memory
FLOOR_DRAWS = 50  # pairs of disjoint sets at each size: their mean is then known to a few percent


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN.

    >>> statistics([np.array([[0.0], [2.0]]), np.array([[4.0]])])[..., 0]
    array([[ 0.,  2.],
           [ 4., nan]])
    """
    if len({clip.shape for clip in features}) == 1:
        return by_shape(lambda clips: clips, features)
    clips = checked(features)
    rows = np.full((len(clips), max(map(len, clips)), clips[0].shape[1]), np.nan)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = clip
    return rows


def aggregate(
    rows: Rows | Stream,
    weights: Rows,
    reference_rows: Rows | Stream,
    reference_weights: Rows,
    *,
    kept: dict[Any, Any] | None = None,
) -> float:
    """Fréchet distance, >= 0, in squared units of the features.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`, how often each clip counts; `kept`: see `replicates`.
    Raises ValueError when a side has fewer than two frames or the dimensions differ.

    >>> rows, weights = statistics([np.array([[0.0]]), np.array([[2.0]])]), np.ones(2)
    >>> aggregate(rows, weights, rows + 3, weights)  # the means are 3 apart
    9.0
    >>> aggregate(rows, weights, 2 * rows, weights)  # means 1 and 2, variances 2 and 8: 1 + 2 + 8 - 2 * 4
    3.0
    """
    if width(rows) != width(reference_rows):
        raise ValueError(f"{width(rows)} dimensions against {width(reference_rows)}")
    mean, factor = _gaussian(rows, weights)
    reference_mean, reference_factor = _kept(kept, _gaussian, reference_rows, reference_weights)
    root_trace = np.linalg.svd(factor @ reference_factor.T, compute_uv=False).sum()
    traces = np.square(factor).sum() + np.square(reference_factor).sum()
    distance = np.square(mean - reference_mean).sum() + traces - 2 * root_trace
    return max(float(distance), 0.0)  # rounding may leave -1e-15 where the sets are equal


def replicates(
    rows: Rows | Stream,
    weights: Rows,
    reference_rows: Rows | Stream,
    reference_weights: Rows,
    *,
    kept: dict[Any, Any] | None = None,
) -> Rows:
    """`aggregate` for many weightings at once, `[replicates]`; NaN where a side is drawn with under two frames.

    `weights`, `reference_weights`: `[replicates, clips]`. Each clip's sum and sum of outer products are
    computed once; all weightings are then one product of matrices: 1,000 of 2,500 clips of 10 frames in 128
    dimensions take seconds. Values differ from those of `aggregate` by 1e-9 of the traces at most, or 1e-6
    where a covariance lacks full rank. With few frames each weighting goes through `aggregate`, which is then
    exact and faster. `kept`: what was worked out of the reference, for the next call with the same one.

    >>> rows = statistics([np.array([[0.0]]), np.array([[2.0]])])
    >>> replicates(rows, np.array([[1.0, 1.0], [2.0, 0.0]]), rows + 3, np.ones((2, 2)))
    array([ 9., 18.])
    """
    sides = ((rows, weights), (reference_rows, reference_weights))
    dim = width(rows)
    if min(_fewest(side, draw) for side, draw in sides) < WELL_SAMPLED * dim or dim != width(reference_rows):

        def whole(at: int) -> float:
            return _or_nan(rows, weights[at], reference_rows, reference_weights[at])

        return np.array(side_by_side(whole, range(len(weights))))
    if _equal(rows, reference_rows) and _equal(weights, reference_weights):
        return np.zeros(len(weights))
    generated, reference = Side(rows, weights), _kept(kept, _Reference, reference_rows, reference_weights)
    block = max(1, moments.MEMORY // (8 * dim * dim))
    found: list[float] = []
    for start in range(0, len(weights), block):
        some = slice(start, min(start + block, len(weights)))
        mine, theirs = generated.moments(some), reference.gaussians(some)
        found += side_by_side(partial(_between, mine, theirs), range(some.stop - some.start))
    return np.array(found)


def same_source(rows: Rows | Stream, groups: Sequence[str], count: int) -> float:
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


def few_frames(rows: Rows | Stream, reference_rows: Rows | Stream) -> str:
    """What to say of a distance of sets with under two frames for each dimension; empty where there are enough.

    `rows`, `reference_rows`: `[clips, max_frames, dim]`.

    >>> few_frames(np.zeros((3, 2, 4)), np.zeros((5, 2, 4)))
    '6 frames for 4 dimensions: much of the value is bias; compare kad or kid of the same network instead'
    """
    frames, dim = min(frame_count(rows), frame_count(reference_rows)), width(rows)
    if frames >= WELL_SAMPLED * dim:
        return ""
    return (
        f"{frames} frames for {dim} dimensions: much of the value is bias; compare kad or kid of the same network "
        "instead"
    )


def frame_count(rows: Rows | Stream) -> int:
    """How many frames the clips `[clips, max_frames, dim]` have together."""
    return int(frames_of(rows).sum())


def _equal(one: Rows | Stream, other: Rows | Stream) -> bool:
    if isinstance(one, Stream) or isinstance(other, Stream):
        return one is other
    return one is other or np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _or_nan(rows: Rows | Stream, weights: Rows, reference_rows: Rows | Stream, reference_weights: Rows) -> float:
    weights, reference_weights = weights.astype(np.float64), reference_weights.astype(np.float64)
    enough = min(_drawn(rows, weights), _drawn(reference_rows, reference_weights)) >= 2
    return aggregate(rows, weights, reference_rows, reference_weights) if enough else np.nan


def _fewest(rows: Rows | Stream, weights: Rows) -> int:
    """How many different frames the draw `[replicates, clips]` with the fewest has."""
    frames = frames_of(rows)
    return min((int(frames[draw > 0].sum()) for draw in weights), default=0)


def _drawn(rows: Rows | Stream, weights: Rows) -> float:
    """How many frames the draw `[clips]` has."""
    return float(weights @ frames_of(rows))


_Gaussian = tuple[Rows, Rows | None, float, Rows | None]
"""Mean, covariance, its trace, its factor."""


class _Reference:
    """Gaussians of the reference's replicates and factors of their covariances, kept as far as there is room."""

    def __init__(self, rows: Rows | Stream, weights: Rows) -> None:
        self._side: Side | None = Side(rows, weights)
        self._count, self._keeps = len(weights), 8 * len(weights) * width(rows) ** 2 <= moments.MEMORY
        self._known: dict[int, _Gaussian] = {}

    def gaussians(self, block: slice) -> Callable[[int], _Gaussian]:
        """Mean, covariance, trace and factor by place in the block; no covariance beside a factor."""
        if len(self._known) == self._count:
            self._side = None  # its sums are not needed any more
        made = self._side.moments(block) if self._side is not None else None

        def of(at: int) -> _Gaussian:
            found = self._known.get(block.start + at)
            if found is None:
                assert made is not None
                mean, covariance = made[at]
                factor = lapack.cholesky(covariance)
                found = mean, covariance if factor is None else None, float(np.trace(covariance)), factor
                if self._keeps:
                    self._known[block.start + at] = found
            return found

        return of


def _kept(kept: dict[Any, Any] | None, function: Callable[..., Any], rows: Rows | Stream, weights: Rows) -> Any:
    """What a function gives for the reference in these weightings; worked out once."""
    if kept is None:
        return function(rows, weights)
    key = function.__name__, weights.shape, hashlib.blake2b(weights.tobytes()).digest()
    if key not in kept:
        kept[key] = function(rows, weights)
    return kept[key]


def _between(mine: moments.Moments, theirs: Callable[[int], _Gaussian], replicate: int) -> float:
    """The distance of a replicate."""
    mean, covariance = mine[replicate]
    other, other_covariance, other_trace, factor = theirs(replicate)
    distance = np.square(mean - other).sum() + np.trace(covariance) + other_trace
    distance -= 2 * root_trace(covariance, other_covariance, factor, consumed=True)
    return max(float(distance), 0.0)


def _gaussian(rows: Rows | Stream, weights: Rows) -> tuple[Rows, Rows]:
    """Mean `[dim]` and factor F `[min(frames, dim), dim]` of the covariance F^T F of the weighted frames."""
    total = _drawn(rows, weights)
    if total < 2:
        raise ValueError(f"{total:g} frames: a covariance needs at least 2")
    parts = (_frames(some, weights[at]) for at, some in blocks(rows))
    mean = np.sum([weight @ frames for frames, weight in parts], axis=0) / total
    factor: Rows = np.empty((0, width(rows)))
    for at, some in blocks(rows):
        frames, weight = _frames(some, weights[at])
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
