"""Kernel inception distance as torch-fidelity 0.4.0 computes it: mean over 100 random subsets of 1,000 clips.

metric_kid.py there: kernel (x . y / dim + 1)^3, RandomState(2020), and for each subset one draw without
replacement from the first set, then one from the second. torchmetrics does the same with torch's global
generator, so its value differs with every call. The value depends on the order of the clips;
metrics.formulas.two_sets.kid doesn't.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightsound.metrics.formulas.two_sets import frechet, kernel
from sightsound.metrics.rows import Clips, Rows

SUBSETS = 100
SUBSET_SIZE = 1000  # clips
SEED = 2020


INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """The clips' frames `[clips, max_frames, dim]`; frames that a shorter clip lacks are NaN."""
    return frechet.statistics(features)


def prepared(
    rows: Rows, reference_rows: Rows, *, subsets: int = SUBSETS, size: int = SUBSET_SIZE, seed: int = SEED
) -> Callable[[Rows, Rows], float]:
    """`aggregate` with the rows already given, as a function of the weights."""
    sums = kernel.pair_sums(rows, reference_rows, kernel.polynomial)

    def value(weights: Rows, reference_weights: Rows) -> float:
        found = subset_values(sums, weights, reference_weights, subsets=subsets, size=size, seed=seed)
        return float(found.mean())

    return value


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Mean over the subsets. `rows`: `[clips, max_frames, dim]`; `weights`: `[clips]`, whole numbers.

    Raises ValueError when the weights of a side sum to fewer than 1,000 clips.
    """
    return prepared(rows, reference_rows)(weights, reference_weights)


def subset_values(
    sums: kernel.PairSums,
    weights: Rows,
    reference_weights: Rows,
    *,
    subsets: int,
    size: int,
    seed: int,
) -> Rows:
    """MMD^2 of each subset `[subsets]`; their standard deviation is the "±" of torch-fidelity.

    >>> rows, weights = np.array([[[0.0]], [[1.0]], [[2.0]]]), np.ones(3)
    >>> sums = kernel.pair_sums(rows, rows + 1, kernel.polynomial)
    >>> subset_values(sums, weights, weights, subsets=2, size=3, seed=0).round(2)  # all 3 clips: no chance
    array([21.67, 21.67])
    """
    drawn = [np.repeat(np.arange(len(side)), side.astype(int)) for side in (weights, reference_weights)]
    if (few := min(map(len, drawn))) < size:
        raise ValueError(f"{few} clips: subsets of {size} need as many on each side; use kid without subsets")
    rng = np.random.RandomState(seed)  # the legacy generator: the published subsets are its draws
    counts = [np.zeros((subsets, len(side))) for side in (weights, reference_weights)]
    for subset in range(subsets):
        for count, clips in zip(counts, drawn, strict=True):
            np.add.at(count[subset], clips[rng.choice(len(clips), size, replace=False)], 1)
    return kernel.pooled_mmd2(sums, *counts)
