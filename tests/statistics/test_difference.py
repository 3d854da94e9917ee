import itertools
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control, permutation_test, ttest_rel
from scipy.stats import t as student

from sightsound.metrics.statistics.difference import (
    Difference,
    compare,
    holm,
    paired,
    sign_test,
    swap_test,
    tie_letters,
)
from sightsound.metrics.statistics.parts import Parts, of_clips

NUMBERS = [f"{i:03}" for i in range(300)]


def alone(values):
    return of_clips(np.asarray(values, float), NUMBERS[: len(values)], NUMBERS[: len(values)])


def test_the_difference_is_over_the_clips_that_both_have():
    a = of_clips(np.array([1.0, 2, 3]), "xyz", "abc")
    b = of_clips(np.array([5.0, nan, 4.0, 9.0]), "zyxw", "cbad")
    found = paired(a, b)
    assert (found.names, found.groups, found.values.tolist()) == (("x", "z"), ("a", "c"), [-3, -2])


def test_parts_of_other_clips_are_refused():
    a = Parts(("x", "y"), ("a", "b"), np.ones(2), np.ones(2))
    other_groups = Parts(("x", "y"), ("a", "a"), np.ones(2), np.ones(2))
    other_weights = Parts(("x", "y"), ("a", "b"), np.ones(2), np.array([1.0, 2.0]))
    for b in (other_groups, other_weights):
        with pytest.raises(ValueError, match="not over the same clips in the same groups"):
            compare(a, b)


def test_what_is_hard_for_both_cancels():
    rng = np.random.default_rng(3)
    hard = 10 * rng.normal(size=60)
    found = compare(alone(hard + 1 + 0.1 * rng.normal(size=60)), alone(hard))
    assert found.low < 1 < found.high and found.high - found.low < 0.1 and found.p < 1e-6


def test_of_many_normal_clips_it_is_the_paired_t_test():
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.2, size=150), rng.normal(size=150)
    found, theirs = compare(alone(a), alone(b)), ttest_rel(a, b)
    ends = theirs.confidence_interval()
    width = ends.high - ends.low
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=0.1 * width)
    assert found.p == pytest.approx(theirs.pvalue, rel=0.4)


@pytest.mark.parametrize("up, down, tied", [(9, 1, 0), (5, 5, 3), (0, 6, 2), (1, 0, 0), (0, 0, 4)])
def test_the_sign_test_is_the_binomial_one_over_groups(up, down, tied):
    signs = [1.0] * up + [-1.0] * down + [0.0] * tied
    found = sign_test(alone(signs))
    assert found == pytest.approx(binomtest(up, up + down).pvalue if up + down else 1.0)
    groups = [name for name in NUMBERS[: len(signs)] for _ in range(3)]
    clips = of_clips(np.repeat(signs, 3), NUMBERS[: len(groups)], groups)
    assert sign_test(clips) == pytest.approx(found), "clips of one group have one sign together"


def test_one_clip_that_is_far_off_does_not_decide_the_sign_test():
    assert sign_test(alone([-100.0] + [1.0] * 9)) == pytest.approx(binomtest(9, 10).pvalue)
    assert isnan(sign_test(alone([])))


def test_turning_the_two_round_turns_the_sign():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 40))
    one, other = compare(alone(a), alone(b)), compare(alone(b), alone(a))
    assert other.value == -one.value
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), rel=0.2)


def test_detectable_is_the_interval_s_reach_and_the_power_s():
    a, b = np.random.default_rng(6).normal(size=(2, 30))
    found = compare(alone(a), alone(b))
    error = (a - b).std(ddof=1) / np.sqrt(30)
    assert found.detectable == pytest.approx((found.high - found.low) / 2 + student.ppf(0.8, 29) * error)


def test_equal_systems_are_not_different():
    rows = np.random.default_rng(0).normal(size=10)
    one = compare(alone(rows), alone(rows))
    assert (one.value, one.low, one.high, one.p, one.detectable) == (0, 0, 0, 1, 0)
    always = compare(alone(rows + 1), alone(rows))
    assert always.value == pytest.approx(1) and always.p == pytest.approx(0, abs=1e-12)


def test_no_interval_without_groups():
    few = compare(alone([1.0, 3.0]), alone([0.0, 0.0]))
    assert few.value == 2 and all(map(isnan, (few.low, few.high, few.p, few.detectable)))
    none = compare(alone([1.0]), of_clips(np.ones(1), "x", "x"))
    assert isnan(none.value) and isnan(Difference(1.0).p)


def test_every_exchange_by_hand():
    # 3 groups of differences 1, 2, 3: the 8 signed sums are 6, 4, 2, 0 and their negatives; p tends to 2 / 8
    assert swap_test(alone([1.0, 2, 3]), swaps=20_000) == pytest.approx(0.25, abs=0.01)
    # groups of 1 + 2 and 3: all four signed sums are 6 or 0
    together = of_clips(np.array([1.0, 2, 3]), "xyz", "aac")
    assert swap_test(together, swaps=20_000) == pytest.approx(0.5, abs=0.015)
    assert isnan(swap_test(alone([])))


def test_the_swap_test_is_scipy_s():
    rng = np.random.default_rng(8)
    apart = rng.normal(0.4, size=9)
    theirs = permutation_test(
        (apart, np.zeros(9)), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples"
    )
    assert swap_test(alone(apart), swaps=20_000) == pytest.approx(theirs.pvalue, abs=0.015)


def test_false_positives_of_the_swap_test_of_means():
    # what an example gives both systems, and a group both of its clips, cancels; neither system is better
    rng = np.random.default_rng(0)
    groups = [str(i // 2) for i in range(40)]
    found, times = 0, 3000
    for seed in range(times):
        hard = 2 * rng.normal(size=40)
        a, b = (hard + np.repeat(rng.gamma(1, size=20), 2) + 0.3 * rng.normal(size=40) for _ in range(2))
        found += swap_test(of_clips(a - b, NUMBERS[:40], groups), swaps=199, seed=seed) <= 0.05
    assert 0.04 <= found / times <= 0.06


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
