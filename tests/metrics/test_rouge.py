"""ROUGE by hand and against rouge-score; texts as features."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.formulas.paired import rouge
from sightsound.metrics.formulas.text import decoded, encoded
from sightsound.metrics.networks.text import characters

FIGURES = json.loads((Path(__file__).parents[1] / "parity" / "text.json").read_text(encoding="utf-8"))
WORDS = st.lists(st.sampled_from(["Dancing", "dances", "a", "cello", "CELLO", "9th"]), max_size=7).map(" ".join)


def value(texts, references, weights=None, **options):
    rows = rouge.statistics([encoded(t) for t in texts], [encoded(r) for r in references], **options)
    return rouge.aggregate(rows, np.ones(len(rows)) if weights is None else np.asarray(weights, float))


def test_by_hand():
    text, reference = "the cat sat on the mat", "the cat is on a mat today"
    # shared words: the, cat, on, mat: 4 of 6 and of 7; pairs: the cat: 1 of 5 and of 6; in order: the same 4
    assert rouge.score(text, reference, kind="rouge1") == pytest.approx((4 / 6, 4 / 7, 8 / 13))
    assert rouge.score(text, reference, kind="rouge2") == pytest.approx((1 / 5, 1 / 6, 2 / 11))
    assert rouge.score(text, reference, kind="rougeL") == pytest.approx((4 / 6, 4 / 7, 8 / 13))
    assert rouge.score("b a", "a b", kind="rougeL") == pytest.approx((1 / 2, 1 / 2, 1 / 2))
    assert rouge.score("dances", "dancing", kind="rouge1")[2] == 0
    assert rouge.score("dances", "dancing", kind="rouge1", stemmer="porter")[2] == 1


@pytest.mark.parametrize("stemmer", list(rouge.STEMMERS))
@pytest.mark.parametrize("kind", rouge.KINDS)
def test_equals_rouge_score(kind, stemmer):
    wanted = FIGURES["rouge"][f"{kind}-{stemmer}"]
    found = [rouge.score(text, reference, kind=kind, stemmer=stemmer) for text, reference in FIGURES["pairs"]]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    texts, references = zip(*FIGURES["pairs"], strict=True)
    mean = np.mean([f for *_, f in wanted])
    assert value(texts, references, kind=kind, stemmer=stemmer) == pytest.approx(mean, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS, st.sampled_from(rouge.KINDS), st.sampled_from(list(rouge.STEMMERS)))
def test_in_0_to_1_symmetric_and_1_for_equal_texts(text, reference, kind, stemmer):
    precision, recall, f = rouge.score(text, reference, kind=kind, stemmer=stemmer)
    fewest = 2 if kind == "rouge2" else 1
    if len(reference.split()) < fewest:
        assert np.isnan([precision, recall, f]).all()
        return
    assert min(precision, recall, f) >= 0 and max(precision, recall, f) <= 1
    assert rouge.score(reference, reference, kind=kind, stemmer=stemmer)[2] == 1
    if len(text.split()) >= fewest:
        swapped = rouge.score(reference, text, kind=kind, stemmer=stemmer)
        assert swapped == pytest.approx((recall, precision, f))


def test_empty_and_foreign_texts():
    # a text without words shares none; a reference without words can't be compared with
    assert value(["", "красный кот", "a cat"], ["a cat"] * 3, kind="rouge1") == pytest.approx(1 / 3)
    assert np.isnan(value(["a cat"], [""], kind="rougeL"))
    assert np.isnan(value(["красный кот"], ["красный кот"], kind="rouge1"))
    assert np.isnan(value(["a"], ["a"], kind="rouge2"))  # one word has no pair
    assert value(["a cat", "a cat"], ["", "a cat"], kind="rouge1") == 1
    assert value(["a cat", "dog"], ["a cat", "a cat"], weights=[3, 1], kind="rouge1") == pytest.approx(3 / 4)


def test_wrong_use_is_told(monkeypatch):
    with pytest.raises(ValueError, match="rouge1, rouge2, rougeL"):
        value(["a"], ["a"], kind="rouge3")
    with pytest.raises(ValueError, match="none, porter"):
        value(["a"], ["a"], kind="rouge1", stemmer="lancaster")
    with pytest.raises(ValueError, match="1 texts against 2"):
        value(["a"], ["a", "b"], kind="rouge1")
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    rouge._scorer.cache_clear()
    with pytest.raises(ValueError, match="pip install"):
        value(["a"], ["a"], kind="rouge1")
    rouge._scorer.cache_clear()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_a_text_survives_as_features(text):
    features = characters.load({}, "cpu")([text])[0]
    assert list(features) == list(EXTRACTORS["characters"].outputs)
    assert features["code_points"].shape == (len(text) + 1, 1) and features["code_points"].dtype == np.float32
    assert decoded([features["code_points"]]) == [text]


def test_what_is_no_text_is_told():
    with pytest.raises(ValueError, match="characters takes texts"):
        characters.load({}, "cpu")(["a", Path("a")])
    for features in ([[97.0]], [[97.5], [0]], [[-1.0], [0]], [[2e6], [0]], [[97.0, 1], [0, 0]]):
        with pytest.raises(ValueError, match="not the code points"):
            decoded([np.array(features)])
