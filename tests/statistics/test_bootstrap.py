import os
import subprocess
import sys
from math import hypot, isnan, nan

import numpy as np
import pytest

from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.rows import weighted_mean
from sightsound.metrics.statistics.bootstrap import bootstrap, difference_interval


def mean_interval(rows, groups, **options):
    return bootstrap(lambda weights: weighted_mean(rows, weights), groups, **options)


def coverage(make, truth, times, replicates=300):
    """Share of `times` samples from `make(rng) -> (rows, groups)` whose interval holds the truth."""
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(times):
        low, high = mean_interval(*make(rng), replicates=replicates, seed=seed)
        held += low <= truth <= high
    return held / times


def test_covers_the_mean_of_skewed_values_like_a_kl():
    # 60 clips, Gamma with shape 1.5, as skewed as KL over clips; a mean of 60 such is not yet quite normal
    def make(rng):
        return rng.gamma(1.5, 0.4, size=60), [str(i) for i in range(60)]

    assert 0.91 <= coverage(make, 0.6, 500) <= 0.97


def test_covers_the_mean_when_clips_of_a_group_depend_on_each_other():
    # 40 scenarios of 1 to 5 clips that share most of their value
    def make(rng):
        sizes = rng.integers(1, 6, size=40)
        groups = np.repeat(np.arange(40), sizes)
        return 1 + rng.normal(size=40)[groups] + 0.3 * rng.normal(size=len(groups)), list(map(str, groups))

    def as_if_independent(rng):
        rows, groups = make(rng)
        return rows, [str(i) for i in range(len(groups))]

    assert 0.90 <= coverage(make, 1.0, 400) <= 0.97
    assert coverage(as_if_independent, 1.0, 400) < 0.85  # what resampling clips would give


def test_agrees_with_theory_for_a_normal_mean():
    rows = np.random.default_rng(3).normal(size=400)
    low, high = mean_interval(rows, list(map(str, range(400))), replicates=4000)
    half = 1.96 * rows.std() / 20
    assert (low, high) == pytest.approx((rows.mean() - half, rows.mean() + half), abs=0.1 * half)


def test_the_basic_interval_turns_the_skew_round():
    # the percentile interval of a long right tail reaches far up, the basic interval far down
    rows = np.array([0.0] * 9 + [10.0])
    low, high = mean_interval(rows, list(map(str, range(10))), replicates=2000)
    assert 1 - low > high - 1 > 0


def test_takes_the_bias_off_a_frechet_distance():
    # equal distributions, so the truth is 0; the plug-in value is far above, the interval near 0
    rng = np.random.default_rng(0)
    rows, reference = (frechet.statistics(rng.normal(size=(60, 2, 20))) for _ in range(2))
    groups = [str(i) for i in range(60)]
    value = frechet.aggregate(rows, np.ones(60), reference, np.ones(60))
    low, high = bootstrap(
        lambda w, v: frechet.aggregate(rows, w, reference, v), groups, groups, paired=False, replicates=200
    )
    assert low < high < value and abs((low + high) / 2) < 0.5 * value


def test_paired_sides_are_drawn_together_and_independent_ones_are_not():
    # the difference of two equal sides never varies when groups are drawn together
    rows = np.random.default_rng(0).normal(size=30)
    groups = [str(i // 2) for i in range(30)]

    def gap(weights, other_weights):
        return weighted_mean(rows, weights) - weighted_mean(rows, other_weights)

    assert bootstrap(gap, groups, groups) == pytest.approx((0, 0), abs=1e-12)
    low, high = bootstrap(gap, groups, groups, paired=False)
    assert low < -0.1 and high > 0.1


def test_paired_sides_may_lack_clips():
    # the generated side lacks clip 2; weights are matched by group, not by position
    seen = []

    def value(weights, other_weights):
        seen.append((weights, other_weights))
        return 1.0

    bootstrap(value, list("abdef"), list("abcdef"), replicates=50)
    assert len(seen) > 50
    assert all((weights == other[[0, 1, 3, 4, 5]]).all() for weights, other in seen)
    assert any(other.sum() != 6 or other.max() > 1 for _, other in seen)


def test_a_group_is_drawn_as_a_whole():
    seen = []
    bootstrap(lambda weights: seen.append(weights) or 0.0, list("aabcde"), replicates=20)
    assert len(seen) > 20
    assert all(weights[0] == weights[1] for weights in seen)
    assert all(weights[0] + weights[2:].sum() == 5 for weights in seen[1:])


def test_the_seed_decides():
    rows, groups = np.random.default_rng(0).normal(size=20), list(map(str, range(20)))
    assert mean_interval(rows, groups, seed=1) == mean_interval(rows, groups, seed=1)
    assert mean_interval(rows, groups, seed=1) != mean_interval(rows, groups, seed=2)
    renamed = [f"scenario-{i:02}" for i in range(20)]
    assert mean_interval(rows, renamed) == pytest.approx(mean_interval(rows, [f"x{i:02}" for i in range(20)]))


def test_a_higher_level_is_wider():
    rows, groups = np.random.default_rng(0).normal(size=40), list(map(str, range(40)))
    low, high = mean_interval(rows, groups)
    wide_low, wide_high = mean_interval(rows, groups, level=0.99)
    assert wide_low < low < high < wide_high


def test_no_interval_from_one_group_or_no_value():
    assert all(map(isnan, mean_interval(np.array([1.0, 2.0]), ["a", "a"])))
    assert all(map(isnan, mean_interval(np.array([nan, nan]), ["a", "b"])))
    assert all(map(isnan, bootstrap(lambda w, v: 1.0, ["a", "b"], ["a", "a"])))
    # one clip in 20 has a value: about a third of the replicates miss it
    rows = np.array([1.0] + [nan] * 19)
    assert all(map(isnan, mean_interval(rows, list(map(str, range(20))))))


def test_a_few_clips_without_a_value_do_not_matter():
    rows = np.array([nan, *np.linspace(0, 1, 19)])
    low, high = mean_interval(rows, list(map(str, range(20))))
    assert low < 0.5 < high


def test_replicates_of_the_pocket_runs_frechet_distance_are_quick():
    # in a process of its own with one thread: BLAS threads that wait for a busy core would be what is timed
    code = """
import time
import numpy as np
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.statistics.bootstrap import bootstrap
rng = np.random.default_rng(0)
rows, reference = (frechet.statistics(rng.normal(size=(60, 3, 200))) for _ in range(2))
groups = [str(i) for i in range(60)]
start = time.process_time()
bootstrap(lambda w, v: frechet.aggregate(rows, w, reference, v), groups, groups, replicates=200)
print(time.process_time() - start)
"""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    took = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
    assert float(took) < 2  # s for 200, 10 for 1,000


def test_difference_by_hand():
    # symmetric: 3 +- hypot(3, 4)
    assert difference_interval(10, 7, 13, 7, 3, 11) == pytest.approx((-2, 8))
    # asymmetric: the lower side of a with the upper of b
    low, high = difference_interval(10, 9, 14, 7, 4, 7.5)
    assert (low, high) == pytest.approx((3 - hypot(1, 0.5), 3 + hypot(4, 3)))
    assert difference_interval(7, 4, 7.5, 10, 9, 14) == pytest.approx((-high, -low))


def test_difference_of_biased_values_is_between_the_corrected_intervals():
    # both values lie above their intervals by the same bias; the middles 2 and 1 are 1 apart
    assert difference_interval(5, 1.5, 2.5, 4, 0.5, 1.5) == pytest.approx(
        (1 - hypot(0.5, 0.5), 1 + hypot(0.5, 0.5))
    )
    # one beside its interval is enough: both middles are taken, so that no bias is left in the difference
    low, high = difference_interval(5, 1.5, 2.5, 4, 3, 5)
    assert (low + high) / 2 == pytest.approx(2 - 4)


def test_difference_without_an_interval_is_nan():
    assert all(map(isnan, difference_interval(1, nan, nan, 2, 1, 3)))


def test_difference_covers_the_truth():
    rng = np.random.default_rng(5)
    groups = list(map(str, range(50)))
    held = 0
    for seed in range(200):
        a, b = rng.gamma(2, 0.5, size=50), rng.gamma(2, 0.4, size=50)
        interval_a = mean_interval(a, groups, replicates=200, seed=seed)
        interval_b = mean_interval(b, groups, replicates=200, seed=seed + 1000)
        low, high = difference_interval(a.mean(), *interval_a, b.mean(), *interval_b)
        held += low <= 0.2 <= high
    assert 0.90 <= held / 200 <= 0.985
