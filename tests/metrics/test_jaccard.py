from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.text import encoded
from sightsound.metrics.formulas.two_sets import jaccard

TEXTS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4).map(" ".join), min_size=1, max_size=5)


def value(texts, corpus, weights=None):
    rows, reference = (jaccard.statistics([encoded(text) for text in side]) for side in (texts, corpus))
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, float)
    return jaccard.aggregate(rows, weights, reference, np.ones(len(reference)))


def test_by_hand():
    texts = ["A red cat, red!", "a dog"]  # a red cat dog
    corpus = ["the CAT", "red-blue", "a cat"]  # the cat red blue a
    assert value(texts, corpus) == pytest.approx(3 / 6)
    assert value(texts, corpus, weights=[0, 7]) == pytest.approx(1 / 6)


def test_words():
    assert jaccard.words("Don't stop, DON'T: snake_case 4K — naïve") == sorted(
        ["don", "t", "stop", "snake", "case", "4k", "naïve"]
    )
    assert jaccard.words("Красный кот") == ["кот", "красный"]


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.randoms())
def test_is_that_of_sets_of_words_whatever_the_order(texts, corpus, random):
    body, other = set(" ".join(texts).split()), set(" ".join(corpus).split())
    found = value(texts, corpus)
    if not body | other:
        assert np.isnan(found)
        return
    assert found == pytest.approx(len(body & other) / len(body | other))
    assert value(random.sample(texts, len(texts)), corpus) == found
    assert value(corpus, texts) == found
    if body:
        assert value(texts, texts) == 1


def test_has_no_interval():
    # a draw of the texts has fewer different words than all of them, whatever the truth
    assert jaccard.INTERVAL is False


def test_shards_and_padding_do_not_matter():
    texts, corpus = ["a b c d e f", "", "g"], ["a g"]
    short = jaccard.statistics([encoded(texts[2])])
    rows = jaccard.statistics([encoded(text) for text in texts])
    assert rows.shape == (3, 6) and np.isnan(rows[1]).all()
    assert rows[2, 0] == short[0, 0] and rows[2, 0] < 2**52
    assert value(texts, corpus) == pytest.approx(2 / 7)
