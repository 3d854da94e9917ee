from math import isnan

import numpy as np
import pytest
from scipy.stats import t as student

from sightsound.metrics.statistics.difference import paired
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import of_clips
from sightsound.metrics.statistics.seeds import difference, over_seeds

NAMES = [f"{i:02}" for i in range(40)]
GROUPS = [str(i // 2) for i in range(40)]


def run(values, names=NAMES, groups=GROUPS):
    return of_clips(np.asarray(values, float), names, groups)


def runs(rng, common, count=3, own=1.0):
    clip = rng.normal(size=40)
    return [run(clip + own * rng.normal(size=40) + common * rng.normal()) for _ in range(count)]


def test_one_run_is_itself():
    some = run(np.arange(40))
    found = over_seeds([some])
    assert found.parts.values.tolist() == some.values.tolist()
    assert (found.runs, found.spread, found.common) == (1, 0, 0)


def test_means_are_over_the_clips_that_all_runs_have():
    a, b = run([1, 2, 3], "xyz", "abc"), run([5, 6, 7], "zyw", "cbd")
    found = over_seeds([a, b])
    assert found.parts.names == ("y", "z") and found.parts.values.tolist() == [4, 4]


def test_components_by_hand():
    # two runs, two groups of one clip: values 1.5 and 3.5; the groups' own variances are (1 - 3)^2 / 2 and
    # (2 - 4)^2 / 2, so 4 / 2^2 = 1 of the variance 2 between the runs is theirs; half of the rest is the mean's
    found = over_seeds([run([1, 2], "xy", "ab"), run([3, 4], "xy", "ab")])
    assert found.spread == pytest.approx(np.sqrt(2))
    assert found.common == pytest.approx((2 - 1) / 2)


def test_a_common_effect_is_found_on_average_and_none_where_there_is_none():
    rng = np.random.default_rng(0)
    for common in (0.0, 0.5):
        found = [over_seeds(runs(rng, common)) for _ in range(400)]
        unclipped = np.mean([each.spread**2 for each in found]) - 1 / 40  # own^2 / clips
        assert unclipped == pytest.approx(common**2, abs=0.04)
    assert np.mean([each.common * 3 for each in found]) == pytest.approx(0.25, abs=0.05)


def test_without_several_seeds_it_is_the_plain_difference():
    rng = np.random.default_rng(1)
    a, b = run(rng.normal(size=40)), run(rng.normal(size=40))
    found, share = difference(over_seeds([a]), over_seeds([b]))
    assert found == estimate(paired(a, b)) and isnan(share)


def test_seeds_that_move_all_clips_widen_the_interval_and_are_told():
    rng = np.random.default_rng(2)
    a, b = over_seeds(runs(rng, 2.0)), over_seeds(runs(rng, 2.0))
    found, share = difference(a, b)
    plain = estimate(paired(a.parts, b.parts))
    variance = plain.error**2 + a.common + b.common
    freedom = variance**2 / (plain.error**4 / plain.freedom + (a.common**2 + b.common**2) / 2)
    reach = student.ppf(0.975, freedom) * np.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))
    assert found.high - found.low > 3 * (plain.high - plain.low)
    assert share == pytest.approx(1, abs=0.1) and found.freedom < 6
    assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_no_interval_of_few_groups():
    several = [run([1.0, 2, 3], "xyz", "abc"), run([2.0, 5, 3], "xyz", "abc")]
    found, share = difference(over_seeds(several), over_seeds(several[:1]))
    assert isnan(found.low) and isnan(share)
