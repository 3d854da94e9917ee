"""Kullback-Leibler divergence between what a classifier hears in the reference and in the generated clip.

    KL(p || q) = sum_c p_c ln(p_c / q_c),   p = reference, q = generated, in nats

Direction as in AudioCraft (audiocraft/metrics/kld.py), which takes 10 s segments one by one; here a clip has
one posterior, the mean over its frames, so clips of any length count once. AudioCraft adds 1e-6 to q only,
which leaves KL(p || p) slightly negative; here both sides are smoothed alike and it is exactly zero.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.posterior import OF
from sightsound.metrics.rows import Clips, Rows, by_shape, same_count, same_width, weighted_mean

EPSILON = 1e-6  # probability added to every class of both posteriors before they are divided by their sum


def statistics(features: Clips, reference_features: Clips, *, posterior: str = "logits") -> Rows:
    """KL(reference || generated) `[clips]`, >= 0, nats.

    `features`, `reference_features`: a clip's `[frames, classes]`; `posterior` names what they are, and so how
    they become one distribution over the classes (sightsound.metrics.formulas.posterior.OF).

    >>> reference, generated = [np.log([[0.5, 0.5]])], [np.log([[0.9, 0.1]])]
    >>> statistics(generated, reference).round(4)  # 0.5 ln(0.5 / 0.9) + 0.5 ln(0.5 / 0.1)
    array([0.5108])
    """
    q = _smoothed(by_shape(OF[posterior], features))
    p = _smoothed(by_shape(OF[posterior], reference_features))
    same_count(features, reference_features)
    same_width(features, reference_features)
    return np.maximum((p * np.log(p / q)).sum(axis=1), 0.0)  # rounding may leave -1e-17


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, nats."""
    return weighted_mean(rows, weights)


def _smoothed(distribution: Rows) -> Rows:
    return (distribution + EPSILON) / (1 + EPSILON * distribution.shape[1])
