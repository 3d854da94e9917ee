"""Inception score: is every clip a clear case of some class, and are all classes there?

    IS = exp( mean_i KL(p_i || p_mean) ),   1 <= IS <= number of classes

Formula: Salimans et al. 2016. p_i is a clip's posterior over the classes, p_mean the mean of all clips'. The
whole set is one split; packages that take the mean over 10 splits get lower values from few clips. The
estimator is biased downwards: with n clips it can't exceed n.
"""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from sightsound.metrics.formulas.posterior import OF
from sightsound.metrics.rows import Clips, Rows, by_shape


def statistics(features: Clips, *, posterior: str = "logits") -> Rows:
    """The clips' posteriors `[clips, classes]`.

    `features`: a clip's `[frames, classes]`; `posterior` names what they are (metrics.formulas.posterior.OF).
    """
    return by_shape(OF[posterior], features)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Inception score of the weighted clips. Raises ValueError when the weights are all zero.

    >>> posteriors = np.array([[0.98, 0.02], [0.02, 0.98]])  # two clear cases of two classes
    >>> round(aggregate(posteriors, np.ones(2)), 3), aggregate(posteriors, np.array([2.0, 0.0]))
    (1.813, 1.0)
    """
    if not weights.sum() > 0:
        raise ValueError("no clip has weight")
    weight = weights / weights.sum()
    return float(np.exp(weight @ rel_entr(rows, weight @ rows).sum(axis=1)))


def influence(rows: Rows) -> Rows:
    """Numbers by clip `[clips]` whose mean is the score: what each adds to it, to first order.

    ln IS is the mean of k_i = KL(posterior_i || mean posterior); how the mean posterior moves with a clip's weight
    changes that mean only in the second order. So the clips' values are IS (1 + k_i - ln IS).

    >>> influence(np.array([[0.98, 0.02], [0.02, 0.98]])).round(3)
    array([1.813, 1.813])
    """
    k = rel_entr(rows, rows.mean(axis=0)).sum(axis=1)
    return np.asarray(np.exp(k.mean()) * (1 + k - k.mean()))
