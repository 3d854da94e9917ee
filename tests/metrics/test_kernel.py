"""KID and KAD: by hand, against torch-fidelity, torchmetrics and kadtk, and by their properties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.two_sets import kad, kernel, kid, kid_subsets
from tests.parity.clouds import cloud

FIGURES = json.loads((Path(__file__).parents[1] / "parity" / "kernel_manifold.json").read_text())
GENERATED, REFERENCE = cloud(1), cloud(2, 75, shift=0.15)


def clips_of(frames, sizes=None):
    """`frames` `[n, dim]` cut into clips of the given sizes, or one frame a clip."""
    sizes = [1] * len(frames) if sizes is None else sizes
    return np.split(np.asarray(frames), np.cumsum(sizes)[:-1])


def value(metric, clips, references, weights=None, reference_weights=None):
    rows, others = metric.statistics(clips), metric.statistics(references)
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, float)
    reference_weights = np.ones(len(others)) if reference_weights is None else np.asarray(reference_weights, float)
    return metric.aggregate(rows, weights, others, reference_weights)


def test_kid_by_hand():
    # one dimension, k = (x y + 1)^3; x: 0 and 1, y: 1 and 2
    # k(0, 1) = 1; k(1, 2) = 27; across: k(0, 1), k(0, 2) = 1, k(1, 1) = 8, k(1, 2) = 27, mean 9.25
    expected = 1 + 27 - 2 * 9.25
    assert value(kid, clips_of([[0.0], [1.0]]), clips_of([[1.0], [2.0]])) == pytest.approx(expected, rel=1e-14)


def test_kad_by_hand():
    # reference 0, 1, 3: distances 1, 2, 3, median 2; k(d) = exp(-d^2 / 8); generated 0, 2
    e = {d: np.exp(-(d**2) / 8) for d in range(4)}
    within, reference = e[2], (e[1] + e[2] + e[3]) / 3
    across = (e[0] + e[1] + e[3] + e[2] + e[1] + e[1]) / 6
    expected = 100 * (within + reference - 2 * across)
    found = value(kad, clips_of([[0.0], [2.0]]), clips_of([[0.0], [1.0], [3.0]]))
    assert found == pytest.approx(expected, rel=1e-7)  # the bandwidth is found in float32


def test_the_bandwidth_is_of_the_reference_alone_and_the_lower_median():
    assert kad.median_distance(np.array([[0.0], [1.0], [3.0], [7.0]])) == 3  # 1 2 3 4 6 7
    near, far = clips_of(GENERATED), clips_of(10 * GENERATED)
    rows, reference = kad.statistics(far), kad.statistics(clips_of(REFERENCE))
    sides = rows, np.ones((1, len(rows))), reference, np.ones((1, len(reference)))
    given = kad.replicates(*sides, bandwidth=kad.median_distance(REFERENCE))
    assert kad.replicates(*sides) == given != kad.replicates(*sides, bandwidth=kad.median_distance(10 * GENERATED))
    assert value(kad, far, clips_of(REFERENCE)) > value(kad, near, clips_of(REFERENCE))


def test_kid_equals_torchmetrics_and_torch_fidelity_on_equal_sets():
    found = value(kid, clips_of(GENERATED), clips_of(REFERENCE[:60]))
    assert found == pytest.approx(FIGURES["torchmetrics_poly_mmd_60"], rel=1e-6)
    assert found == pytest.approx(FIGURES["torch_fidelity_kid_all_60"], rel=1e-6)


def test_kid_of_subsets_equals_torch_fidelity():
    rows, reference = (kid_subsets.statistics(clips_of(side)) for side in (GENERATED, REFERENCE))
    sums = kernel.pair_sums(rows, reference, kernel.polynomial)
    found = kid_subsets.subset_values(sums, np.ones(60), np.ones(75), subsets=20, size=30, seed=2020)
    wanted = FIGURES["torch_fidelity_kid_20x30"]
    assert found.mean() == pytest.approx(wanted["mean"], rel=1e-6)
    assert found.std() == pytest.approx(wanted["std"], rel=1e-6)
    value_of = kid_subsets.prepared(rows, reference, subsets=20, size=30)
    assert value_of(np.ones(60), np.ones(75)) == found.mean()


@pytest.mark.parametrize("metric", [kid, kid_subsets, kad])
def test_many_weightings_at_once(metric, monkeypatch):
    if metric is kid_subsets:
        monkeypatch.setitem(kid_subsets.prepared.__kwdefaults__, "size", 20)
    rng = np.random.default_rng(0)
    weights, others = rng.integers(0, 3, (5, 60)).astype(float), rng.integers(0, 3, (5, 75)).astype(float)
    sides = [metric.statistics(clips_of(side)) for side in (GENERATED, REFERENCE)]
    one_by_one = [metric.aggregate(sides[0], w, sides[1], v) for w, v in zip(weights, others, strict=True)]
    np.testing.assert_allclose(metric.replicates(sides[0], weights, sides[1], others), one_by_one, rtol=1e-9)


def test_kad_equals_kadtk_given_the_reference_second():
    found = value(kad, clips_of(GENERATED), clips_of(REFERENCE))
    assert found == pytest.approx(FIGURES["kadtk_generated_then_reference"], rel=1e-6)
    # in kadtk's own order, score(baseline, eval), the bandwidth is that of the evaluated set: another value
    assert abs(found / FIGURES["kadtk_reference_then_generated"] - 1) > 0.05


def test_clips_of_many_frames_are_pooled():
    sizes, reference_sizes = [1, 20, 3, 36], [40, 35]
    for metric in (kid, kad):
        in_clips = value(metric, clips_of(GENERATED, sizes), clips_of(REFERENCE, reference_sizes))
        assert in_clips == pytest.approx(value(metric, clips_of(GENERATED), clips_of(REFERENCE)), rel=1e-9)


def test_more_frames_than_a_block(monkeypatch):
    whole = [value(metric, clips_of(GENERATED), clips_of(REFERENCE)) for metric in (kid, kad)]
    monkeypatch.setattr(kernel, "BLOCK", 7)
    cut = [value(metric, clips_of(GENERATED), clips_of(REFERENCE)) for metric in (kid, kad)]
    np.testing.assert_allclose(cut, whole, rtol=1e-9)


@pytest.mark.parametrize("metric", [kid, kad])
def test_samples_of_one_source_are_near_zero_on_both_sides_of_it(metric):
    values = [value(metric, clips_of(cloud(seed)), clips_of(cloud(seed + 100))) for seed in range(10, 40)]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 2**32 - 1))
def test_neither_the_order_of_clips_nor_the_side_matters_to_kid(order, seed):
    rng = np.random.default_rng(seed)
    clips = [rng.normal(size=(size, 5)) for size in (1, 3, 2, 2, 4, 1)]
    reference = [rng.normal(size=(size, 5)) + 0.5 for size in (4, 5, 2)]
    wanted = value(kid, clips, reference)
    assert value(kid, [clips[i] for i in order], reference) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert value(kid, reference, clips) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    wanted = value(kad, clips, reference)
    assert value(kad, [clips[i] for i in order], reference[::-1]) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(0, 2**32 - 1))
def test_weights_are_drawn_copies_that_form_no_pairs_with_each_other(weights, seed):
    rng = np.random.default_rng(seed)
    clips = [rng.normal(size=(size, 3)) for size in (1, 3, 2, 2)]
    x = np.concatenate([clip for clip, weight in zip(clips, weights, strict=True) for _ in range(weight)] or [[]])
    copies = [(clip, copy) for clip, weight in enumerate(weights) for copy in range(weight)]
    owner = [each for each in copies for _ in range(len(clips[each[0]]))]
    reference = rng.normal(size=(9, 3))
    found = value(kid, clips, clips_of(reference), weights)
    pairs = [
        kernel.polynomial(x[[i]], x[[j]]).item()
        for i in range(len(owner))
        for j in range(len(owner))
        if i != j and (owner[i] == owner[j] or owner[i][0] != owner[j][0])
    ]
    if not pairs:
        assert np.isnan(found)
        return
    y = kernel.polynomial(reference, reference)
    wanted = np.mean(pairs) + (y.sum() - np.trace(y)) / 72 - 2 * kernel.polynomial(x, reference).mean()
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_what_cannot_be_computed():
    one, two = clips_of([[1.0, 0.0]]), clips_of([[1.0, 0.0], [0.0, 1.0]])
    assert np.isnan(value(kid, one, two)) and np.isnan(value(kid, two, two, weights=[0, 0]))
    with pytest.raises(ValueError, match="2 dimensions against 3"):
        value(kid, two, clips_of(np.eye(3)))
    with pytest.raises(ValueError, match="one frame"):
        value(kad, two, one)
    with pytest.raises(ValueError, match="distances are zero"):
        value(kad, two, clips_of(np.ones((4, 2))))
    with pytest.raises(ValueError, match="subsets of 1000"):
        value(kid_subsets, two, two)
    with pytest.raises(ValueError, match="NaN or infinity"):
        kad.statistics([np.array([[np.nan]])])
