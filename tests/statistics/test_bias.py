"""By simulation: how much of the bias of distances between two sets is left."""

from __future__ import annotations

import numpy as np
import pytest

from sightsound.bench.perf import statistics_bias
from sightsound.bench.perf.statistics_bias import Sets
from sightsound.metrics.formulas.two_sets import frechet, frechet_corrected


def test_the_correction_leaves_little_of_the_bias_and_less_than_a_line():
    small = Sets("1/k", 16, 4, 60)
    (row,) = statistics_bias.frechet_rows([small], effort=16 * 200)
    assert row.plugin - row.truth > 0.06
    assert abs(row.left(row.corrected)) < 0.15
    (wide,) = statistics_bias.frechet_rows([Sets("flat", 64, 4, 60)], effort=64 * 12)
    assert abs(wide.left(wide.corrected)) < 0.1 < wide.left(wide.line)


def test_groups_that_are_alike_are_corrected_by_groups():
    sets = Sets("flat", 16, 4, 96, in_group=4)
    mix, other, shift, truth = statistics_bias._sources(sets)
    ones, groups = np.ones(sets.clips), statistics_bias._groups(sets)
    found = []
    for repetition in range(30):
        rng = np.random.default_rng(repetition)
        sides = (
            *(statistics_bias._clips(rng, sets, mix), ones),
            *(statistics_bias._clips(rng, sets, other) + shift, ones),
        )
        by_groups = frechet_corrected.aggregate(*sides, groups=groups, reference_groups=groups)
        found.append((frechet.aggregate(*sides), frechet_corrected.aggregate(*sides), by_groups))
    plugin, by_clips, by_groups = np.mean(found, axis=0) - truth
    assert abs(by_groups) < 0.15 * plugin < 0.3 * plugin < by_clips


def test_equal_sources_are_at_zero_under_kad_and_kid_and_above_it_pooled():
    rows = list(statistics_bias.kernel_rows((27,), repetitions=120))
    assert len(rows) == 8
    for row in rows:
        is_zero = row.metric in ("kad", "kid") or (row.in_group == 1 and row.metric != "kad_pooled")
        assert (abs(row.mean) < 3.5 * row.error) == is_zero, row


def test_the_order_of_the_clips_does_not_matter_and_groups_on_one_side_may_be_others():
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(2, 40, 3, 5))
    groups = [f"track {i // 2}" for i in range(40)]
    order, other_order = rng.permutation(40), rng.permutation(40)
    ones = np.ones(40)

    def value(mine, theirs, names, other_names):
        return frechet_corrected.aggregate(mine, ones, theirs, ones, groups=names, reference_groups=other_names)

    shuffled = [[groups[i] for i in some] for some in (order, other_order)]
    plain = value(rows, reference, groups, groups)
    assert value(rows[order], reference[other_order], *shuffled) == pytest.approx(plain, rel=1e-9)
    apart = value(rows, reference, groups, [f"other {name}" for name in groups])
    assert apart != plain and apart < frechet.aggregate(rows, ones, reference, ones)


def test_too_little_for_the_correction_is_said():
    rng = np.random.default_rng(0)
    rows, ones = rng.normal(size=(40, 1, 24)), np.ones(40)
    with pytest.raises(ValueError, match="40 frames for 24 dimensions: the correction takes 2 for each"):
        frechet_corrected.aggregate(rows, ones, rows, ones)
    few = rng.normal(size=(40, 2, 5))
    with pytest.raises(ValueError, match="4 groups of clips: the correction takes 8"):
        frechet_corrected.aggregate(
            few, ones, few, ones, groups=list("abcd") * 10, reference_groups=list("abcd") * 10
        )
    alone = np.full((40, 12, 5), np.nan)
    alone[0], alone[1:9, 0] = rng.normal(size=(12, 5)), rng.normal(size=(8, 5))
    names = ["a", *"bcdefghi", *"a" * 31]
    value = frechet_corrected.aggregate(alone, ones, alone + 1, ones, groups=names, reference_groups=names)
    assert np.isfinite(value)  # a half without the large group has four frames


def test_a_note_for_few_frames():
    rows = np.zeros((3, 2, 4))
    assert "6 frames for 4 dimensions" in frechet.few_frames(rows, np.zeros((5, 2, 4)))
    assert frechet.few_frames(np.zeros((4, 2, 4)), np.zeros((5, 2, 4))) == ""
