"""Kernel audio distance: 100 times the unbiased MMD^2 with a Gaussian kernel as wide as the reference set.

    KAD = 100 MMD^2,   k(x, y) = exp(-|x - y|^2 / (2 s^2)),   s: median distance of two reference frames

Over the pairs of frames of different clips; with `groups`, of clips of different groups: frames of one clip
resemble each other, and with their pairs two sets of one source are not at 0 (metrics.formulas.two_sets.kad_pooled
has them, as kadtk does).

Chung et al. 2025, who take the bandwidth from the reference, so that it is the same for every system compared.
kadtk 1.1 (calc_kernel_audio_distance) passes the evaluated set where its median is taken, so each system is
measured with another kernel; its value with the two sets swapped is ours. The median of an even number of
distances is the lower of the middle two, as in torch.median, which kadtk uses; here pairs of one clip count.

The bandwidth is that of the reference as it is, whatever the weights: a replicate of the bootstrap has the same
kernel.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from sightsound.metrics.formulas.two_sets import frechet, kernel
from sightsound.metrics.formulas.two_sets.kernel import Groups
from sightsound.metrics.rows import Clips, Rows

TAKES_GROUPS = True  # aggregate and replicates take `groups` and `reference_groups`
KEEPS = ("aggregate", "replicates")  # functions that take `kept`, what was worked out of the last reference
SCALE = 100.0  # alpha of the paper, SCALE_FACTOR of kadtk


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    return frechet.statistics(features)


def aggregate(
    rows: Rows,
    weights: Rows,
    reference_rows: Rows,
    reference_weights: Rows,
    *,
    groups: Groups = None,
    reference_groups: Groups = None,
    kept: dict[Any, Any] | None = None,
) -> float:
    """KAD, about 0 for sets from one source, at most 200; NaN where a side's weights leave under two groups.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`; `groups`: a name for each clip, None for as many
    groups as clips. Raises ValueError when all clips of a side are of one group, or when more than half of the
    reference's distances are zero.

    >>> rows, weights = statistics([np.array([[0.0]]), np.array([[2.0]])]), np.ones(2)
    >>> [round(aggregate(rows, weights, rows + shift, weights), 1) for shift in (0, 3, 100)]
    [-39.3, 42.5, 121.3]
    """
    kernel.need_two(rows, groups, "generated clips")
    kernel.need_two(reference_rows, reference_groups, "reference clips")
    sides = rows, weights, reference_rows, reference_weights
    return float(replicates(*sides, groups=groups, reference_groups=reference_groups, kept=kept))


def replicates(
    rows: Rows,
    weights: Rows,
    reference_rows: Rows,
    reference_weights: Rows,
    *,
    groups: Groups = None,
    reference_groups: Groups = None,
    kept: dict[Any, Any] | None = None,
) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`."""
    sums = pair_sums(rows, reference_rows, kept=kept)
    found = kernel.mmd2(sums, weights, reference_weights, groups=groups, reference_groups=reference_groups)
    return SCALE * found


def pair_sums(
    rows: Rows, reference_rows: Rows, bandwidth: float | None = None, kept: dict[Any, Any] | None = None
) -> kernel.PairSums:
    """The kernel over all pairs, `bandwidth` in the place of the reference's median distance where given."""
    kept = {} if kept is None else kept
    if bandwidth is None and "bandwidth" not in kept:
        kept["bandwidth"] = median_distance(kernel.pooled(reference_rows)[0])
    wide = kept["bandwidth"] if bandwidth is None else bandwidth
    return kernel.pair_sums(rows, reference_rows, partial(kernel.gaussian, bandwidth=wide), kept)


def median_distance(frames: Rows) -> float:
    """Median of |x_i - x_j| over all i < j of `frames` `[frames, dim]`. Needs 2 bytes for each frame squared.

    >>> median_distance(np.array([[0.0], [1.0], [5.0]]))  # distances 1, 4, 5
    4.0
    """
    count = len(frames) * (len(frames) - 1) // 2
    if not count:
        raise ValueError("the reference has one frame: its median distance needs two or more")
    squares, filled = np.empty(count, np.float32), 0
    for start in range(0, len(frames), kernel.BLOCK):
        block = kernel.squared_distances(frames[start : start + kernel.BLOCK], frames[start:])
        for row, values in enumerate(block):
            later = values[row + 1 :]
            squares[filled : filled + len(later)] = later
            filled += len(later)
    squares.partition((count - 1) // 2)
    median = float(np.sqrt(squares[(count - 1) // 2], dtype=np.float64))
    if not median:
        raise ValueError("more than half of the reference's distances are zero: there is no bandwidth")
    return median
