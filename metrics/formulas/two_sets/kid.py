"""Kernel inception distance: unbiased MMD^2 with the kernel (x . y / dim + 1)^3, over all pairs of both sets.

Pairs of vectors of one clip are left out, and with `groups` those of clips of one group: they resemble each other.
Bińkowski et al. 2018. Packages take the mean over random subsets (metrics.formulas.two_sets.kid_subsets), which
has the same expectation, more noise, and depends on a seed and on the order of the clips; this depends on
neither.
"""

from __future__ import annotations

from typing import Any

from sightsound.metrics.formulas.two_sets import frechet, kernel
from sightsound.metrics.formulas.two_sets.kernel import Groups
from sightsound.metrics.rows import Clips, Rows

TAKES_GROUPS = True  # aggregate and replicates take `groups` and `reference_groups`
KEEPS = ("aggregate", "replicates")  # functions that take `kept`, what was worked out of the last reference


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
    """KID, about 0 for sets from one source and then often negative; NaN where weights leave under two groups.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`; `groups`: a name for each clip, None for as many
    groups as clips. Raises ValueError when all clips of a side are of one group.

    >>> import numpy as np
    >>> near, far = (statistics([np.array([[x]]) for x in values]) for values in ([0.0, 1.0], [2.0, 3.0]))
    >>> aggregate(near, np.ones(2), far, np.ones(2))  # 1 + 7^3 - 2 (1 + 1 + 3^3 + 4^3) / 4
    297.5
    >>> aggregate(near, np.ones(2), near, np.ones(2))  # equal sets: below 0
    -3.5
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
    sums = kernel.pair_sums(rows, reference_rows, kernel.polynomial, kept=kept)
    return kernel.mmd2(sums, weights, reference_weights, groups=groups, reference_groups=reference_groups)
