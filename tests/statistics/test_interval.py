from math import isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from sightsound.metrics.statistics.interval import LEAST_GROUPS, Estimate, _error, _ratios, estimate
from sightsound.metrics.statistics.parts import MOST_BLOCKS, Parts, of_clips

NUMBERS = [f"{i:03}" for i in range(1000)]


def alone(values):
    """Clips that are a group each."""
    return of_clips(np.asarray(values, float), NUMBERS[: len(values)], NUMBERS[: len(values)])


def test_the_error_of_independent_clips_is_that_of_their_mean():
    values = np.random.default_rng(0).gamma(2, size=40)
    assert estimate(alone(values)).error == pytest.approx(values.std(ddof=1) / sqrt(40))


def test_the_error_by_brute_force():
    rng = np.random.default_rng(1)
    groups = np.array(list("aaaaabbbcccccccddeeffffghijjj"))
    values = rng.normal(size=len(groups))
    left = np.array([values[groups != name].mean() for name in np.unique(groups)])
    expected = sqrt((len(left) - 1) / len(left) * np.square(left - values.mean()).sum())
    some = of_clips(values, NUMBERS[: len(groups)], groups)
    sums, counts = some.by_group
    assert _error(sums - some.value * counts, counts) == pytest.approx(expected)


def test_the_ratios_of_draws_by_brute_force():
    # each group keeps its size and takes a deviation from a group drawn at random
    rng = np.random.default_rng(2)
    counts, means = np.array([4.0, 1, 2, 5, 3, 3]), rng.normal(size=6)
    apart = means - means.mean()
    places = np.random.default_rng(7).integers(0, 6, size=(20, 6))
    expected = []
    for place in places:
        drawn = apart[place]
        value = np.average(drawn, weights=counts)
        left = [np.average(np.delete(drawn, k), weights=np.delete(counts, k)) for k in range(6)]
        expected.append(value / sqrt(5 / 6 * np.square(np.array(left) - value).sum()))
    np.testing.assert_allclose(_ratios(apart, counts, 20, 7), expected, rtol=1e-9)


def test_draws_of_one_group_alone_have_no_ratio():
    ratios = _ratios(np.array([1.0, -1.0]), np.ones(2), 400, 0)
    assert 0 < len(ratios) < 300 and np.isfinite(ratios).all()  # half of the draws are of one group


def test_of_many_normal_clips_it_is_student_s():
    values = np.random.default_rng(3).normal(size=180)
    found = estimate(alone(values))
    half = student.ppf(0.975, 179) * values.std(ddof=1) / sqrt(180)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)
    assert found.low < values.mean() - 0.999 * half and found.high > values.mean() + 0.999 * half  # never less


def test_it_reaches_further_to_the_side_of_the_tail():
    values = np.array([0.0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 14])
    found = estimate(alone(values))
    assert found.high - found.value > 1.5 * (found.value - found.low)
    mirrored = estimate(alone(-values))
    assert mirrored.low == pytest.approx(-found.high, rel=0.15)  # the draws are the same, their signs turned


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000))
def test_the_p_value_is_below_a_twentieth_just_where_zero_is_outside(seed):
    rng = np.random.default_rng(seed)
    found = estimate(alone(rng.gamma(1.0, size=12) - rng.uniform(0, 2)))
    assert (found.p < 0.05) == (not found.low <= 0 <= found.high)
    assert 0 < found.p <= 1


def test_the_p_value_of_many_normal_clips_is_student_s():
    values = np.random.default_rng(4).normal(0.1, size=900)
    assert estimate(alone(values)).p == pytest.approx(ttest_1samp(values, 0).pvalue, rel=0.5)


def test_many_comparisons_can_be_corrected_for():
    # a p-value has no floor by the number of draws
    assert estimate(alone(np.random.default_rng(5).normal(3, size=60))).p < 1e-9


@settings(max_examples=20, deadline=None)
@given(st.randoms())
def test_the_order_of_the_clips_does_not_matter(random):
    rng = np.random.default_rng(6)
    clips = list(zip(NUMBERS[:50], rng.choice(list("abcdefghijklmn"), size=50), rng.normal(size=50), strict=True))

    def found(some):
        names, groups, values = zip(*some, strict=True)
        return estimate(of_clips(np.array(values), names, groups))

    plain, shuffled = found(clips), found(random.sample(clips, len(clips)))
    for name in Estimate.__dataclass_fields__:
        assert getattr(shuffled, name) == pytest.approx(getattr(plain, name), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.001, 1000), st.floats(-100, 100))
def test_it_moves_and_grows_with_the_unit(scale, shift):
    values = np.random.default_rng(7).gamma(1, size=15)
    plain, other = estimate(alone(values)), estimate(alone(scale * values + shift))
    for end in ("value", "low", "high"):
        assert getattr(other, end) == pytest.approx(scale * getattr(plain, end) + shift, rel=1e-6, abs=1e-6)


def test_copies_of_clips_in_their_groups_add_nothing():
    values = np.random.default_rng(8).normal(size=20)
    once = estimate(alone(values))
    names = [f"{name} {copy}" for copy in range(5) for name in NUMBERS[:20]]
    five = estimate(of_clips(np.tile(values, 5), names, NUMBERS[:20] * 5))
    assert (five.low, five.high, five.freedom) == pytest.approx((once.low, once.high, once.freedom))


def test_too_few_groups_have_no_interval():
    values = np.arange(60.0)
    few = of_clips(values, NUMBERS[:60], [str(i % int(LEAST_GROUPS - 1)) for i in range(60)])
    unequal = of_clips(values, NUMBERS[:60], ["a"] * 45 + NUMBERS[:15])
    for some in (few, unequal, alone([1.0]), of_clips(values, NUMBERS[:60], ["a"] * 60)):
        found = estimate(some)
        assert found.value == some.value
        assert all(map(isnan, (found.low, found.high, found.error, found.p, found.freedom)))
    enough = of_clips(values, NUMBERS[:60], [str(i % int(LEAST_GROUPS)) for i in range(60)])
    assert estimate(enough).low < enough.value < estimate(enough).high


def test_no_value_has_no_interval():
    assert isnan(estimate(of_clips(np.full(3, np.nan), "xyz", "abc")).value)
    broken = Parts(tuple(NUMBERS[:12]), tuple(NUMBERS[:12]), np.array([np.inf] + [0.0] * 11), np.ones(12))
    assert isnan(estimate(broken).low)


def test_values_that_are_all_alike_have_no_width():
    found = estimate(alone([3.0] * 12))
    assert (found.value, found.low, found.high, found.p) == (3, 3, 3, 0)
    assert estimate(alone([0.0] * 12)).p == 1


def test_more_groups_than_blocks_are_merged():
    values = np.random.default_rng(9).normal(size=1000)
    found = estimate(alone(values))
    assert found.error == pytest.approx(values.std() / sqrt(1000), rel=0.15)
    assert found.freedom == 999 and MOST_BLOCKS == 200


def test_the_same_parts_give_the_same_and_another_seed_nearly():
    some = alone(np.random.default_rng(10).gamma(1, size=30))
    assert estimate(some) == estimate(some)
    assert estimate(some, seed=1).high == pytest.approx(estimate(some).high, rel=0.1)
