"""KID and KAD: by hand, against torch-fidelity, torchmetrics and kadtk, and by their properties."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.two_sets import kad, kad_pooled, kernel, kid, kid_subsets
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

    def with_bandwidth_of(frames):
        sums = kad.pair_sums(sides[0], sides[2], kad.median_distance(frames))
        return kad.SCALE * kernel.mmd2(sums, sides[1], sides[3])

    assert kad.replicates(*sides) == with_bandwidth_of(REFERENCE) != with_bandwidth_of(10 * GENERATED)
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


@pytest.mark.parametrize("metric", [kid, kad, kad_pooled])
def test_many_weightings_at_once(metric):
    rng = np.random.default_rng(0)
    weights, others = rng.integers(0, 3, (5, 60)).astype(float), rng.integers(0, 3, (5, 75)).astype(float)
    sides = [metric.statistics(clips_of(side)) for side in (GENERATED, REFERENCE)]
    one_by_one = [metric.aggregate(sides[0], w, sides[1], v) for w, v in zip(weights, others, strict=True)]
    np.testing.assert_allclose(metric.replicates(sides[0], weights, sides[1], others), one_by_one, rtol=1e-9)


def test_kad_equals_kadtk_given_the_reference_second():
    found = value(kad_pooled, clips_of(GENERATED), clips_of(REFERENCE))
    assert found == pytest.approx(FIGURES["kadtk_generated_then_reference"], rel=1e-6)
    # in kadtk's own order, score(baseline, eval), the bandwidth is that of the evaluated set: another value
    assert abs(found / FIGURES["kadtk_reference_then_generated"] - 1) > 0.05


SIZES, REFERENCE_SIZES = [1, 20, 3, 36], [40, 35]


def test_kad_pooled_is_that_of_the_frames_whatever_their_clips():
    in_clips = value(kad_pooled, clips_of(GENERATED, SIZES), clips_of(REFERENCE, REFERENCE_SIZES))
    assert in_clips == pytest.approx(FIGURES["kadtk_generated_then_reference"], rel=1e-6)


@pytest.mark.parametrize(
    "metric, of",
    [(kid, kernel.polynomial), (kad, partial(kernel.gaussian, bandwidth=kad.median_distance(REFERENCE)))],
)
@pytest.mark.parametrize("groups, others", [(None, None), (["a", "b", "a", "c"], ["r", "s"])])
def test_pairs_of_frames_of_one_clip_or_one_group_are_left_out(metric, of, groups, others):
    def between(frames, sizes, names):
        owner = np.repeat(np.arange(len(sizes)) if names is None else names, sizes)
        return of(frames, frames)[owner[:, None] != owner].mean()

    own = between(GENERATED, SIZES, groups) + between(REFERENCE, REFERENCE_SIZES, others)
    scale = kad.SCALE if metric is kad else 1
    wanted = scale * (own - 2 * of(GENERATED, REFERENCE).mean())
    rows = metric.statistics(clips_of(GENERATED, SIZES))
    reference = metric.statistics(clips_of(REFERENCE, REFERENCE_SIZES))
    sides = rows, np.ones(4), reference, np.ones(2)
    assert metric.aggregate(*sides, groups=groups, reference_groups=others) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("metric", [kid, kad])
def test_a_group_is_as_one_clip_of_all_its_frames(metric):
    rng = np.random.default_rng(0)
    clips, reference = [rng.normal(size=(2, 5)) for _ in range(6)], [rng.normal(size=(3, 5)) for _ in range(4)]
    sides = metric.statistics(clips), np.ones(6), metric.statistics(reference), np.ones(4)
    grouped = metric.aggregate(*sides, groups=list("aabbcc"), reference_groups=list("rrss"))
    joined = [np.concatenate(clips[i : i + 2]) for i in (0, 2, 4)]
    references = [np.concatenate(reference[i : i + 2]) for i in (0, 2)]
    assert grouped == pytest.approx(value(metric, joined, references), rel=1e-9)
    weights = np.repeat(rng.integers(1, 4, (5, 3)), 2, axis=1).astype(float)
    many = metric.replicates(
        sides[0], weights, sides[2], np.ones((5, 4)), groups=list("aabbcc"), reference_groups=list("rrss")
    )
    one_by_one = [value(metric, joined, references, row[::2]) for row in weights]
    np.testing.assert_allclose(many, one_by_one, rtol=1e-9)


def test_clips_whose_frames_are_alike_are_at_zero_where_the_pooled_are_not():
    rng = np.random.default_rng(0)

    def sample():
        return list(rng.normal(size=(20, 1, 8)) + rng.normal(size=(20, 5, 8)))  # half the variance is the clip's

    sets = [(sample(), sample()) for _ in range(60)]
    for metric, is_zero in ((kad, True), (kad_pooled, False)):
        values = [value(metric, *pair) for pair in sets]
        assert (abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))) == is_zero


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
    across = kernel.polynomial(x, reference).mean() if len(x) else np.nan
    y = kernel.polynomial(reference, reference)
    sums = kernel.pair_sums(kid.statistics(clips), kid.statistics(clips_of(reference)), kernel.polynomial)
    pooled = kernel.pooled_mmd2(sums, np.array(weights, float), np.ones(9))
    for found, own_too in ((value(kid, clips, clips_of(reference), weights), False), (float(pooled), True)):
        pairs = [
            kernel.polynomial(x[[i]], x[[j]]).item()
            for i in range(len(owner))
            for j in range(len(owner))
            if owner[i][0] != owner[j][0] or (own_too and i != j and owner[i] == owner[j])
        ]
        wanted = np.mean(pairs) + (y.sum() - np.trace(y)) / 72 - 2 * across if pairs else np.nan
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)


def test_what_cannot_be_computed():
    one, two = clips_of([[1.0, 0.0]]), clips_of([[1.0, 0.0], [0.0, 1.0]])
    assert np.isnan(value(kid, two, two, weights=[0, 0])) and np.isnan(value(kid, two, two, weights=[3, 0]))
    with pytest.raises(ValueError, match="1 clips of one group among the generated clips"):
        value(kid, one, two)
    with pytest.raises(ValueError, match="2 dimensions against 3"):
        value(kid, two, clips_of(np.eye(3)))
    with pytest.raises(ValueError, match="of one group among the reference clips"):
        value(kad, two, one)
    with pytest.raises(ValueError, match="one frame"):
        value(kad_pooled, two, one)
    with pytest.raises(ValueError, match="distances are zero"):
        value(kad, two, clips_of(np.ones((4, 2))))
    with pytest.raises(ValueError, match="subsets of 1000"):
        value(kid_subsets, two, two)
    with pytest.raises(ValueError, match="NaN or infinity"):
        kad.statistics([np.array([[np.nan]])])
