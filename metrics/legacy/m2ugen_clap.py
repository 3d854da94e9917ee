"""M2UGen (Hussain et al. 2023): the "CLAP score" of its evaluation script.

Source: github.com/shansongliu/M2UGen at 2c702a4, Evaluation/Text2Music/evaluate.py: the cosine of two embeddings
of shape [1, 512] is taken over the first axis, so 512 times of one number with one number, each 1 or -1: whether
both have the same sign. The result is assigned, not added, for each file, and at the end divided by the number of
files: of all clips only the last counts, by that share. As released the script stops before it prints one (its
embeddings are NumPy arrays, of which torch takes no cosine, and 512 numbers would not go into its JSON); here the
mean of the 512 stands for them, so that there is a number at all.

It measures in how many of 512 dimensions the last clip and its text have the same sign, from -1/n to 1/n: for a
split of 2,500 clips 0.0004 at most, whatever the music. The canonical score is `clap_score`, the mean over all
clips of the cosine over the dimensions; the script's checkpoint is that of `clap_score_630k`.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, checked_pairs

TINY = 1e-8  # eps of torch's cosine_similarity: shorter vectors count as this long


INTERVAL = False  # only there to repeat a printed figure


def statistics(features: Clips, other_features: Clips) -> Rows:
    """Mean of the cosines over the wrong axis `[clips]`, -1..1, of features `[windows, dim]`, windows averaged."""
    music, texts = checked_pairs(features, other_features)
    means = (np.stack([clip.mean(axis=0) for clip in side]) for side in (music, texts))
    left, right = (side / np.maximum(np.abs(side), TINY) for side in means)
    return np.asarray((left * right).mean(axis=1), dtype=np.float64)


def aggregate(rows: Rows, weights: Rows) -> float:
    """The last clip's value over the number of clips; depends on the clips' order. NaN without clips."""
    counted = np.flatnonzero(weights > 0)
    return float(rows[counted[-1]] / weights.sum()) if len(counted) else float("nan")
