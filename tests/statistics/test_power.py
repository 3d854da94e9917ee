from math import inf, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from sightsound.metrics.statistics.interval import LEAST_GROUPS, estimate
from sightsound.metrics.statistics.parts import Parts, of_clips
from sightsound.metrics.statistics.power import (
    Components,
    components,
    detectable,
    examples_needed,
    groups_needed,
    one_each,
    power,
)


def drawn(rng, between, within, sizes, mean=0.0):
    """Values of groups of these sizes with these variances."""
    groups = np.repeat([f"{i:04}" for i in range(len(sizes))], sizes)
    values = mean + np.repeat(sqrt(between) * rng.normal(size=len(sizes)), sizes)
    values += sqrt(within) * rng.normal(size=len(groups))
    return of_clips(values, [f"{i:05}" for i in range(len(groups))], groups)


def test_components_by_hand():
    # two groups of two: means 2 and 6, MS between 2 (2^2 + 2^2) = 16, within (1 + 1 + 1 + 1) / 2 = 2
    found = components(of_clips(np.array([1.0, 3, 5, 7]), "wxyz", "aabb"))
    assert (found.between, found.within, found.sizes) == ((16 - 2) / 2, 2, (2, 2))
    assert found.error() == pytest.approx(sqrt(7 / 2 + 2 / 4)) and found.error(4) == pytest.approx(
        found.error() / 2
    )


def test_components_are_right_on_average_for_unequal_groups():
    rng = np.random.default_rng(0)
    sizes = [20, 8, 5, 3, 2, 1, 1, 1]
    found = [components(drawn(rng, 2.0, 3.0, sizes)) for _ in range(1500)]
    assert np.mean([each.within for each in found]) == pytest.approx(3, rel=0.03)
    assert np.mean([each.between for each in found]) == pytest.approx(2, rel=0.12)
    assert min(each.between for each in found) == 0, "never below 0"


def test_their_error_is_the_spread_of_the_mean():
    rng = np.random.default_rng(1)
    sizes = [9, 6, 4, 3, 2, 2, 1, 1, 1, 1]
    spread = np.std([drawn(rng, 1.0, 4.0, sizes).value for _ in range(4000)])
    assert Components(1.0, 4.0, tuple(map(float, sizes))).error() == pytest.approx(spread, rel=0.04)


def test_groups_of_one_have_one_variance():
    rng = np.random.default_rng(2)
    found = components(drawn(rng, 1.0, 1.0, [1] * 500))
    assert isnan(found.within) and found.between == pytest.approx(2, rel=0.2)
    assert one_each(found) == found
    pieces = Parts(tuple("abcdef"), tuple("abcdef"), rng.normal(size=6), np.full(6, 5.0))
    assert isnan(one_each(components(pieces)).between), "what one of five would be is not known"
    assert isnan(examples_needed(one_each(components(pieces)), 1.0))


def test_one_group_is_too_few():
    with pytest.raises(ValueError, match="3 examples of one group"):
        components(of_clips(np.arange(3.0), "xyz", "aaa"))


def test_power_is_that_of_the_tables():
    # Cohen 1988: a two-sided paired t test of d = 0.5 at 5% takes 34 pairs for 80%, of d = 0.2 199
    assert power(0.5, 1 / sqrt(34), 33) == pytest.approx(0.807, abs=0.003)
    assert power(0.5, 1 / sqrt(33), 32) < 0.8
    assert groups_needed(Components(1.0, float("nan"), (1.0,) * 10), 0.5) == 34
    assert groups_needed(Components(1.0, float("nan"), (1.0,) * 10), 0.2) == 199
    assert power(0.0, 1.0, 20) == pytest.approx(0.05)
    assert power(1e6, 1.0, 5) == 1 and power(1.0, 0.0, 5) == 1 and power(0.0, 0.0, 5) == 0
    assert power(norm.ppf(0.975) + norm.ppf(0.8), 1.0, inf) == pytest.approx(0.8, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.05, 3), st.floats(0, 4), st.floats(0.01, 4), st.lists(st.integers(1, 9), min_size=2, max_size=9)
)
def test_as_many_groups_as_needed_are_just_enough(difference, between, within, sizes):
    found = Components(between, within, tuple(map(float, sizes)))
    groups = groups_needed(found, difference)
    effective = found.effective / len(sizes)

    def power_of(count):
        return power(difference, found.error(count / len(sizes)), count * effective - 1)

    assert power_of(groups) >= 0.8 and groups * effective >= LEAST_GROUPS
    fewer = groups - 1
    assert fewer * effective < LEAST_GROUPS or power_of(fewer) < 0.8


def test_a_difference_beyond_reach_is_infinite():
    assert groups_needed(Components(1.0, 1.0, (2.0, 2.0)), 1e-9) == inf
    assert examples_needed(Components(1.0, 1.0, (2.0, 2.0)), 1e-9) == inf


def test_nothing_is_detectable_in_too_few_groups():
    assert isnan(detectable(Components(1.0, 1.0, (2.0,) * int(LEAST_GROUPS - 1))))
    assert isnan(detectable(Components(1.0, 1.0, (40.0,) + (1.0,) * 12)))
    many = Components(1.0, 0.0, (1.0,) * 200)
    assert detectable(many) == pytest.approx(2.8 / sqrt(200), rel=0.02)


@pytest.mark.parametrize("sizes", [(1,), (4,), (10, 3, 1, 1)])
def test_the_stated_number_has_the_power_that_it_says(sizes):
    # with the interval that is printed, not with the formula's own t test
    rng = np.random.default_rng(3)
    truth = Components(0.4, 1.0, tuple(map(float, sizes * 3)))
    groups = int(groups_needed(truth, 0.35))
    repeated = [sizes[i % len(sizes)] for i in range(groups)]
    found = [estimate(drawn(rng, 0.4, 1.0, repeated, 0.35)).p < 0.05 for _ in range(500)]
    assert 0.74 <= np.mean(found) <= 0.87
