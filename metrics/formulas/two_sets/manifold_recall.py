"""Recall: the share of reference clips that lie where the generated clips lie.

Precision with the two sets swapped: Kynkäänniemi et al. 2019, k = 3; as in torch-fidelity 0.4.0 (metric_prc.py).
"""

from __future__ import annotations

from sightsound.metrics.formulas.two_sets import manifold, manifold_precision
from sightsound.metrics.formulas.two_sets.manifold_precision import K
from sightsound.metrics.rows import Clips, Rows

INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """One point a clip, the mean of its frames: `[clips, dim]`."""
    return manifold.points(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Recall, 0..1. `rows`: `[clips, dim]`; `reference_weights`: `[clips]`; the generated clips' play no part.

    NaN when there are three generated clips or fewer, or no reference clip has weight.

    >>> import numpy as np
    >>> generated, reference = np.arange(4.0)[:, None], np.array([[0.5], [9.0]])
    >>> aggregate(generated, np.ones(4), reference, np.ones(2))  # 9 lies in no ball
    0.5
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows, *, k: int = K) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`; `k`: which neighbour."""
    return manifold_precision.replicates(reference_rows, reference_weights, rows, weights, k=k)
