"""MG-S (Hisariya et al. 2024): its two "KL divergences", as the released calc_kl.py computes them.

Source: github.com/hisariyatani123/My-Projects, "Emotion - based Image to Music Generation", calc_kl.py.

All numbers of all VGGish embeddings of a set, frames and dimensions thrown together, make one histogram of
100 bins between their own least and greatest; a softmax is taken over its 100 densities, and the value is
KL(real || generated), nats, with 1e-6 added to the generated side. It measures whether two sets' numbers are
spread alike between their extremes. Because each histogram has its own edges it does not see a shift at all,
and sees a change of scale only through the height of the densities; because of the softmax over these,
numbers that are spread widely lie near 0: the published 0.012 to 0.054 is the range between N(0, 0.5) against
N(0.1, 0.6), 0.005, and against uniform numbers, 0.04.

The same script also prints the sum with the sigmoid of each density in the place of the softmax. A density is
never negative, so each of the 100 numbers lies between 0.5 and 1, they sum to 50 and more, and no divergence is
left. With R the range between a set's extremes the sum is about 25 / R_real - 25 / R_generated: it measures which
set has the wider range, and is negative where that is the real one. The paper does not say which of the two is in
its table.

The canonical KL compares a classifier's expectations of the two clips of each example.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from sightsound.metrics.formulas.two_sets.frechet import statistics
from sightsound.metrics.rows import Rows

__all__ = ["aggregate", "statistics"]

BINS = 100
EPSILON = 1e-6
SQUASHED = {"softmax": softmax, "sigmoids": expit}


INTERVAL = False  # only there to repeat a printed figure


def aggregate(
    rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows, *, squash: str = "softmax"
) -> float:
    """KL(reference || generated) of the two histograms, nats, near 0; slightly negative for equal sets.

    `rows`: `[clips, max_frames, dim]`, `weights`: `[clips]`, how often each clip counts; `squash`: what makes
    probabilities of the densities, a name in SQUASHED. ValueError for an empty side.
    """
    sides = (rows, weights), (reference_rows, reference_weights)
    generated, real = (SQUASHED[squash](_densities(*side)) for side in sides)
    return float(np.sum(real * (np.log(real) - np.log(generated + EPSILON))))


def _densities(rows: Rows, weights: Rows) -> NDArray[np.float64]:
    """Of all numbers of the drawn clips, in bins between their least and greatest `[100]`."""
    drawn = weights > 0
    if not drawn.any():
        raise ValueError("no clips: a histogram needs at least one")
    values = rows[drawn]
    present = ~np.isnan(values)
    counts = np.broadcast_to(weights[drawn][:, None, None], values.shape)[present]
    densities, _ = np.histogram(values[present], bins=BINS, weights=counts, density=True)
    return np.asarray(densities, dtype=np.float64)
