"""Kernel inception distance: unbiased MMD^2 with the kernel (x . y / dim + 1)^3, over all pairs of both sets.

Bińkowski et al. 2018. Packages take the mean over random subsets (metrics.formulas.two_sets.kid_subsets), which
has the same expectation, more noise, and depends on a seed and on the order of the clips; this depends on
neither.
"""

from __future__ import annotations

from sightsound.metrics.formulas.two_sets import frechet, kernel
from sightsound.metrics.rows import Clips, Rows


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    return frechet.statistics(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """KID, about 0 for sets from one source and then often negative; NaN with fewer than two clips a side.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`. Copies of a clip form no pairs with each other.

    >>> import numpy as np
    >>> near, far = (statistics([np.array([[x]]) for x in values]) for values in ([0.0, 1.0], [2.0, 3.0]))
    >>> aggregate(near, np.ones(2), far, np.ones(2))  # 1 + 7^3 - 2 (1 + 1 + 3^3 + 4^3) / 4
    297.5
    >>> aggregate(near, np.ones(2), near, np.ones(2))  # equal sets: below 0
    -3.5
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`."""
    return kernel.mmd2(kernel.pair_sums(rows, reference_rows, kernel.polynomial), weights, reference_weights)
