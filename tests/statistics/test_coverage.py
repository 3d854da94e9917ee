"""A smaller version of `python -m tests.statistics`: a cell of every kind, few repetitions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.statistics import __main__ as tables
from tests.statistics import coverage, verdicts
from tests.statistics.worlds import LAWS, Scene, generator

CELLS = {
    "means": ("lognormal 0.7", Scene(53, 11), 500),
    "inception": ("10 classes", Scene(53, 20), 800),
    "frechet": ("8 dimensions, other source", Scene(53, 20), 500),
    "corrected": ("8 dimensions, other source", Scene(53, 20), 300),
    "kernel": ("KAD, 8 dimensions, other source", Scene(53, 20), 300),
    "per_song": ("8 dimensions", Scene(27, 11), 500),
}


def cell(kinds, kind, what, scene):
    (function,) = [each for each in kinds if each.__name__ == kind]
    (found,) = [each for each in function() if (each.what, each.scene) == (what, scene)]
    return found


@pytest.mark.parametrize("kind", CELLS)
def test_intervals_hold_the_truth(kind):
    what, scene, repetitions = CELLS[kind]
    found = coverage.measure(cell(coverage.KINDS, kind, what, scene), repetitions)
    assert found.shown == 1
    slack = 2 * np.sqrt(0.95 * 0.05 / found.repetitions)
    assert 0.92 - slack <= found.held <= 0.97 + slack, found


def test_means_hold_the_truth_where_groups_are_unequal():
    for law in ("normal", "lognormal 1"):
        found = coverage.measure(cell(coverage.KINDS, "means", law, Scene(250, 20, equal=False)), 500)
        assert 0.92 <= found.held <= 0.985, found


def test_five_groups_of_unequal_size_have_no_interval():
    found = coverage.measure(cell(coverage.KINDS, "means", "normal", Scene(53, 5, equal=False)), 20)
    assert found.shown == 0 and np.isnan(found.held) and found.intervals == 0


def test_what_was_tried_for_the_others_does_not_do():
    found = coverage.measure(cell(coverage.KINDS, "without", "coverage, balls as they are", Scene(53, 53)), 1000)
    assert found.held < 0.88, found
    found = coverage.measure(cell(coverage.KINDS, "without", "recall, jackknife", Scene(53, 53)), 100)
    assert found.width > 6, found


VERDICTS = [
    ("means", "normal", Scene(53, 20), 500),
    ("means", "lognormal 1", Scene(53, 11, equal=False), 500),
    ("frechet", "8 dimensions", Scene(53, 20), 300),
    ("several_seeds", "common effect 0.3", Scene(53, 11), 400),
]


@pytest.mark.parametrize(("kind", "what", "scene", "repetitions"), VERDICTS)
def test_equal_systems_are_seldom_told_apart(kind, what, scene, repetitions):
    found = verdicts.measure(cell(verdicts.KINDS, kind, what, scene), repetitions)
    assert found.given == 1 and found.alarms <= 0.06 + 2 * np.sqrt(0.06 * 0.94 / found.repetitions), found


def test_a_table_of_eight_equal_systems_has_seldom_a_difference():
    found = verdicts.measure(cell(verdicts.KINDS, "tables", "normal", Scene(53, 20)), 300)
    assert found.repetitions == 90 and found.alarms <= 0.11, found


def test_the_worlds_are_what_they_say():
    rng = generator("a test")
    for name, law in LAWS.items():
        drawn = law(rng, (400_000,))
        assert abs(drawn.mean()) < 0.01 and (name == "t, 3 df" or abs(drawn.var() - 1) < 0.1)
    unequal = Scene(53, 11, equal=False)
    sizes = np.bincount(unequal.place)
    assert sizes.sum() == 53 and len(sizes) == 11 and sizes.min() >= 1 and sizes[0] == sizes.max()
    assert unequal.effective == pytest.approx(53**2 / np.square(sizes).sum())
    assert Scene(53, 11).effective > 10.8
    values = np.stack([unequal.shared(rng, LAWS["normal"]) for _ in range(4000)])
    inside, outside = np.corrcoef(values[:, 0], values[:, 1])[0, 1], np.corrcoef(values[:, 0], values[:, -1])[0, 1]
    assert inside == pytest.approx(0.5, abs=0.05) and abs(outside) < 0.06


def test_the_tables_are_printed(capsys):
    tables.main(["--repetitions", "20", "--only", "intervals.corrected", "--only", "verdicts.swaps"])
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ")]
    assert len({len(row) for row in rows[:7]}) == 1 and rows[0][-2] == "width"
    assert any(row[0] == "| lognormal 1" for row in rows)
    assert tables._outside(0.90, 10_000, 0.92, 0.97) == "low" and tables._outside(0.90, 30, 0.92, 0.97) == ""
    assert tables._outside(0.99, 10_000, 0.92, 0.97) == "high" and tables._outside(1.0, 20, 0.92, 0.97) == ""
