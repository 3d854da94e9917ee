"""By simulation: the bootstrap interval of the kernel distances holds the truth."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sightsound.metrics.formulas.two_sets import kernel

CLIPS, DIM, TRIALS, REPLICATES = 100, 6, 250, 250


def sample(rng, n):
    """Two sources that differ in size and place, `[n, 1, DIM]` each."""
    return rng.standard_normal((n, 1, DIM)), 1.15 * rng.standard_normal((n, 1, DIM)) + 0.15


@pytest.mark.parametrize(
    "k", [kernel.polynomial, partial(kernel.gaussian, bandwidth=3.5)], ids=["polynomial", "gaussian"]
)
def test_the_interval_holds_the_truth_and_the_replicates_are_not_shifted(k):
    rng = np.random.default_rng(0)
    held, shifts, values = 0, [], []
    with threadpool_limits(1):
        ones = np.ones(2500)
        truth = np.mean([kernel.mmd2(kernel.pair_sums(*sample(rng, 2500), k), ones, ones) for _ in range(3)])
        for _ in range(TRIALS):
            sums = kernel.pair_sums(*sample(rng, CLIPS), k)
            value = float(kernel.mmd2(sums, np.ones(CLIPS), np.ones(CLIPS)))
            weights = rng.multinomial(CLIPS, np.full(CLIPS, 1 / CLIPS), REPLICATES).astype(float)
            drawn = kernel.mmd2(sums, weights, weights)
            low, high = np.quantile(drawn, [0.025, 0.975])
            held += 2 * value - high <= truth <= 2 * value - low
            shifts.append(drawn.mean() - value)
            values.append(value)
    assert 0.92 <= held / TRIALS <= 0.99
    assert abs(np.mean(shifts)) < 0.05 * np.std(values)
