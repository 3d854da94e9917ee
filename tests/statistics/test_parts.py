import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.statistics import parts
from sightsound.metrics.statistics.parts import MOST_BLOCKS, Parts, blocks, effective_count, jackknife, of_clips

GROUPS = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=30)


def test_value_and_groups_by_hand():
    some = Parts(tuple("wxyz"), tuple("aabb"), np.array([1.0, 2, 3, 6]), np.array([1.0, 1, 1, 3]))
    assert some.value == (1 + 2 + 3 + 18) / 6
    sums, counts = some.by_group
    assert sums.tolist() == [3, 21] and counts.tolist() == [2, 4]
    assert some.count == 2 and some.effective == pytest.approx(36 / 20)
    assert np.isnan(Parts((), (), np.zeros(0), np.zeros(0)).value)


def test_take_is_in_the_order_that_is_asked_for():
    some = of_clips(np.array([1.0, 2, 3]), "xyz", "abc").take(["z", "x"])
    assert (some.names, some.groups, some.values.tolist()) == (("z", "x"), ("c", "a"), [3, 1])
    with pytest.raises(KeyError):
        some.take(["y"])


def test_clips_without_a_value_are_no_parts():
    some = of_clips(np.array([np.nan, 2.0, np.nan, 4.0]), "wxyz", "aabb")
    assert some.names == ("x", "z") and some.value == 3
    assert of_clips(np.full(2, np.nan), "xy", "ab").names == ()


@given(GROUPS)
def test_the_effective_number_lies_between_one_and_the_groups(groups):
    sizes = np.unique(groups, return_counts=True)[1]
    found = effective_count(groups)
    assert 1 - 1e-9 <= found <= len(sizes) + 1e-9
    assert found == pytest.approx(sizes.sum() ** 2 / (sizes**2).sum())
    if len(set(sizes)) == 1:
        assert found == pytest.approx(len(sizes))


def test_the_effective_number_with_weights_and_of_nothing():
    assert effective_count(list("aab"), np.array([1.0, 1.0, 2.0])) == 2
    assert effective_count([]) == 0


def test_few_groups_are_their_own_blocks():
    assert blocks(["b", "a", "b", "c"]).tolist() == [1, 0, 1, 2]


@settings(max_examples=15, deadline=None)
@given(st.integers(MOST_BLOCKS + 1, 3 * MOST_BLOCKS), st.randoms())
def test_many_groups_are_merged_evenly_and_whatever_their_order(count, random):
    groups = [f"song {i}" for i in range(count)] * 2
    found = dict(zip(groups, blocks(groups), strict=True))
    assert [found[group] for group in groups] == blocks(groups).tolist(), "a group is in one block"
    sizes = np.bincount(list(found.values()))
    assert len(sizes) == MOST_BLOCKS and sizes.max() - sizes.min() <= 1
    shuffled = random.sample(groups, len(groups))
    assert blocks(shuffled).tolist() == [found[group] for group in shuffled]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.sampled_from("abc")), min_size=2, max_size=20))
def test_the_parts_of_a_mean_are_the_clips(clips):
    values, groups = np.array([value for value, _ in clips]), [group for _, group in clips]
    names = [f"{i:02}" for i in range(len(clips))]
    found = jackknife(lambda kept: kept @ values / kept.sum(axis=1), values.mean(), names, groups)
    assert found.names == tuple(sorted(names, key=lambda name: (groups[int(name)], name)))
    assert found.values == pytest.approx([values[int(name)] for name in found.names], abs=1e-8)
    assert found.groups == tuple(groups[int(name)] for name in found.names)


def test_the_parts_of_any_metric_mean_the_value_and_leave_it_out_as_the_metric_does():
    # by brute force: without a group, the others' parts have nearly the mean that the metric then has
    rng = np.random.default_rng(0)
    clips, names, groups = rng.gamma(2, size=60), [f"{i:02}" for i in range(60)], [str(i // 4) for i in range(60)]

    def spread(kept):
        return np.array([np.std(clips[each]) for each in kept])

    found = jackknife(spread, np.std(clips), names, groups)
    assert found.value == pytest.approx(np.std(clips))
    for group in set(groups):
        others = np.array([each != group for each in found.groups])
        left = np.std(clips[[g != group for g in groups]])
        assert found.values[others].mean() == pytest.approx(left, abs=0.15 * abs(left - found.value) + 0.01)


def test_an_output_and_its_reference_are_one_part_of_two_clips():
    seen = []

    def value(kept):
        seen.append(kept)
        return kept.sum(axis=1).astype(float)

    found = jackknife(value, 4.0, ["x", "y", "x", "y"], ["a", "b", "a", "b"])
    assert found.names == ("x", "y") and found.weights.tolist() == [2, 2]
    assert seen[0].tolist() == [[False, True, False, True], [True, False, True, False]]


def test_parts_of_unequal_size_have_the_value_as_their_weighted_mean():
    # the reference of "x" is missing: the part of "x" stands for one clip, that of "y" for two
    values = np.array([1.0, 5.0, 9.0])
    found = jackknife(lambda kept: kept @ values / kept.sum(axis=1), 5.0, ["x", "y", "y"], ["a", "b", "b"])
    assert found.weights.tolist() == [1, 2] and found.values == pytest.approx([1, 7])
    assert found.value == pytest.approx(5)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=MOST_BLOCKS + 1, max_size=900), st.randoms())
def test_a_piece_is_of_one_group_and_does_not_depend_on_the_order(groups, random):
    names, labels = [f"{i:03}" for i in range(len(groups))], [str(group) for group in groups]
    place, firsts, owners = parts._pieces(names, labels)
    assert len(firsts) <= MOST_BLOCKS + 31
    for name, group, piece in zip(names, labels, place, strict=True):
        assert owners[piece] == group
        assert firsts[piece] <= name
    order = random.sample(range(len(names)), len(names))
    again, firsts_again, _ = parts._pieces([names[i] for i in order], [labels[i] for i in order])
    assert firsts_again == firsts and again.tolist() == [place[i] for i in order]


def test_a_piece_of_many_groups_never_cuts_one():
    names = [f"{i:04}" for i in range(2000)]
    groups = [f"song {i // 4}" for i in range(2000)]
    place, firsts, _ = parts._pieces(names, groups)
    assert len(firsts) == MOST_BLOCKS
    assert all(len({place[i] for i in range(g * 4, g * 4 + 4)}) == 1 for g in range(500))


def test_the_order_of_the_clips_does_not_matter():
    rng = np.random.default_rng(1)
    rows, reference = (frechet.statistics(rng.normal(size=(30, 2, 3))) for _ in range(2))
    names, groups = [f"{i:02}" for i in range(30)], [str(i % 7) for i in range(30)]

    def found(order):
        def without(kept):
            sides = zip(kept[:, :30], kept[:, 30:], strict=True)
            return np.array([frechet.aggregate(rows[order], w, reference[order], v) for w, v in sides])

        own = [names[i] for i in order]
        value = frechet.aggregate(rows[order], np.ones(30), reference[order], np.ones(30))
        return jackknife(without, value, own * 2, [groups[i] for i in order] * 2)

    plain, shuffled = found(np.arange(30)), found(rng.permutation(30))
    assert plain.names == shuffled.names and plain.groups == shuffled.groups
    np.testing.assert_allclose(plain.values, shuffled.values, rtol=1e-8, atol=1e-8)
