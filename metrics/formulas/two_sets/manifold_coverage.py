"""Coverage: the share of reference clips with a generated clip nearby.

    coverage = share of reference clips whose ball holds at least one generated clip

A reference clip's ball reaches to its k-th nearest other reference clip, edge excluded. Naeem et al. 2020, k = 5;
as in their package prdc (prdc.py at e320c1d). For two samples of one source about 1 - 1 / 2^k, 0.97.
"""

from __future__ import annotations

from sightsound.metrics.formulas.two_sets import manifold
from sightsound.metrics.formulas.two_sets.manifold_density import K
from sightsound.metrics.rows import Clips, Rows

INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """One point a clip, the mean of its frames: `[clips, dim]`."""
    return manifold.points(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Coverage, 0..1. `rows`: `[clips, dim]`; `reference_weights`: `[clips]`; the generated clips' play no part.

    NaN when there are five reference clips or fewer, or no reference clip has weight.

    >>> import numpy as np
    >>> generated, reference = np.array([[6.0]]), np.arange(6.0)[:, None]
    >>> round(aggregate(generated, np.ones(1), reference, np.ones(6)), 3)  # in the balls of 2 of 6
    0.333
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows, *, k: int = K) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`; `k`: which neighbour."""
    reach = manifold.radii(reference_rows, k)
    nearest = manifold.distances(rows, reference_rows).min(axis=0)
    return manifold.mean(nearest < reach, reference_weights, reach)
