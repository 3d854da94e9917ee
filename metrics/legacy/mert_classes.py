"""The inception score that audioldm_eval gives unless it is told a network: MERT's embedding taken for classes.

Source: github.com/haoheliu/audioldm_eval at 8dc07ee, eval_parallel.py (backbone "mert") and metrics/isc.py.

Each clip gives 13 vectors of 768 numbers, the mean over time of what each layer of MERT-v1-95M makes of it. The
code calls them logits, takes the softmax of each, and counts each as a clip of its own: the score is the mean over
ten parts of all 13 n vectors, in the order that RandomState(2020) gives them. Nothing in it is a class, and layers
differ more than clips do. Values lie a little above 1, as those of MG-S (Hisariya et al. 2024) do, which does not
say what it measured with.
"""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from sightsound.metrics.formulas.single import inception_splits
from sightsound.metrics.rows import Clips, Rows, checked

LEAST = 1.0  # no value is less
INTERVAL = False  # only there to repeat a printed figure


def statistics(features: Clips) -> Rows:
    """Softmax of each layer's mean, `[clips, layers, width]`."""
    return np.stack([softmax(clip, axis=1) for clip in checked(features)])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Mean score of ten parts of all the clips' layers. `weights`: `[clips]`, whole numbers.

    Raises ValueError when they are fewer than ten vectors.

    >>> rows = np.full((4, 13, 2), 0.5)
    >>> aggregate(rows, np.ones(4))
    1.0
    """
    vectors = np.repeat(rows, weights.astype(int), axis=0).reshape(-1, rows.shape[2])
    return inception_splits.aggregate(vectors, np.ones(len(vectors)))
