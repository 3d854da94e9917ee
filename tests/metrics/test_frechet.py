import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from sightsound.metrics.formulas.two_sets import frechet


def clips_of(frames, sizes):
    """`frames` `[n, dim]` cut into clips of the given sizes."""
    return np.split(frames.astype(np.float32), np.cumsum(sizes)[:-1])


def distance(clips, reference_clips, weights=None, reference_weights=None):
    rows, reference = frechet.statistics(clips), frechet.statistics(reference_clips)
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, float)
    reference_weights = (
        np.ones(len(reference)) if reference_weights is None else np.asarray(reference_weights, float)
    )
    return frechet.aggregate(rows, weights, reference, reference_weights)


def by_sqrtm(x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    c_x, c_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = sqrtm(c_x @ c_y)
    return np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(c_x) + np.trace(c_y) - 2 * np.trace(root).real


@pytest.mark.parametrize("dim, n", [(4, 50), (24, 60), (64, 400)])
def test_agrees_with_sqrtm_where_covariances_are_well_conditioned(dim, n):
    rng = np.random.default_rng(dim)
    mix = rng.normal(size=(dim, dim)) / np.sqrt(dim) + np.eye(dim)
    x = rng.normal(size=(n, dim)).astype(np.float32)
    y = (rng.normal(size=(n + 7, dim)) @ mix + 0.3).astype(np.float32)
    found = distance(clips_of(x, [n // 2, n - n // 2]), clips_of(y, [3, 4, n]))
    assert found == pytest.approx(by_sqrtm(x, y), rel=1e-6)


def test_one_dimension_by_hand():
    # means 2 and 5; variances 1 and 4 (ddof 1): 9 + (1 - 2)^2
    clips = [np.array([[1.0], [2.0]]), np.array([[3.0]])]
    assert distance(clips, [np.array([[3.0], [5.0]]), np.array([[7.0]])]) == pytest.approx(10.0, rel=1e-12)


def test_diagonal_covariances_by_hand():
    # frames on the axes only: variances of x are (2/3)(1, 4), of y (2/3)(9, 1); difference of means (1, 0)
    x = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    y = np.array([[4.0, 0], [-2, 0], [1, 1], [1, -1]])
    a, b = 2 / 3 * np.array([1.0, 4]), 2 / 3 * np.array([9.0, 1])
    expected = 1 + np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert distance(clips_of(x, [2, 2]), clips_of(y, [1, 3])) == pytest.approx(expected, rel=1e-12)


def test_fewer_frames_than_dimensions_where_the_answer_is_known():
    # one direction each, at right angles: C_X C_Y = 0, so the distance is the sum of both traces
    x, y = np.zeros((3, 50)), np.zeros((3, 50))
    x[:, 0], y[:, 1] = [-1, 0, 1], [-2, 0, 2]
    assert distance(clips_of(x, [1, 2]), clips_of(y, [3])) == pytest.approx(1 + 4, rel=1e-12)
    # in one direction: (1 - 2)^2
    y[:, [0, 1]] = y[:, [1, 0]]
    assert distance(clips_of(x, [1, 2]), clips_of(y, [3])) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("n, dim", [(10, 200), (180, 200), (500, 64)])
def test_identical_sets_are_at_distance_zero(n, dim):
    frames = np.random.default_rng(n).normal(size=(n, dim)) * np.logspace(0, -6, dim)
    clips = clips_of(frames, [n // 2, n - n // 2])
    rows = frechet.statistics(clips)
    trace = np.nanvar(rows.reshape(-1, dim), axis=0, ddof=1).sum()
    assert 0 <= distance(clips, clips) <= 1e-9 * trace


def test_many_frames_and_few_agree_where_they_meet():
    # the same frames seen through 40 zero dimensions more: another path through the code, the same value
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(25, 8)) + 1
    wide_x, wide_y = np.pad(x, ((0, 0), (0, 40))), np.pad(y, ((0, 0), (0, 40)))
    narrow = distance(clips_of(x, [15, 15]), clips_of(y, [20, 5]))
    assert distance(clips_of(wide_x, [15, 15]), clips_of(wide_y, [20, 5])) == pytest.approx(narrow, rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(lambda w: sum(w) >= 2), st.integers(0, 2**32 - 1)
)
def test_a_weight_is_a_multiplicity(weights, seed):
    rng = np.random.default_rng(seed)
    clips = [rng.normal(size=(size, 3)).astype(np.float32) for size in (1, 3, 2, 2)]
    reference = [rng.normal(size=(size, 3)).astype(np.float32) for size in (4, 5)]
    repeated = [clip for clip, weight in zip(clips, weights, strict=True) for _ in range(weight)]
    assert distance(clips, reference, weights) == pytest.approx(distance(repeated, reference), rel=1e-9, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 2**32 - 1))
def test_order_of_clips_side_and_rotation_do_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    clips = [rng.normal(size=(size, 6)) for size in (1, 3, 2, 2, 4)]
    reference = [rng.normal(size=(size, 6)) + 0.5 for size in (4, 5)]
    value = distance(clips, reference)
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    assert distance([clips[i] for i in order], reference) == pytest.approx(value, rel=1e-9)
    assert distance(reference, clips) == pytest.approx(value, rel=1e-9)
    turned = distance([clip @ rotation for clip in clips], [clip @ rotation for clip in reference])
    assert turned == pytest.approx(value, rel=1e-9)


def test_rows_keep_frames_and_pad_with_nan():
    rows = frechet.statistics([np.ones((1, 2), np.float32), np.full((3, 2), 2, np.float32)])
    assert rows.shape == (2, 3, 2) and rows.dtype == np.float64
    assert np.isnan(rows[0, 1:]).all() and (rows[0, 0] == 1).all() and (rows[1] == 2).all()


def test_what_cannot_be_computed_raises():
    one, two = [np.ones((1, 2))], [np.ones((1, 2)), np.zeros((1, 2))]
    with pytest.raises(ValueError, match="at least 2"):
        distance(one, two)
    with pytest.raises(ValueError, match="at least 2"):
        distance(two, two, weights=[0, 0])
    with pytest.raises(ValueError, match="dimensions"):
        distance(two, [np.ones((4, 3))])
    with pytest.raises(ValueError, match="NaN or infinity"):
        frechet.statistics([np.array([[np.inf, 0.0]])])
    with pytest.raises(ValueError, match="no clips"):
        frechet.statistics([])
    with pytest.raises(ValueError, match="clip 1"):
        frechet.statistics([np.ones((1, 2)), np.ones((0, 2))])


@pytest.mark.parametrize("condition", [1e2, 1e5, 1e8])
@pytest.mark.parametrize("dim", [1, 9, 70])
def test_the_trace_of_the_root_where_it_is_known(dim, condition):
    # the same eigenvectors, each side with its own eigenvalues: the root has the roots of their products
    rng = np.random.default_rng(dim)
    vectors, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
    of_x = np.logspace(0, -np.log10(condition), dim)
    of_y = rng.permutation(of_x)
    x, y = ((vectors * values) @ vectors.T for values in (of_x, of_y))
    found = frechet.root_trace((x + x.T) / 2, (y + y.T) / 2)
    assert found == pytest.approx(np.sqrt(of_x * of_y).sum(), rel=1e-8)


def test_the_trace_of_the_root_agrees_with_sqrtm_and_leaves_its_inputs_alone():
    rng = np.random.default_rng(0)
    x, y = (np.cov(rng.normal(size=(80, 12)) * scale, rowvar=False) for scale in (1, 7))
    before = x.copy(), y.copy()
    assert frechet.root_trace(x, y) == pytest.approx(np.trace(sqrtm(x @ y)).real, rel=1e-10)
    assert (x == before[0]).all() and (y == before[1]).all()


def test_the_trace_of_the_root_of_singular_covariances():
    # no Cholesky factor: a zero matrix, and one direction each with an angle between them
    assert frechet.root_trace(np.zeros((3, 3)), np.eye(3)) == 0
    u, v = np.array([1.0, 0, 0]), np.array([0.6, 0.8, 0])
    x, y = 4 * np.outer(u, u), 9 * np.outer(v, v)
    assert frechet.root_trace(x, y) == pytest.approx(2 * 3 * 0.6, rel=1e-7)
    assert frechet.root_trace(y, x) == pytest.approx(3.6, rel=1e-7)


def test_the_floor_is_what_two_sets_of_one_source_show() -> None:
    rng = np.random.default_rng(3)
    groups = [f"group {clip % 20}" for clip in range(60)]

    def clips():
        shared = rng.normal(size=(20, 1, 8))[np.arange(60) % 20]
        return 0.7 * shared + 0.7 * rng.normal(size=(60, 3, 8))

    ones = np.ones(60)
    expected = np.mean([frechet.aggregate(clips(), ones, clips(), ones) for _ in range(40)])
    floors = [frechet.same_source(clips(), groups, 60) for _ in range(10)]
    assert np.mean(floors) == pytest.approx(expected, rel=0.2)
    larger = frechet.same_source(clips(), groups, 600)
    assert 0 <= larger < 0.3 * expected, "more clips have a lower floor"
    assert np.isnan(frechet.same_source(clips(), ["one", "two"] * 30, 60)), "two groups stand for no source"
    assert np.isnan(frechet.same_source(clips()[:6], list("abcdef"), 6)), "a quarter of six clips is one"
