from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sightsound.metrics.formulas.ranked import rank

NAN = float("nan")
SCORES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.one_of(st.just(NAN), st.integers(-3, 3).map(float), st.floats(-1, 1)),
)


@pytest.mark.parametrize(
    "scores, expected",
    [
        ([0.3, 0.1, 0.2], [1, 1 / 3, 1 / 2]),
        # a cycle of three, which argsort taken for the rank gets wrong
        ([0.2, 0.3, 0.1], [1 / 2, 1, 1 / 3]),
        ([0.1, 0.1, 0.2], [5 / 12, 5 / 12, 1]),
        ([0.2, 0.2, 0.2], [11 / 18] * 3),
        ([0.1, NAN, 0.2], [1 / 2, 1 / 3, 1]),
        ([NAN, 0.1, NAN], [5 / 12, 1, 5 / 12]),
        ([-0.5, NAN], [1, 1 / 2]),
        ([NAN, NAN], [3 / 4, 3 / 4]),
        ([0.5], [1]),
    ],
)
def test_positions_by_hand(scores, expected):
    assert rank.statistics(np.array([scores]))[0] == pytest.approx(expected, rel=1e-12)


@given(SCORES)
def test_every_row_sums_to_the_harmonic_number(scores):
    systems = scores.shape[1]
    harmonic = float(sum(Fraction(1, k) for k in range(1, systems + 1)))
    rows = rank.statistics(scores)
    assert rows.sum(axis=1) == pytest.approx(harmonic, rel=1e-12)
    values = [rank.aggregate(rows[:, k], np.ones(len(rows))) for k in range(systems)]
    assert sum(values) == pytest.approx(harmonic, rel=1e-12)
    assert rows.min() >= 1 / systems - 1e-12 and rows.max() <= 1


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_systems_does_not_matter(scores, random):
    order = random.sample(range(scores.shape[1]), scores.shape[1])
    assert rank.statistics(scores[:, order]) == pytest.approx(rank.statistics(scores)[:, order], rel=1e-12)


def test_two_systems_give_half_of_one_plus_the_win_rate():
    scores = np.array([[1.0, 0], [1, 0], [0, 1], [1, 0]])
    rows = rank.statistics(scores)
    assert rank.aggregate(rows[:, 0], np.ones(4)) == pytest.approx((1 + 0.75) / 2)


def test_bad_scores_raise():
    with pytest.raises(ValueError, match="infinite"):
        rank.statistics(np.array([[np.inf, 0.0]]))
    with pytest.raises(ValueError, match="expected"):
        rank.statistics(np.zeros(3))
