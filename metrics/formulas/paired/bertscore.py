"""BERTScore: each token's best match in the other text, by the cosine of contextual embeddings.

    P = mean over the text's tokens of their largest cosine with a token of the reference
    R = mean over the reference's tokens of their largest cosine with a token of the text,   F1 = 2 P R / (P + R)

Zhang et al. 2020, as bert-score 0.3.13 computes it without idf weights and without rescaling, over layer 17 of
RoBERTa-large. The marks at a text's beginning and end are no tokens to be matched, but can be matched with.
An empty text has 0, as there. Where bert-score gives 0 to an empty reference, here there is no value. A
batch of bert-score bounds the largest cosine below by 0 where it was filled up; here no cosine is bounded, which
matters only where all are negative (RoBERTa's are around 0.8).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sightsound.metrics.rows import Clips, Rows, checked, checked_pairs, weighted_mean

PARTS = ("precision", "recall", "f1")
MARKS = 2  # embeddings at the beginning and the end of a text that stand for no token


def statistics(features: Clips, reference_features: Clips, *, part: str) -> Rows:
    """One of PARTS `[clips]`, -1..1; 0 where the text is empty, NaN where the reference is.

    `features`, `reference_features`: a text's token embeddings `[tokens + 2, dim]`, the marks first and last.
    """
    if part not in PARTS:
        raise ValueError(f"BERTScore {part!r}: take {', '.join(PARTS)}")
    texts, references = checked_pairs(features, reference_features)
    pairs = zip(texts, references, strict=True)
    return np.array([score(text, reference)[PARTS.index(part)] for text, reference in pairs])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips whose reference has tokens; NaN when none has."""
    return weighted_mean(rows, weights)


def score(text: Rows, reference: Rows) -> tuple[float, float, float]:
    """Precision, recall and F1 of one text. `text`, `reference`: `[tokens + 2, dim]`.

    >>> mark, red, cat = np.eye(3)
    >>> score(np.array([mark, red, mark]), np.array([mark, red, cat, mark]))  # cat has no match
    (1.0, 0.5, 0.666...)
    """
    if min(len(text), len(reference)) < MARKS:
        raise ValueError(f"{min(len(text), len(reference))} token embeddings: the marks alone are {MARKS}")
    if len(reference) == MARKS:
        return float("nan"), float("nan"), float("nan")
    if len(text) == MARKS:
        return 0.0, 0.0, 0.0
    cosines = _directions(text) @ _directions(reference).T
    precision = float(cosines.max(axis=1)[1:-1].mean())
    recall = float(cosines.max(axis=0)[1:-1].mean())
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def pairwise(stages: Mapping[str, Clips]) -> Rows:
    """Mean F1 of each stage of a prompt pipeline against each other, `[stages, stages]`, in the order of `stages`.

    `stages`: name (lyrics, theme, prompt, ...) -> a text's token embeddings `[tokens + 2, dim]` for each clip,
    the same clips in each stage. The diagonal is 1. A clip counts where both stages have tokens; NaN where none
    has. As in Lawrence 2024, figure 4.3 (there with the diagonal at 0).
    Raises ValueError when stages have different numbers of clips.

    >>> mark, red, cat = np.eye(3)
    >>> stages = {"lyrics": [np.array([mark, red, cat, mark])], "prompt": [np.array([mark, red, mark])]}
    >>> pairwise(stages).round(3)
    array([[1.   , 0.667],
           [0.667, 1.   ]])
    """
    clips = [checked(features) for features in stages.values()]
    if len({len(stage) for stage in clips}) > 1:
        counts = ", ".join(f"{name} {len(stage)}" for name, stage in zip(stages, clips, strict=True))
        raise ValueError(f"stages of different numbers of clips: {counts}")
    matrix = np.eye(len(clips))
    for i, texts in enumerate(clips):
        for j, references in enumerate(clips[:i]):
            pairs = zip(texts, references, strict=True)
            f1 = [score(a, b)[2] for a, b in pairs if min(len(a), len(b)) > MARKS]
            matrix[i, j] = matrix[j, i] = np.mean(f1) if f1 else np.nan
    return matrix


def _directions(tokens: Rows) -> Rows:
    return np.asarray(tokens, np.float64) / np.linalg.norm(tokens, axis=1, keepdims=True)
