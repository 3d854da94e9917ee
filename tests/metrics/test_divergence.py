from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sightsound.metrics.formulas import posterior
from sightsound.metrics.formulas.paired import divergence

by_scores = partial(divergence.statistics, posterior="scores")
LOGITS = arrays(np.float32, (3, 5), elements=st.floats(-20, 20, width=32))


def test_two_classes_by_hand():
    # reference (1/2, 1/2), generated (1/4, 3/4): ln 2 / 2 + ln(2/3) / 2
    reference = [np.zeros((1, 2))]
    generated = [np.log([[1.0, 3.0]])]
    expected = 0.5 * np.log(2) + 0.5 * np.log(2 / 3)
    assert divergence.statistics(generated, reference) == pytest.approx([expected], rel=1e-5)
    other_way = 0.25 * np.log(0.5) + 0.75 * np.log(1.5)
    assert divergence.statistics(reference, generated) == pytest.approx([other_way], rel=1e-5)


def test_posteriors_are_averaged_over_frames_not_logits():
    # frames (0.9, 0.1) and (0.1, 0.9) are (1/2, 1/2) together, whatever the number of frames on the other side
    generated = [np.log([[9.0, 1.0], [1.0, 9.0]])]
    assert divergence.statistics(generated, [np.zeros((5, 2))]) == pytest.approx([0.0], abs=1e-12)
    uneven = [np.log([[99.0, 1.0], [1.0, 1.0]])]  # mean (0.745, 0.255); the mean logit would give (0.909, 0.091)
    assert posterior.of_logits(uneven[0]) == pytest.approx([0.745, 0.255], rel=1e-9)


@given(LOGITS, LOGITS)
def test_never_negative_and_zero_for_equal(a, b):
    assert divergence.statistics([a], [b])[0] >= 0
    assert divergence.statistics([a], [a])[0] == 0


def test_agrees_with_audiocraft_formula_away_from_epsilon():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 50))
    p, q = posterior.of_logits(b), posterior.of_logits(a)
    audiocraft = np.sum(p * (np.log(p) - np.log(q + 1e-6)))
    assert divergence.statistics([a], [b])[0] == pytest.approx(audiocraft, rel=1e-3)


def test_a_class_the_generated_clip_never_shows_costs_a_finite_amount():
    # p = (1/2, 1/2), q = (1, 0) + 1e-6 each: ln(1/2)/2 + ln(1/2 / 1e-6)/2 = 6.2146
    generated, reference = [np.array([[1.0, 0.0]])], [np.array([[0.5, 0.5]])]
    assert by_scores(generated, reference) == pytest.approx([6.2146], abs=1e-3)


def test_scores_are_divided_by_their_sum():
    # frame means (0.5, 0.25, 0.25) against (0.25, 0.25, 0): posteriors (1/2, 1/4, 1/4) and (1/2, 1/2, 0)
    reference = [np.array([[0.9, 0.5, 0.5], [0.1, 0.0, 0.0]])]
    generated = [np.array([[0.25, 0.25, 0.0]])]
    expected = 0.25 * np.log(0.5) + 0.25 * np.log(0.25 / 1e-6)
    assert by_scores(generated, reference) == pytest.approx([expected], rel=1e-4)


def test_scores_of_one_do_not_drown_the_rest():
    # through log-odds a score of 1 would be infinite, and the other class would not count at all
    a, b = [np.array([[1.0, 0.6, 0.0]])], [np.array([[1.0, 0.0, 0.6]])]
    assert by_scores(a, b)[0] > 1


def test_aggregate_is_the_weighted_mean():
    rows = np.array([1.0, 2.0, 4.0])
    assert divergence.aggregate(rows, np.ones(3)) == pytest.approx(7 / 3)
    assert divergence.aggregate(rows, np.array([2.0, 0, 1])) == pytest.approx(2.0)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"expected 0\.\.1"):
        by_scores([np.array([[1.5, 0.0]])], [np.array([[0.5, 0.0]])])
    with pytest.raises(ValueError, match="all class scores are zero"):
        by_scores([np.zeros((1, 2))], [np.array([[0.5, 0.0]])])
    with pytest.raises(ValueError, match="1 clips against 2"):
        divergence.statistics([np.zeros((1, 2))], [np.zeros((1, 2))] * 2)
    with pytest.raises(ValueError, match="not the same extractor"):
        divergence.statistics([np.zeros((1, 2))], [np.zeros((1, 3))])
