"""Squared maximum mean discrepancy between two sets of clips, what KID and KAD have in common.

    MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y),   x != x', y != y'

Gretton et al. 2012, equation 3: the unbiased estimator, which leaves out the pairs of a sample with itself, so it
is about zero for two sets from one source and may be negative. What is drawn independently here is not a frame
but a clip, or a group of clips (of one track): frames of one clip resemble each other, so their pairs count as
pairs of a sample with itself and are left out, as are those of clips of one group. kadtk pools the frames of all
clips and leaves out no more than the pairs of a frame with itself (`pooled_mmd2`), which biases the value upwards.

A weight is how often a clip was drawn. The copies of one clip form no pairs with each other: k(x, x) among the
pairs is what the unbiased estimator leaves out, and a bootstrap that let it in would be biased upwards.

A kernel is summed over the pairs of frames once, to one number a pair of clips; weights meet only those sums.
Memory: 8 bytes for each pair of clips (150 MB for 2,500 against 2,500, 15 GB for 25,000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightsound.metrics.rows import Rows
from sightsound.metrics.threads import side_by_side

Kernel = Callable[[Rows, Rows], Rows]
"""k(x `[n, dim]`, y `[m, dim]`) -> `[n, m]`."""

Groups = Sequence[str] | None
"""A name for each clip, the same for clips that depend on each other; None: no clip depends on another."""

BLOCK = 256  # frames whose kernel values are in memory at once


@dataclass(frozen=True)
class PairSums:
    """A kernel summed over pairs of frames, clip by clip."""

    own: Rows
    """`[clips, clips]`: sum of k over the frames of both clips; on the diagonal over pairs of different frames."""
    reference: Rows
    """The same of the reference."""
    across: Rows
    """`[clips, reference clips]`."""
    frames: Rows
    """`[clips]`: number of frames."""
    reference_frames: Rows
    """`[reference clips]`."""


def pair_sums(rows: Rows, reference_rows: Rows, kernel: Kernel, kept: dict[Any, Any] | None = None) -> PairSums:
    """The sums of `kernel` over all pairs. `rows`: `[clips, max_frames, dim]`, missing frames NaN.

    `kept`: the sums of the last `rows`, and those of the reference for other `rows` and the same `kernel`.
    Raises ValueError when the dimensions differ.

    >>> rows = np.array([[[0.0]], [[2.0]]])  # two clips of one frame
    >>> pair_sums(rows, rows + 1, polynomial).across  # (x y + 1)^3 with x = 0, 2 and y = 1, 3
    array([[  1.,   1.],
           [ 27., 343.]])
    """
    if rows.shape[-1] != reference_rows.shape[-1]:
        raise ValueError(
            f"{rows.shape[-1]} dimensions against {reference_rows.shape[-1]}: not the same extractor?"
        )
    kept = {} if kept is None else kept
    if "pairs" in kept and kept["pairs"][0] is rows:
        found: PairSums = kept["pairs"][1]
        return found
    kept.pop("pairs", None)
    x, frames = pooled(rows)
    y, reference_frames = pooled(reference_rows)
    if "reference" not in kept:
        kept["reference"] = _block_sums(y, y, reference_frames, reference_frames, kernel, distinct=True)
    found = PairSums(
        _block_sums(x, x, frames, frames, kernel, distinct=True),
        kept["reference"],
        _block_sums(x, y, frames, reference_frames, kernel, distinct=False),
        frames.astype(np.float64),
        reference_frames.astype(np.float64),
    )
    kept["pairs"] = rows, found
    return found


def mmd2(
    sums: PairSums,
    weights: Rows,
    reference_weights: Rows,
    *,
    groups: Groups = None,
    reference_groups: Groups = None,
) -> Rows:
    """Unbiased MMD^2 of the weighted clips `[...]`; NaN where a side has no pair of clips of different groups.

    `weights`: `[..., clips]`, any number of weightings; `reference_weights` as many. `groups`: a name for each
    clip; clips of one name form no pairs. Without, every clip is a group of its own.

    >>> sums = pair_sums(np.array([[[0.0]], [[2.0]]]), np.array([[[1.0]], [[3.0]]]), polynomial)
    >>> float(mmd2(sums, np.ones(2), np.ones(2)))  # 1 + 64 - 2 (1 + 1 + 27 + 343) / 4
    -121.0
    """
    own = _mean_between(sums.own, sums.frames, weights, groups)
    reference = _mean_between(sums.reference, sums.reference_frames, reference_weights, reference_groups)
    return own + reference - 2 * _mean_across(sums, weights, reference_weights)


def pooled_mmd2(sums: PairSums, weights: Rows, reference_weights: Rows) -> Rows:
    """As `mmd2`, with the pairs of different frames of one clip; NaN where a side has under two frames.

    >>> sums = pair_sums(np.array([[[0.0], [2.0]]]), np.array([[[1.0], [3.0]]]), polynomial)
    >>> float(pooled_mmd2(sums, np.ones(1), np.ones(1)))  # the same four numbers, two a clip
    -121.0
    """
    own = _mean_of_pairs(sums.own, sums.frames, weights)
    reference = _mean_of_pairs(sums.reference, sums.reference_frames, reference_weights)
    return own + reference - 2 * _mean_across(sums, weights, reference_weights)


def need_two(rows: Rows, groups: Groups, side: str) -> None:
    """ValueError when the clips `rows` of a side are of fewer than two groups, and so form no pair.

    >>> need_two(np.zeros((3, 1, 1)), ["a", "a", "a"], "reference clips")
    Traceback (most recent call last):
    ValueError: 3 clips of one group among the reference clips: pairs take two groups
    """
    if len(set(range(len(rows)) if groups is None else groups)) < 2:
        raise ValueError(f"{len(rows)} clips of one group among the {side}: pairs take two groups")


def polynomial(x: Rows, y: Rows) -> Rows:
    """(x . y / dim + 1)^3, the kernel of KID (Bińkowski et al. 2018).

    >>> polynomial(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([[3.375, 1.   ]])
    """
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3)


def gaussian(x: Rows, y: Rows, bandwidth: float) -> Rows:
    """exp(-|x - y|^2 / (2 bandwidth^2)).

    >>> gaussian(np.zeros((1, 2)), np.array([[0.0, 0.0], [3.0, 4.0]]), bandwidth=5.0).round(3)
    array([[1.   , 0.607]])
    """
    return np.asarray(np.exp(-squared_distances(x, y) / (2 * bandwidth**2)))


def squared_distances(x: Rows, y: Rows) -> Rows:
    """|x_i - y_j|^2 `[n, m]`, never below zero.

    >>> squared_distances(np.zeros((1, 2)), np.array([[3.0, 4.0]]))
    array([[25.]])
    """
    squares = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1) - 2 * (x @ y.T)
    return np.maximum(squares, 0.0)


def pooled(rows: Rows) -> tuple[Rows, Rows]:
    """All frames `[frames, dim]`, clip after clip, and how many each clip has `[clips]`.

    >>> frames, counts = pooled(np.array([[[0.0], [2.0]], [[4.0], [np.nan]]]))
    >>> frames.ravel(), counts
    (array([0., 2., 4.]), array([2, 1]))
    """
    present = ~np.isnan(rows[:, :, 0])
    return rows[present], present.sum(axis=1)


def _block_sums(x: Rows, y: Rows, x_frames: Rows, y_frames: Rows, kernel: Kernel, *, distinct: bool) -> Rows:
    """Kernel sums `[clips of x, clips of y]`; `distinct` (x is y): without the pairs of a frame with itself."""
    y_starts = np.concatenate([[0], np.cumsum(y_frames)[:-1]])
    by_frame = np.empty((len(x), len(y_frames)))  # frames of x against clips of y

    def sum_up(start: int) -> None:
        values = kernel(x[start : start + BLOCK], y)
        if distinct:
            np.fill_diagonal(values[:, start:], 0.0)
        np.add.reduceat(values, y_starts, axis=1, out=by_frame[start : start + BLOCK])

    side_by_side(sum_up, range(0, len(x), BLOCK))
    return np.add.reduceat(by_frame, np.concatenate([[0], np.cumsum(x_frames)[:-1]]), axis=0)


def _mean_between(sums: Rows, frames: Rows, weights: Rows, groups: Groups) -> Rows:
    """Mean over the pairs of frames of clips of different groups; the copies of a clip are of its group."""
    member = np.unique(np.arange(len(frames)) if groups is None else list(groups), return_inverse=True)[1]
    apart = np.where(member[:, None] == member, 0.0, sums)
    by_group = (weights * frames) @ (member[:, None] == np.arange(member.max(initial=-1) + 1))
    count = by_group.sum(axis=-1) ** 2 - (by_group**2).sum(axis=-1)
    return _ratio(((weights @ apart) * weights).sum(axis=-1), count)


def _mean_across(sums: PairSums, weights: Rows, reference_weights: Rows) -> Rows:
    """Mean over the pairs of a frame of either side."""
    pairs = (weights @ sums.frames) * (reference_weights @ sums.reference_frames)
    return _ratio(((weights @ sums.across) * reference_weights).sum(axis=-1), pairs)


def _mean_of_pairs(sums: Rows, frames: Rows, weights: Rows) -> Rows:
    """Mean over the pairs of different frames, where copies of a clip form no pairs with each other."""
    squares = weights**2
    # ordered pairs of two copies of a clip: w^2 - w
    total = ((weights @ sums) * weights).sum(axis=-1) - (squares - weights) @ np.diagonal(sums)
    count = (weights @ frames) ** 2 - squares @ frames**2 + weights @ (frames * (frames - 1))
    return _ratio(total, count)


def _ratio(total: Rows, count: Rows) -> Rows:
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=np.asarray(count) > 0)
