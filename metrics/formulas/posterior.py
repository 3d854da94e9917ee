"""From a classifier's output, frame by frame, to one distribution over the classes a clip."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import softmax

from sightsound.metrics.rows import Rows


def of_logits(logits: Rows) -> Rows:
    """Mean over frames of softmax(logits). `logits`: `[..., frames, classes]`; returns `[..., classes]`, sum 1.

    AudioCraft's KL softmaxes PaSST's logits in the same way though PaSST, like musicnn, was trained to give
    each class a probability of its own.

    >>> of_logits(np.log([[1.0, 3.0], [2.0, 2.0]]))
    array([0.375, 0.625])
    """
    return np.asarray(softmax(logits, axis=-1).mean(axis=-2))


def of_scores(scores: Rows) -> Rows:
    """Mean over frames of the scores, divided by its sum. `scores`: `[..., frames, classes]` in 0..1.

    For networks that hand out only the sigmoids. Softmax of their log-odds would be the same as `of_logits`,
    but it divides by 1 - score: one class near 1 (YAMNet's Music is above .9 for most music) takes nearly all
    the mass, and little is left to tell one piece of music from another.
    Raises ValueError for a score outside 0..1 or a clip whose scores are all zero.

    >>> import numpy as np
    >>> of_scores(np.array([[0.9, 0.1], [0.9, 0.5]]))
    array([0.75, 0.25])
    """
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError(f"scores from {scores.min():g} to {scores.max():g}, expected 0..1")
    mean = scores.mean(axis=-2)
    total = mean.sum(axis=-1, keepdims=True)
    if not total.all():
        raise ValueError("all class scores are zero: there is no distribution to compare")
    return np.asarray(mean / total)


OF: dict[str, Callable[[Rows], Rows]] = {"logits": of_logits, "scores": of_scores}
"""What a classifier's output is -> how it becomes a distribution."""
