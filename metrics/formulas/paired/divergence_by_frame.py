"""Kullback-Leibler divergence frame by frame, digit for digit as AudioCraft and audioldm_eval compute it.

    KL = mean over all frames of  sum_c p_c (ln p_c - ln(q_c + 1e-6)),   p = reference, q = generated, in nats

A frame is one output of the classifier: a 10 s segment of PaSST (audiocraft/metrics/kld.py), a whole clip of PANNs
(audioldm_eval/metrics/kl.py). Only q is smoothed, so KL(p || p) lies a little below zero (-5e-4 at most for 527
classes); `metrics.formulas.paired.divergence` is the smoothed form that is exactly zero there. With
`posterior="sigmoids"` p and q are the classes' own probabilities, which do not sum to 1: audioldm_eval's
KL_sigmoid. It is no divergence, and negative where every class is likelier in the generated clip than in the
reference.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, softmax, xlogy

from sightsound.metrics.rows import Clips, Rows, checked_pairs

EPSILON = 1e-6  # added to every class of the generated side only

_OF: dict[str, Callable[[Rows], Rows]] = {
    "softmax": lambda logits: np.asarray(softmax(logits, axis=1)),
    "sigmoids": lambda logits: np.asarray(expit(logits)),
}


def statistics(features: Clips, reference_features: Clips, *, posterior: str = "softmax") -> Rows:
    """KL(reference || generated) of each frame, nats, `[clips, max_frames]`; NaN where a shorter clip has none.

    `features`, `reference_features`: a clip's logits `[frames, classes]`. A pair with different numbers of frames
    has no value, all NaN: AudioCraft refuses it.

    >>> reference, generated = [np.log([[0.5, 0.5]])], [np.log([[0.9, 0.1]])]
    >>> statistics(generated, reference).round(4), statistics(reference, reference)
    (array([[0.5108]]), array([[-1.99...e-06]]))
    """
    clips, references = checked_pairs(features, reference_features)
    rows = np.full((len(clips), max(map(len, clips))), np.nan)
    for row, clip, reference in zip(rows, clips, references, strict=True):
        if len(clip) == len(reference):
            q, p = _OF[posterior](clip), _OF[posterior](reference)
            row[: len(clip)] = (xlogy(p, p) - p * np.log(q + EPSILON)).sum(axis=1)
    return rows


def aggregate(rows: Rows, weights: Rows) -> float:
    """Mean over all frames of the weighted clips, nats; NaN when no frame has a value.

    >>> aggregate(np.array([[1.0, np.nan], [2.0, 3.0]]), np.ones(2))
    2.0
    """
    has_value = ~np.isnan(rows)
    total = weights @ has_value.sum(axis=1)
    return float(weights @ np.where(has_value, rows, 0).sum(axis=1) / total) if total > 0 else float("nan")
