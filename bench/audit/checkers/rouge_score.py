"""rouge-score: the F of words, pairs of words or words in order that two texts share."""

from __future__ import annotations

from typing import Any

PACKAGE = "rouge-score"
SERVES = {"paired.rouge": "RougeScorer.score"}


def compute(formula: str, given: Any) -> float:
    """Mean F over the pairs of texts; `kind` and `stemmer` are options."""
    from rouge_score.rouge_scorer import RougeScorer

    kind = given.options["kind"]
    scorer = RougeScorer([kind], use_stemmer=given.options["stemmer"] == "porter")
    pairs = zip(given.lists["generated"], given.lists["reference"])
    found = [scorer.score(reference, text)[kind].fmeasure for text, reference in pairs]
    return float(sum(found) / len(found))
