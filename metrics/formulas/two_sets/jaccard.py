"""Jaccard similarity of the words of two bodies of text: do the prompts use the words that people use?

    J(A, B) = |A and B| / |A or B|,   A, B: the sets of different words in all texts of each side

After Lawrence 2024, who compares "the body of outputs" with a sample of DiffusionDB's human prompts in this way
and reports 0.074 to 0.089; how words are cut is not said there. Here: lower case, runs of letters and digits of
any script. The value depends on how many texts each side has, as a larger body has more words: compare at equal
n, and with one corpus only. The corpus is the split's reference prompts, or a file that the user names.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np

from sightsound.metrics.formulas.text import decoded
from sightsound.metrics.rows import Clips, Rows

WORD = re.compile(r"[^\W_]+")


INTERVAL = False  # none that was tried covers: docs/statistics.md


def words(text: str) -> list[str]:
    """The different words of a text, sorted.

    >>> words("The cat, the CAT")
    ['cat', 'the']
    """
    return sorted(set(WORD.findall(text.lower())))


def statistics(features: Clips) -> Rows:
    """A number for each different word of a text, `[clips, most words]`; NaN fills up texts of fewer words.

    `features`: code points (metrics.formulas.text). A word's number is 52 bits of its sha256, the same in every
    shard; among 100,000 words two share a number with a probability of one in a million.
    """
    numbers = [[_number(word) for word in words(text)] for text in decoded(features)]
    rows = np.full((len(numbers), max(1, *map(len, numbers))), np.nan)
    for row, found in zip(rows, numbers, strict=True):
        row[: len(found)] = found
    return rows


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """J of the texts with weight, 0..1; NaN when neither side has a word. How large a weight is doesn't matter.

    >>> from sightsound.metrics.formulas.text import encoded
    >>> rows, others = statistics([encoded("A red cat")]), statistics([encoded("a red dog")])
    >>> aggregate(rows, np.ones(1), others, np.ones(1))  # a, red of a, red, cat, dog
    0.5
    """
    body, reference = _body(rows, weights), _body(reference_rows, reference_weights)
    either = len(np.union1d(body, reference))
    return len(np.intersect1d(body, reference, assume_unique=True)) / either if either else float("nan")


def _body(rows: Rows, weights: Rows) -> Rows:
    found = rows[weights > 0]
    return np.unique(found[~np.isnan(found)])


def _number(word: str) -> float:
    return float(int.from_bytes(hashlib.sha256(word.encode()).digest()[:7], "big") >> 4)
