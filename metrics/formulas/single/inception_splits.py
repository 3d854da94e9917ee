"""Inception score as torch-fidelity 0.4.0 and audioldm_eval compute it: the mean over ten parts of the set.

metric_isc.py there: the clips in the order RandomState(2020) gives them, cut into ten parts, the score of each,
the mean. A part has a tenth of the clips, so the value is lower than that of the whole set
(metrics.formulas.single.inception), and it depends on the order of the clips, which that one doesn't.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sightsound.metrics.formulas.single import inception
from sightsound.metrics.rows import Clips, Rows

SPLITS = 10
SEED = 2020


INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips, *, posterior: str = "logits") -> Rows:
    """The clips' posteriors `[clips, classes]`; see sightsound.metrics.formulas.single.inception."""
    return inception.statistics(features, posterior=posterior)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Mean score of ten parts. `rows`: `[clips, classes]`; `weights`: `[clips]`, whole numbers.

    Raises ValueError when the weights sum to fewer than ten clips.

    >>> posteriors = np.repeat([[0.98, 0.02], [0.02, 0.98]], 10, axis=0)
    >>> round(aggregate(posteriors, np.ones(20)), 3)  # the whole set: 1.813
    1.325
    """
    return float(split_values(rows, weights).mean())


def split_values(rows: Rows, weights: Rows) -> Rows:
    """Inception score of each part `[10]`; their standard deviation is the "±" of torch-fidelity.

    >>> split_values(np.repeat([[0.98, 0.02], [0.02, 0.98]], 10, axis=0), np.ones(20)).round(1)
    array([1. , 1.8, 1.8, 1. , 1. , 1. , 1.8, 1. , 1.8, 1. ])
    """
    drawn = np.repeat(np.arange(len(rows)), weights.astype(int))
    if len(drawn) < SPLITS:
        raise ValueError(f"{len(drawn)} clips: {SPLITS} parts need as many; use the score of the whole set")
    shuffled = drawn[np.random.RandomState(SEED).permutation(len(drawn))]
    edges = [part * len(drawn) // SPLITS for part in range(SPLITS + 1)]
    parts = [shuffled[start:end] for start, end in pairwise(edges)]
    return np.array([inception.aggregate(rows[part], np.ones(len(part))) for part in parts])
