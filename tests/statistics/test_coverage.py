"""By simulation: 95% intervals hold the truth 92 to 97% of the time."""

import numpy as np
import pytest

from sightsound.metrics.formulas.paired import divergence, similarity
from sightsound.metrics.formulas.two_sets import frechet, frechet_corrected
from sightsound.metrics.rows import weighted_mean
from sightsound.metrics.statistics.bootstrap import bootstrap


def kl_rows(rng, count):
    """KL between posteriors over 12 classes that agree to some degree."""
    reference = rng.normal(size=(count, 1, 12)) * 1.5
    return divergence.statistics(reference + rng.normal(size=(count, 1, 12)), reference)


def cosine_rows(rng, count):
    """Cosines of 16-d embeddings that share a part."""
    shared = rng.normal(size=(count, 1, 16)) * rng.uniform(0.2, 1, size=(count, 1, 1))
    left, right = (shared + 0.7 * rng.normal(size=(count, 1, 16)) for _ in range(2))
    return similarity.statistics(left, right)


@pytest.mark.parametrize("make", [kl_rows, cosine_rows])
def test_interval_of_a_mean_over_clips(make):
    rng = np.random.default_rng(1)
    population = make(rng, 40_000)
    groups = [str(i) for i in range(200)]
    held, times = 0, 1500
    for seed in range(times):
        rows = rng.choice(population, size=200)
        low, high = bootstrap(
            lambda w, rows=rows: weighted_mean(rows, w),
            groups,
            many=lambda w, rows=rows: w @ rows / w.sum(axis=1),
            replicates=300,
            seed=seed,
        )
        held += low <= population.mean() <= high
    assert 0.92 <= held / times <= 0.97


DIM = 6
SCALE = np.linspace(1.0, 1.6, DIM)
SHIFT = 0.35
TRUTH = DIM * SHIFT**2 + np.square(SCALE - 1).sum()


def clips(rng, count, scale=1.0, shift=0.0):
    """Clips of 4 frames that share half of their variance: rows `[count, 4, DIM]` of N(shift, scale^2)."""
    frames = (rng.normal(size=(count, 1, DIM)) + rng.normal(size=(count, 4, DIM))) / np.sqrt(2)
    return frechet.statistics(frames * scale + shift)


def test_interval_and_bias_of_the_corrected_frechet_distance():
    rng = np.random.default_rng(2)
    count, times = 200, 500
    ones, groups = np.ones(count), [str(i) for i in range(count)]
    held, plugin, corrected = 0, [], []
    for seed in range(times):
        x, y = clips(rng, count, SCALE, SHIFT), clips(rng, count)
        plugin.append(frechet.aggregate(x, ones, y, ones))
        corrected.append(frechet_corrected.aggregate(x, ones, y, ones))
        low, high = bootstrap(
            lambda w, v, x=x, y=y: frechet.aggregate(x, w, y, v),
            groups,
            groups,
            many=lambda w, v, x=x, y=y: frechet.replicates(x, w, y, v),
            replicates=300,
            seed=seed,
        )
        held += low <= TRUTH <= high
    assert 0.92 <= held / times <= 0.97
    bias, left = np.mean(plugin) - TRUTH, np.mean(corrected) - TRUTH
    assert bias > 0.03 and abs(left) < 0.25 * bias
