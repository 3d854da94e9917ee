"""BERTScore by hand and against bert-score's own matching."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.paired import bertscore
from tests.parity.clouds import cloud

FIGURES = json.loads((Path(__file__).parents[1] / "parity" / "text.json").read_text(encoding="utf-8"))["bertscore"]


def tokens(*degrees):
    """Unit vectors of the plane, the marks among them."""
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def value(texts, references, part="f1", weights=None):
    rows = bertscore.statistics(texts, references, part=part)
    return bertscore.aggregate(rows, np.ones(len(rows)) if weights is None else np.asarray(weights, float))


def test_by_hand():
    # marks at 180 degrees; text at 0 and 60, reference at 0, 30 and 90
    text, reference = tokens(180, 0, 60, 180), tokens(180, 0, 30, 90, 180)
    half = np.sqrt(3) / 2  # cosine of 30 degrees
    precision, recall = (1 + half) / 2, (1 + half + half) / 3
    wanted = precision, recall, 2 * precision * recall / (precision + recall)
    assert bertscore.score(text, reference) == pytest.approx(wanted, rel=1e-12)
    assert bertscore.score(3 * text, reference) == pytest.approx(wanted, rel=1e-12)
    for part, one in zip(bertscore.PARTS, wanted, strict=True):
        assert value([text], [reference], part) == pytest.approx(one, rel=1e-12)


def test_a_mark_may_be_matched_but_is_not_scored():
    # the text's only token is nearest to the reference's first mark
    precision, recall, _ = bertscore.score(tokens(0, 10, 0), tokens(10, 40, 100))
    assert precision == pytest.approx(1)
    assert recall == pytest.approx(np.cos(np.deg2rad(30)))


def test_equals_bert_score():
    for i, ((n, m), wanted) in enumerate(zip(FIGURES["sizes"], FIGURES["values"], strict=True)):
        found = bertscore.score(cloud(100 + i, n, 16, shift=1.0), cloud(200 + i, m, 16, shift=1.0))
        assert found == pytest.approx(wanted, abs=1e-6)


def test_empty_texts():
    empty, some = tokens(0, 10), tokens(0, 5, 10)
    assert value([empty, some], [some, some]) == pytest.approx(0.5)
    assert np.isnan(value([some], [empty])) and np.isnan(value([empty], [empty]))
    assert value([some, some], [empty, some], weights=[5, 1]) == pytest.approx(1)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 9), st.integers(3, 9), st.integers(0, 2**32 - 1))
def test_sides_swap_precision_and_recall_and_a_text_equals_itself(n, m, seed):
    rng = np.random.default_rng(seed)
    text, reference = rng.normal(size=(n, 5)) + 1, rng.normal(size=(m, 5)) + 1
    precision, recall, f1 = bertscore.score(text, reference)
    assert bertscore.score(reference, text) == pytest.approx((recall, precision, f1), rel=1e-12)
    assert bertscore.score(text, text) == pytest.approx((1, 1, 1), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_clips_does_not_matter(order):
    texts, references = ([cloud(seed + i, 4 + i, 6, shift=1.0) for i in range(4)] for seed in (10, 20))
    shuffled = value([texts[i] for i in order], [references[i] for i in order])
    assert shuffled == pytest.approx(value(texts, references), rel=1e-12)


def test_pairwise_matrix_of_stages():
    lyrics, theme = [tokens(0, 5, 9), tokens(0, 40, 9)], [tokens(0, 30, 9), tokens(0, 9)]
    prompt = [tokens(0, 60, 9), tokens(0, 60, 9)]
    matrix = bertscore.pairwise({"lyrics": lyrics, "theme": theme, "prompt": prompt})
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diagonal(matrix), 1)
    assert matrix[0, 2] == pytest.approx(value(lyrics, prompt))
    assert matrix[0, 1] == pytest.approx(value(lyrics[:1], theme[:1]))  # the second clip has no theme
    empty = [tokens(0, 9)] * 2
    assert np.isnan(bertscore.pairwise({"lyrics": lyrics, "theme": empty})[0, 1])
    with pytest.raises(ValueError, match="lyrics 2, theme 1"):
        bertscore.pairwise({"lyrics": lyrics, "theme": theme[:1]})


def test_wrong_use_is_told():
    with pytest.raises(ValueError, match="precision, recall, f1"):
        value([tokens(0, 1, 2)], [tokens(0, 1, 2)], "accuracy")
    with pytest.raises(ValueError, match="the marks alone are 2"):
        value([tokens(0)], [tokens(0, 1, 2)])
