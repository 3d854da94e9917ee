"""Kernel audio distance as kadtk 1.1 pools it: over all pairs of different frames, those of one clip as well.

metrics.formulas.two_sets.kad, which see for the kernel, leaves out the pairs of frames of one clip. With them, two
sets from one source are above 0, the more so the fewer the clips (docs/metrics-image-text.md has a table), so this
serves to make figures of kadtk again. `kad_x` is the metric to compare systems with.
"""

from __future__ import annotations

from sightsound.metrics.formulas.two_sets import frechet, kad, kernel
from sightsound.metrics.rows import Clips, Rows


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    return frechet.statistics(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Pooled KAD, at most 200; NaN with fewer than two frames a side.

    `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`. Copies of a clip form no pairs with each other.
    Raises ValueError when the reference has one frame, or when more than half its distances are zero.

    >>> import numpy as np
    >>> rows = statistics([np.array([[0.0], [2.0]])])  # one clip of two frames
    >>> round(aggregate(rows, np.ones(1), rows + 3, np.ones(1)), 1)
    42.5
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`."""
    return kad.SCALE * kernel.pooled_mmd2(kad.pair_sums(rows, reference_rows), weights, reference_weights)
