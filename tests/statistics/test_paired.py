import itertools
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.rows import weighted_mean
from sightsound.metrics.statistics.difference import compare, holm, tie_letters


def means(a, b):
    rows = np.concatenate([a, b])
    return lambda weights: weighted_mean(rows, weights)


def many_means(a, b):
    rows = np.concatenate([a, b])
    return lambda weights: weights @ rows / weights.sum(axis=1)


def test_false_positives_of_the_swap_test_of_means():
    # what an example gives both systems, and a group both of its clips, cancels; neither system is better
    rng = np.random.default_rng(0)
    groups = [str(i // 2) for i in range(40)]
    found, times = 0, 3000
    for seed in range(times):
        hard = 2 * rng.normal(size=40)
        a, b = (hard + np.repeat(rng.gamma(1, size=20), 2) + 0.3 * rng.normal(size=40) for _ in range(2))
        found += compare(means(a, b), groups, many=many_means(a, b), replicates=10, swaps=199, seed=seed).p <= 0.05
    assert 0.04 <= found / times <= 0.06


def test_false_positives_of_the_swap_test_of_a_frechet_distance():
    rng = np.random.default_rng(1)
    groups = [str(i) for i in range(24)]
    found, times = 0, 2000
    for seed in range(times):
        reference = rng.normal(size=(24, 2, 2))
        both = np.concatenate([0.5 * reference + rng.normal(size=(24, 2, 2)) for _ in range(2)])
        found += (
            compare(
                lambda w, v, both=both, reference=reference: frechet.aggregate(both, w, reference, v),
                groups,
                groups,
                many=lambda w, v, both=both, reference=reference: frechet.replicates(both, w, reference, v),
                replicates=2,
                swaps=99,
                seed=seed,
            ).p
            <= 0.05
        )
    assert 0.04 <= found / times <= 0.06


def test_the_detectable_difference_is_found_four_times_in_five():
    # differences of standard deviation 1 over 50 clips: (1.96 + 0.84) / sqrt(50)
    rng = np.random.default_rng(2)
    groups = [str(i) for i in range(50)]
    shift = (norm.ppf(0.975) + norm.ppf(0.8)) / np.sqrt(50)
    found, told = [], []
    for seed in range(400):
        a = rng.normal(size=50)
        one = compare(means(a + rng.normal(size=50) + shift, a), groups, replicates=100, swaps=199, seed=seed)
        found.append(one.p <= 0.05)
        told.append(one.detectable)
    assert 0.74 <= np.mean(found) <= 0.85
    assert np.mean(told) == pytest.approx(shift, rel=0.05)


def test_the_interval_of_a_difference_is_narrower_than_its_systems_suggest():
    rng = np.random.default_rng(3)
    hard, groups = 10 * rng.normal(size=60), [str(i) for i in range(60)]
    one = compare(means(hard + 1 + 0.1 * rng.normal(size=60), hard), groups)
    assert one.low < 1 < one.high and one.high - one.low < 0.1
    assert one.p == pytest.approx(0.001)


def test_every_exchange_by_hand():
    # 3 groups of differences 1, 2, 3: the 8 signed sums are 6, 4, 2, 0 and their negatives; p tends to 2 / 8
    one = compare(means(np.array([1.0, 2, 3]), np.zeros(3)), ["a", "b", "c"], swaps=20_000, replicates=10)
    assert one.value == 2 and one.p == pytest.approx(0.25, abs=0.01)
    # and 2 / 4 when two of the clips belong together
    one = compare(means(np.array([1.0, 2, 3]), np.zeros(3)), ["a", "a", "c"], swaps=20_000, replicates=10)
    assert one.p == pytest.approx(0.5, abs=0.015) or one.p == pytest.approx(1.0)


def test_no_test_without_a_value_or_with_one_group():
    assert isnan(compare(means(np.array([nan, nan]), np.ones(2)), ["a", "b"]).p)
    one = compare(means(np.array([1.0, 3.0]), np.ones(2)), ["a", "a"])
    assert one.value == 1 and isnan(one.p) and isnan(one.low) and isnan(one.detectable)


def test_equal_systems_are_not_different():
    rows = np.random.default_rng(0).normal(size=10)
    one = compare(means(rows, rows), list("abcdefghij"))
    assert (one.value, one.low, one.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert one.p > 0.5


def test_holm_by_hand():
    # the example of Holm 1979's rule: 0.01 x 4, 0.02 x 3, then never below what came before
    assert holm([0.02, 0.01, 0.04, 0.03]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
    with_nan = holm([0.02, nan, 0.03])
    assert with_nan[0] == pytest.approx(0.04) and isnan(with_nan[1]) and with_nan[2] == pytest.approx(0.04)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_false_discovery_rate_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for one, p, rate in zip(adjusted, p_values, false_discovery_control(p_values), strict=True):
        assert max(p, rate) - 1e-12 <= one <= min(1, len(p_values) * p) + 1e-12


def test_letters():
    assert tie_letters(["x"], {}) == {"x": "a"}
    assert tie_letters(["x", "y"], {("x", "y"): True}) == {"x": "a", "y": "b"}
    # neighbours are tied, the ends are not: the middle has both letters
    differ = {("x", "y"): False, ("z", "y"): False, ("x", "z"): True}
    assert tie_letters(["x", "y", "z"], differ) == {"x": "a", "y": "ab", "z": "b"}
    assert tie_letters(["x", "y"], {}) == {"x": "a", "y": "b"}, "not compared is no tie"
    assert tie_letters([], {}) == {}
    many = [str(i) for i in range(60)]
    letters = tie_letters(many, {})
    assert len(set(letters.values())) == 60 and letters["26"] == "a1"


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 7).flatmap(lambda n: st.lists(st.booleans(), min_size=n * n, max_size=n * n)))
def test_letters_say_exactly_who_differs(flags):
    count = int(len(flags) ** 0.5)
    names = [str(i) for i in range(count)]
    differ = dict(zip(itertools.combinations(names, 2), flags, strict=False))
    letters = tie_letters(names, differ)
    for (a, b), different in differ.items():
        shared = any(letter in letters[b] for letter in letters[a])
        assert shared != different
