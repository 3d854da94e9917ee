"""ROUGE F: how many words, pairs of words, or words in order a text shares with the reference.

    P = shared / of the text, R = shared / of the reference, F = 2 P R / (P + R)

Lin 2004, by the package rouge-score, Google's own port of the Perl original: lower case, words of a-z and 0-9
only, so a text in another script has no word at all. rouge1 and rouge2 count shared n-grams (no n-gram oftener
than in either), rougeL the longest common subsequence over the whole text. `porter` stems words of four letters
and more first, as the Perl original does with -m; `none` is rouge-score's default, and torchmetrics'.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from sightsound.metrics.formulas.text import decoded
from sightsound.metrics.rows import Clips, Rows, weighted_mean

KINDS = ("rouge1", "rouge2", "rougeL")
STEMMERS = {"none": False, "porter": True}


def statistics(features: Clips, reference_features: Clips, *, kind: str, stemmer: str = "none") -> Rows:
    """F `[clips]`, 0..1. A text without words has 0; NaN where the reference has none, or no n-gram of the kind.

    `features`, `reference_features`: code points (sightsound.metrics.formulas.text).
    Raises ValueError for another kind or stemmer, sides of unequal length, or without the package rouge-score.
    """
    texts, references = decoded(features), decoded(reference_features)
    if len(texts) != len(references):
        raise ValueError(f"{len(texts)} texts against {len(references)} references")
    pairs = zip(texts, references, strict=True)
    return np.array([score(text, reference, kind=kind, stemmer=stemmer)[2] for text, reference in pairs])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips whose reference has words; NaN when none has."""
    return weighted_mean(rows, weights)


def score(text: str, reference: str, *, kind: str, stemmer: str = "none") -> tuple[float, float, float]:
    """Precision, recall and F of one text; NaN where `statistics` says.

    >>> score("the red cat", "the cat", kind="rouge1")
    (0.666..., 1.0, 0.8)
    >>> score("the red cat", "the cat", kind="rouge2")
    (0.0, 0.0, 0.0)
    """
    scorer, tokens = _scorer(kind, stemmer)
    if len(tokens(reference)) < (2 if kind == "rouge2" else 1):
        return float("nan"), float("nan"), float("nan")
    found = scorer.score(reference, text)[kind]
    return float(found.precision), float(found.recall), float(found.fmeasure)


@cache
def _scorer(kind: str, stemmer: str) -> tuple[Any, Any]:
    """The package's scorer and its tokenizer."""
    if kind not in KINDS or stemmer not in STEMMERS:
        raise ValueError(
            f"ROUGE {kind!r} with stemmer {stemmer!r}: take {', '.join(KINDS)}; {', '.join(STEMMERS)}"
        )
    try:
        from rouge_score.rouge_scorer import RougeScorer
        from rouge_score.tokenizers import DefaultTokenizer
    except ModuleNotFoundError as missing:
        raise ValueError(f"ROUGE needs {missing.name}: pip install 'sightsound-bench[text]'") from missing
    tokenizer = DefaultTokenizer(STEMMERS[stemmer])
    return RougeScorer([kind], tokenizer=tokenizer), tokenizer.tokenize
