"""The letters of a table: by hand, from rows and values by example, and how often equal systems are told apart."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest

from sightsound.bench.boards import ties
from sightsound.bench.boards.ties import Column
from sightsound.bench.core import scores
from sightsound.metrics.statistics.difference import Difference
from sightsound.metrics.statistics.parts import Parts, of_clips
from tests.statistics import board


def column(values: dict[str, float], p: dict[tuple[str, str], float], **other) -> Column:
    """A column whose pairs have these p-values."""
    found = {couple: Difference(0.0, p=each, detectable=each) for couple, each in p.items()}
    return Column(**{"higher_is_better": True, "ranked": False, "failed": frozenset()} | other, values=values,
                  found=found)  # fmt: skip


VALUES = {"x": 3.0, "y": 2.0, "z": 1.0}
P = {("x", "y"): 0.2, ("x", "z"): 0.001, ("y", "z"): 0.3}


def letters(each: Column) -> dict[str, str]:
    return ties.letters(each, ties.corrected([each])[0])


def test_letters_by_hand():
    assert letters(column(VALUES, P)) == {"x": "a", "y": "ab", "z": "b"}
    assert letters(column(VALUES, P, higher_is_better=False)) == {"z": "a", "y": "ab", "x": "b"}


def test_who_has_no_letter():
    assert letters(column(VALUES, P, ranked=True)) == {}
    assert letters(column(VALUES, P, failed=frozenset({"x"}))) == {"y": "a", "z": "a"}
    assert letters(column(VALUES | {"z": nan}, P)) == {"x": "a", "y": "a"}
    assert letters(column(VALUES, {("x", "y"): 0.2})) == {"x": "a", "y": "a"}, "z was not compared"
    assert letters(column(VALUES, P | {("x", "z"): nan, ("y", "z"): nan})) == {"x": "a", "y": "a"}
    assert letters(column(VALUES, {})) == {}
    assert letters(column({"x": 1.0}, {})) == {}, "one system alone is compared with nobody"


def test_the_correction_is_over_all_pairs_and_metrics():
    one, two = column(VALUES, P), column(VALUES, {("x", "y"): nan, ("x", "z"): 0.012, ("y", "z"): 0.5})
    first, second = ties.corrected([one, two])
    assert first["x", "z"] == pytest.approx(5 * 0.001) and second["x", "z"] == pytest.approx(4 * 0.012)
    assert isnan(second["x", "y"])
    assert ties.letters(one, first)["x"] != ties.letters(one, first)["z"]


def test_the_detectable_difference_is_of_systems_under_test():
    values = {"x": 3.0, "y": 2.0, "reference:same": 1.0}
    p = {("x", "y"): 0.2, ("x", "reference:same"): 0.4, ("y", "reference:same"): 0.6}
    assert ties.detectable(column(values, p)) == 0.2
    assert isnan(ties.detectable(column(values, p | {("x", "y"): nan}))), "never of other pairs"
    assert ties.detectable(column({"x": 3.0, "reference:same": 1.0}, {("x", "reference:same"): 0.4})) == 0.4
    assert isnan(ties.detectable(column(values, {})))


# From rows and values by example

CLIPS = tuple(f"clip{index}" for index in range(24))
GROUPS = tuple(f"group{index // 2}" for index in range(24))


def entry(model: str, shift: float, *, clips: tuple[str, ...] = CLIPS, **other) -> tuple[dict, Parts]:
    """A row of the results and the values by example behind it."""
    noise = np.random.default_rng(len(model) + ord(model[0])).standard_normal(24)
    values = dict(zip(CLIPS, 10 + 0.1 * noise + shift + np.arange(24), strict=True))
    group = dict(zip(CLIPS, GROUPS, strict=True))
    parts = of_clips(np.array([values[clip] for clip in clips]), clips, [group[clip] for clip in clips])
    family, _, variant = model.partition(":")
    row = {"model": family, "variant": variant, "task": "t", "split": "s", "metric": "thd", "competitors": "",
           "seed": 0, "n": len(clips), "n_failed": 0, "signature": f"thd|n:{len(clips)}|v:2",
           "higher_is_better": False,
           "value": parts.value, "ci_low": parts.value - 1, "ci_high": parts.value + 1}  # fmt: skip
    return row | other, parts


def of_rows(*entries: tuple[dict, Parts]) -> dict[str, str]:
    parts = {scores.key(row): each for row, each in entries}
    return letters(ties.columns([row for row, _ in entries], parts)["thd"])


def test_values_with_other_numbers_of_clips_are_compared_over_those_that_both_have():
    # x lacks the clips with the largest values: its mean is the lowest, its clips are no better
    x, y, z = entry("x", 0, clips=CLIPS[:20]), entry("y", 0), entry("z", 5)
    assert x[0]["value"] < y[0]["value"] - 1
    assert of_rows(x, y, z) == {"x": "a", "y": "a", "z": "b"}


def test_what_is_not_compared():
    x, y, z = entry("x", 0), entry("y", 0), entry("z", 5)
    assert of_rows(x, y, z) == {"x": "a", "y": "a", "z": "b"}
    for odd in (
        entry("z", 5, signature="thd|n:24|v:1"),  # of another version
        entry("z", 5, value=3.0),  # the values by example are of another run
        entry("z", 5, ci_low=nan),  # too few groups
        entry("z", 5, n_failed=1),
        entry("reference:halves", 5, clips=CLIPS[:12]),
    ):
        assert of_rows(x, y, odd) == {"x": "a", "y": "a"}, odd[0]
    rows = [row for row, _ in (x, y, z)]
    assert letters(ties.columns(rows, {})["thd"]) == {}, "without values by example"
    ranks = [entry(name, 0, competitors="x y") for name in "xy"]
    assert of_rows(*ranks) == {}


def test_parts_of_other_clips_are_not_compared():
    x, y, (row, parts) = entry("x", 0), entry("y", 0), entry("z", 5)
    heavier = Parts(parts.names, parts.groups, parts.values, 2 * parts.weights)
    assert of_rows(x, y, (row, heavier)) == {"x": "a", "y": "a"}


def test_equal_systems_are_seldom_told_apart():
    told, alone = board.alarms(60, board.WESNOTH)
    assert told <= 0.1 and alone > 0.5
    assert board.alarms(5, board.WESNOTH, better=6.0)[0] == 1.0, "and one that is better is"
