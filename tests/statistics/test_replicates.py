import os
import subprocess
import sys

import numpy as np
import pytest

from sightsound.metrics.cards import METRICS
from sightsound.metrics.formulas.two_sets import frechet, frechet_corrected, moments
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import jackknife
from sightsound.metrics.torchmetric import AsTorchMetric


def draws(rng, clips, count=15):
    return rng.multinomial(clips, np.full(clips, 1 / clips), size=count).astype(np.float64)


def one_by_one(rows, weights, reference, reference_weights):
    pairs = zip(weights, reference_weights, strict=True)
    return np.array([frechet.aggregate(rows, w, reference, v) for w, v in pairs])


@pytest.mark.parametrize("spread", [0, 2, 5])
def test_moments_give_the_plain_values(spread):
    # standard deviations from 1 down to 10^-spread, clips of different lengths, another n on the other side
    rng = np.random.default_rng(spread)
    scale = np.logspace(0, -spread, 24)
    rows, reference = rng.normal(size=(150, 4, 24)) * scale + 3, rng.normal(size=(90, 5, 24)) * scale + 3.1
    rows[::3, 2:] = np.nan
    weights, others = draws(rng, 150), draws(rng, 90)
    expected = one_by_one(rows, weights, reference, others)
    np.testing.assert_allclose(frechet.replicates(rows, weights, reference, others), expected, rtol=1e-9)


def test_small_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(2, 80, 3, 5))
    weights, others = draws(rng, 80), draws(rng, 80)
    whole = frechet.replicates(rows, weights, reference, others)
    monkeypatch.setattr(moments, "MEMORY", 8 * 25 * 4)  # 4 replicates, 1 clip at once
    np.testing.assert_allclose(frechet.replicates(rows, weights, reference, others), whole, rtol=1e-12)


def test_directions_that_one_side_lacks():
    # silence: one side is a point, so its covariance has rank 0; and a side that lies in a plane
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(100, 4, 8)), np.full((100, 4, 8), 0.3)
    weights, others = draws(rng, 100), draws(rng, 100)
    for side in (reference, rows * np.array([1, 1, 0, 0, 0, 0, 0, 0])):
        expected = one_by_one(rows, weights, side, others)
        np.testing.assert_allclose(frechet.replicates(rows, weights, side, others), expected, rtol=1e-6)


def test_few_frames_and_draws_without_a_covariance():
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(2, 6, 1, 10))
    weights = np.array([[1.0, 1, 1, 0, 2, 1], [1, 0, 0, 0, 0, 0], [0] * 6])
    found = frechet.replicates(rows, weights, reference, np.ones((3, 6)))
    assert found[0] == frechet.aggregate(rows, weights[0], reference, np.ones(6))
    assert np.isnan(found[1:]).all()


def test_the_interval_is_the_same_with_and_without():
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(2, 60, 3, 4))
    names, groups = [f"{i:02}" for i in range(60)] * 2, [str(i // 2) for i in range(60)] * 2
    value = frechet.aggregate(rows, np.ones(60), reference, np.ones(60))

    def found(many):
        def without(masks):
            kept = masks.astype(float)
            return many(rows, kept[:, :60], reference, kept[:, 60:])

        return estimate(jackknife(without, value, names, groups))

    plain, fast = found(one_by_one), found(frechet.replicates)
    assert (fast.low, fast.high, fast.p) == pytest.approx((plain.low, plain.high, plain.p), rel=1e-7)


def test_the_correction_of_identical_sets_is_zero():
    rows = np.random.default_rng(0).normal(size=(40, 3, 5))
    assert frechet_corrected.aggregate(rows, np.ones(40), rows, np.ones(40)) == pytest.approx(0, abs=1e-9)


def test_the_correction_takes_most_of_the_bias_off_and_is_always_the_same():
    # two sets of one distribution: the truth is 0
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(300, 3, 20)), rng.normal(size=(250, 3, 20))
    ones, others = np.ones(300), np.ones(250)
    plain = frechet.aggregate(rows, ones, reference, others)
    value = frechet_corrected.aggregate(rows, ones, reference, others)
    assert abs(value) < 0.3 * plain
    assert value == frechet_corrected.aggregate(rows, ones, reference, others)


def test_the_corrected_cards_stand_beside_the_plain_ones():
    card = METRICS["fad_musicnn_corrected"]
    assert (card.module, card.estimator) == (
        "sightsound.metrics.formulas.two_sets.frechet_corrected",
        "extrapolated",
    )
    assert card.needs == METRICS["fad_musicnn"].needs
    rng = np.random.default_rng(0)
    clips, others = rng.normal(size=(2, 30, 3, 4)).astype(np.float32)
    metric = AsTorchMetric(card)
    metric.update(list(clips), list(others))
    rows, reference = frechet.statistics(clips), frechet.statistics(others)
    expected = frechet_corrected.aggregate(rows, np.ones(30), reference, np.ones(30))
    assert metric.compute().item() == pytest.approx(expected, rel=1e-12)


def test_a_thousand_replicates_take_bounded_memory():
    # 2,500 clips of 10 frames in 128 dimensions, in a process of its own with one thread
    code = """
import resource
import numpy as np
from sightsound.metrics.formulas.two_sets import frechet
rng = np.random.default_rng(0)
rows, reference = rng.normal(size=(2, 2500, 10, 128))
weights = rng.multinomial(2500, np.full(2500, 1 / 2500), size=1000).astype(float)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
frechet.replicates(rows, weights, reference, weights)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    megabytes = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
    assert float(megabytes) < 600
