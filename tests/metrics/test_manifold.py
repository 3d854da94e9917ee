"""Precision, recall, density and coverage: by hand, against torch-fidelity and prdc, and by their properties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.two_sets import (
    manifold,
    manifold_coverage,
    manifold_density,
    manifold_precision,
    manifold_recall,
)
from tests.parity.clouds import cloud

FIGURES = json.loads((Path(__file__).parents[1] / "parity" / "kernel_manifold.json").read_text())
ALL = (manifold_precision, manifold_recall, manifold_density, manifold_coverage)


def clips_of(points):
    return [np.asarray(point, float)[None] for point in points]


def value(metric, clips, references, weights=None, reference_weights=None, **options):
    rows, others = metric.statistics(clips), metric.statistics(references)
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, float)
    reference_weights = np.ones(len(others)) if reference_weights is None else np.asarray(reference_weights, float)
    return float(metric.replicates(rows, weights, others, reference_weights, **options))


def test_by_hand():
    # k = 1; reference 0, 1, 3: radii 1, 1, 2; generated 1.5, 6, 1.75: radii 0.25, 4.25, 0.25
    reference, generated = clips_of([[0], [1], [3]]), clips_of([[1.5], [6], [1.75]])
    # 1.5 and 1.75 lie within 1 of 1 (and within 2 of 3); 6 in no ball
    assert value(manifold_precision, generated, reference, k=1) == pytest.approx(2 / 3)
    # 0 lies in no generated ball (6 - 4.25 = 1.75 is its edge), 1 neither, 3 in that of 6
    assert value(manifold_recall, generated, reference, k=1) == pytest.approx(1 / 3)
    assert value(manifold_density, generated, reference, k=1) == pytest.approx((2 + 0 + 2) / 3)
    # the ball of 0 reaches to 1 and holds none; that of 1 holds 1.5, that of 3 too
    assert value(manifold_coverage, generated, reference, k=1) == pytest.approx(2 / 3)


def test_the_edge_belongs_to_precision_and_recall_only():
    reference, generated = clips_of([[0], [1]]), clips_of([[2], [3]])
    assert value(manifold_precision, generated, reference, k=1) == 1 / 2  # 2 is at the edge of the ball of 1
    assert value(manifold_recall, generated, reference, k=1) == 1 / 2
    assert value(manifold_density, generated, reference, k=1) == 0
    assert value(manifold_coverage, generated, reference, k=1) == 0


def test_equal_torch_fidelity_and_prdc():
    generated, reference = clips_of(cloud(1)), clips_of(cloud(2, 75, shift=0.15))
    wanted = FIGURES["torch_fidelity_prc_3"]
    assert value(manifold_precision, generated, reference) == pytest.approx(wanted["precision"], abs=1e-6)
    assert value(manifold_recall, generated, reference) == pytest.approx(wanted["recall"], abs=1e-6)
    wanted = FIGURES["prdc_5"]
    assert value(manifold_density, generated, reference) == pytest.approx(wanted["density"], rel=1e-9)
    assert value(manifold_coverage, generated, reference) == pytest.approx(wanted["coverage"], rel=1e-9)
    assert value(manifold_precision, generated, reference, k=5) == pytest.approx(wanted["precision"], rel=1e-9)
    assert value(manifold_recall, generated, reference, k=5) == pytest.approx(wanted["recall"], rel=1e-9)


@pytest.mark.parametrize("metric", ALL)
def test_identical_sets_give_one(metric):
    clips = clips_of(cloud(3))
    assert value(metric, clips, clips) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("metric", ALL)
def test_sets_far_apart_give_zero(metric):
    assert value(metric, clips_of(cloud(3)), clips_of(cloud(4, shift=1000))) == 0


def test_one_outlier_moves_precision_and_not_density():
    rng = np.random.default_rng(0)
    reference = np.concatenate([rng.normal(size=(200, 2)), [[30.0, 30.0]]])
    generated = clips_of(rng.uniform(-20, 20, (400, 2)))
    without = clips_of(reference[:-1])
    whole = clips_of(reference)
    # the outlier's ball reaches back to the others and takes in 40% of the square on the way
    assert value(manifold_precision, generated, whole) > value(manifold_precision, generated, without) + 0.3
    assert value(manifold_density, generated, whole) < value(manifold_density, generated, without) + 0.1


def test_a_clip_is_the_mean_of_its_frames():
    np.testing.assert_array_equal(
        manifold.points([np.array([[1.0, 2], [3, 6]]), np.ones((1, 2))]), [[2, 4], [1, 1]]
    )


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 2**32 - 1))
def test_the_order_of_clips_does_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    clips, reference = clips_of(rng.normal(size=(12, 3))), clips_of(rng.normal(size=(9, 3)))
    for metric in ALL:
        shuffled = value(metric, [clips[i] for i in order], reference[::-1])
        assert shuffled == pytest.approx(value(metric, clips, reference), abs=1e-12)


@pytest.mark.parametrize("metric", ALL)
def test_weights_count_clips_and_leave_the_balls_alone(metric):
    rng = np.random.default_rng(1)
    generated, reference = clips_of(cloud(1, 30, 3)), clips_of(cloud(2, 40, 3, shift=0.5))
    weights, reference_weights = rng.integers(0, 4, 30), rng.integers(0, 4, 40)
    averaged = "reference" if metric in (manifold_recall, manifold_coverage) else "generated"
    found = value(metric, generated, reference, weights, reference_weights)
    if averaged == "generated":
        each = [value(metric, generated, reference, np.eye(30)[i]) for i in range(30)]
        assert found == pytest.approx(np.average(each, weights=weights))
        assert found == value(metric, generated, reference, weights)
    else:
        each = [value(metric, generated, reference, None, np.eye(40)[i]) for i in range(40)]
        assert found == pytest.approx(np.average(each, weights=reference_weights))
        assert found == value(metric, generated, reference, None, reference_weights)


@pytest.mark.parametrize("metric", ALL)
def test_many_weightings_at_once(metric):
    rng = np.random.default_rng(0)
    weights, others = rng.integers(0, 3, (4, 60)).astype(float), rng.integers(0, 3, (4, 75)).astype(float)
    rows, reference = (metric.statistics(clips_of(side)) for side in (cloud(1), cloud(2, 75)))
    one_by_one = [metric.aggregate(rows, w, reference, v) for w, v in zip(weights, others, strict=True)]
    np.testing.assert_allclose(metric.replicates(rows, weights, reference, others), one_by_one, rtol=1e-12)
    aggregated = metric.aggregate(rows, weights[0], reference, others[0])
    assert aggregated == value(metric, clips_of(cloud(1)), clips_of(cloud(2, 75)), weights[0], others[0])


@pytest.mark.parametrize("metric", ALL)
def test_what_cannot_be_computed(metric):
    few, enough = clips_of(np.eye(3)), clips_of(cloud(5, n=9, dim=3))
    assert np.isnan(value(metric, few, few))
    assert np.isnan(value(metric, enough, enough, weights=np.zeros(9), reference_weights=np.zeros(9)))
    assert np.isnan(value(metric, clips_of([[1.0, 2, 3]]), clips_of([[1.0, 2, 3]])))
    with pytest.raises(ValueError, match="dimensions against"):
        value(metric, enough, clips_of(np.ones((7, 2))))
    with pytest.raises(ValueError, match="NaN or infinity"):
        metric.statistics([np.array([[np.inf]])])
