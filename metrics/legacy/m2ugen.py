"""M2UGen (Hussain et al. 2023): the "KL divergence" of its evaluation until January 2024.

Source: github.com/shansongliu/M2UGen before 653fee4, Evaluation/*/evaluate.py: sklearn's `mutual_info_score`
of the two clips' 527 PaSST logits. That function takes class labels; every logit is another number, so each
is a class of its own with one member, and the mutual information is ln 527 = 6.267 whatever the music. It
measures how many logits are equal. Which code made the paper's table (November 2023) is not known; the 1.87
that Mozart's Touch gives for M2UGen is no such value. After that commit the code computes AudioCraft's KL over
PaSST, which is the canonical `kl_passt`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Clips, Rows, checked_pairs, weighted_mean

INTERVAL = False  # only there to repeat a printed figure


def statistics(features: Clips, reference_features: Clips) -> Rows:
    """Mutual information `[clips]`, nats, of two clips' mean logits as labels; features `[frames, classes]`."""
    clips, references = checked_pairs(features, reference_features)
    means = [(clip.mean(axis=0), other.mean(axis=0)) for clip, other in zip(clips, references, strict=True)]
    return np.array([mutual_information(*pair) for pair in means])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, nats."""
    return weighted_mean(rows, weights)


def mutual_information(labels: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """sum_ij n_ij / N ln(N n_ij / (a_i b_j)) of two labellings `[items]` of the same items, nats.

    >>> round(mutual_information(np.arange(527.0), np.arange(527.0) ** 2), 3)  # ln 527, whatever the numbers
    6.267
    """
    _, left = np.unique(labels, return_inverse=True)
    _, right = np.unique(others, return_inverse=True)
    together, counts = np.unique(np.stack([left, right]), axis=1, return_counts=True)
    expected = np.bincount(left)[together[0]] * np.bincount(right)[together[1]]
    return float(counts @ np.log(len(labels) * counts / expected) / len(labels))
