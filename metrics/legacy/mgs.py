"""MG-S (Hisariya et al. 2024): its "KL divergence", as the released calc_kl.py computes it.

Source: github.com/hisariyatani123/My-Projects, "Emotion - based Image to Music Generation", calc_kl.py.

All numbers of all VGGish embeddings of a set, frames and dimensions thrown together, make one histogram of
100 bins between their own least and greatest; a softmax is taken over its 100 densities, and the value is
KL(real || generated), nats, with 1e-6 added to the generated side. It measures whether two sets' numbers are
spread alike between their extremes. Because each histogram has its own edges it does not see a shift at all,
and sees a change of scale only through the height of the densities; because of the softmax over these,
everything lies near 0: the published 0.012 to 0.054 is the range between N(0, 0.5) against N(0.1, 0.6),
0.005, and against uniform numbers, 0.04. The canonical KL compares a classifier's expectations of the two
clips of each example.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from metrics.frechet import statistics
from metrics.rows import Rows

__all__ = ["aggregate", "statistics"]

BINS = 100
EPSILON = 1e-6


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """KL(reference || generated) of the two histograms, nats, near 0; slightly negative for equal sets.

    `rows`: `[clips, max_frames, dim]`, `weights`: `[clips]`, how often each clip counts. ValueError for an
    empty side.
    """
    generated, real = _histogram(rows, weights), _histogram(reference_rows, reference_weights)
    return float(np.sum(real * (np.log(real) - np.log(generated + EPSILON))))


def _histogram(rows: Rows, weights: Rows) -> NDArray[np.float64]:
    """Softmax over the densities of all numbers of the drawn clips `[100]`."""
    drawn = weights > 0
    if not drawn.any():
        raise ValueError("no clips: a histogram needs at least one")
    values = rows[drawn]
    present = ~np.isnan(values)
    counts = np.broadcast_to(weights[drawn][:, None, None], values.shape)[present]
    densities, _ = np.histogram(values[present], bins=BINS, weights=counts, density=True)
    return np.asarray(softmax(densities), dtype=np.float64)
