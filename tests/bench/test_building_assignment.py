"""The assignments of `build pair` against brute force over the whole matrix, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from sightsound.bench.building import greedy, optimal, scores
from sightsound.bench.building.scores import NONE, STEPS, nearest, score, unit
from sightsound.bench.perf import pairing as speed

TAKEN = -(10**9)


def matrix(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Every score, pair by pair."""
    every = np.arange(len(columns))
    return np.array([score(rows, columns, np.full(len(columns), row), every) for row in range(len(rows))])


def in_turn(table: np.ndarray) -> list[int]:
    """The rows one after the other: the largest that is left, the lowest index of equals."""
    table, found = table.copy(), []
    for line in table:
        best = int(np.argmax(line))
        found.append(best if line[best] > TAKEN else NONE)
        table[:, best] = TAKEN
    return found


def best_first(table: np.ndarray) -> list[int]:
    """All pairs in the order of score, row, column; each that is still possible is taken."""
    found, taken = [NONE] * len(table), set()
    for _, row, column in sorted((-table[r, c], r, c) for r in range(len(table)) for c in range(table.shape[1])):
        if found[row] == NONE and column not in taken:
            found[row] = column
            taken.add(column)
    return found


def total(table: np.ndarray, found: np.ndarray) -> int:
    return sum(int(table[row, column]) for row, column in enumerate(found) if column != NONE)


@st.composite
def two_sets(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors with small whole components: many cosines are equal, some vectors too."""
    seed, dim, reach = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    rng = np.random.default_rng(seed)
    sides = []
    for size in (draw(st.integers(1, 30)), draw(st.integers(1, 40))):
        drawn = rng.integers(-reach, reach + 1, (size, dim)).astype(float)
        drawn[~drawn.any(axis=1)] = 1
        sides.append(unit(drawn))
    return sides[0], sides[1]


@given(two_sets(), st.sampled_from([1, 2, 7, 128]), st.sampled_from([1, 3, 128]))
@settings(max_examples=150)
def test_both_greedy_ways_equal_brute_force_with_ties(sets, depth, block):
    rows, columns = sets
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(greedy, "DEPTH", depth)
        patch.setattr(greedy, "BLOCK", block)
        table = matrix(rows, columns)
        assert greedy.in_turn(rows, columns).tolist() == in_turn(table)
        assert greedy.best_first(rows, columns).tolist() == best_first(table)


@given(two_sets(), st.integers(1, 4))
@settings(max_examples=80)
def test_the_optimal_one_by_either_solver_has_the_largest_sum(sets, depth):
    rows, columns = sets
    table = matrix(rows, columns)
    chosen = linear_sum_assignment(table, maximize=True)
    for found in (optimal.assign(rows, columns), optimal.assign(rows, columns, dense=0, depth=depth)):
        paired = found.columns[found.columns != NONE]
        assert found.gap == 0 and total(table, found.columns) == table[chosen].sum()
        assert len(set(paired.tolist())) == len(paired) == min(table.shape)


def test_ties_are_told_apart_by_index():
    rows = unit(np.array([[1.0, 0], [1, 0], [0, 1]]))
    columns = unit(np.array([[0.0, 2], [5, 0], [3, 0], [0, 1]]))
    assert greedy.in_turn(rows, columns).tolist() == [1, 2, 0]
    assert greedy.best_first(rows, columns).tolist() == [1, 2, 0]


def test_taking_turns_is_not_best_first():
    """The first row takes what the second would have liked better."""
    rows = unit(np.array([[1.0, 0.5], [1, 0]]))
    columns = unit(np.array([[1.0, 0], [0, 1]]))
    assert greedy.in_turn(rows, columns).tolist() == [0, 1]
    assert greedy.best_first(rows, columns).tolist() == [1, 0]
    assert optimal.assign(rows, columns).columns.tolist() == [1, 0]


def test_a_thousand_real_valued_vectors_with_a_few_that_all_want():
    rng = np.random.default_rng(0)
    hubs = rng.standard_normal((4, 48))
    rows = unit(rng.standard_normal((300, 48)) + 2 * hubs[rng.integers(0, 4, 300)])
    columns = unit(rng.standard_normal((900, 48)) + hubs[rng.integers(0, 4, 900)])
    table = matrix(rows, columns)
    assert greedy.in_turn(rows, columns).tolist() == in_turn(table)
    assert greedy.best_first(rows, columns).tolist() == best_first(table)
    sparse = optimal.assign(rows, columns, dense=0, depth=4)
    assert sparse.gap == 0
    assert total(table, sparse.columns) == table[linear_sum_assignment(table, maximize=True)].sum()


def test_an_unfinished_proof_tells_a_gap_that_holds():
    rng = np.random.default_rng(1)
    rows, columns = unit(rng.standard_normal((60, 3))), unit(rng.standard_normal((70, 3)))
    table = matrix(rows, columns)
    best = int(table[linear_sum_assignment(table, maximize=True)].sum())
    found = optimal.assign(rows, columns, dense=0, depth=1, rounds=1)
    short = best - total(table, found.columns)
    assert 0 < short <= round(found.gap * STEPS)


def test_the_candidates_are_the_first_of_the_exact_order_whatever_the_product_rounds():
    """Columns that differ in the seventh digit: the float32 product cannot tell them apart, the score can."""
    rng = np.random.default_rng(2)
    base = rng.standard_normal(512)
    columns = unit(base + 3e-3 * rng.standard_normal((400, 512)))
    rows = unit(base[None] + 0.1 * rng.standard_normal((3, 512)))
    table = matrix(rows, columns)
    found, points = nearest(rows, columns, np.arange(3), np.ones(400, bool), 25)
    for row in range(3):
        order = np.lexsort((np.arange(400), -table[row]))[:25]
        assert found[row].tolist() == order.tolist() and points[row].tolist() == table[row, order].tolist()


def test_the_error_of_a_product_stays_within_its_bound():
    rng = np.random.default_rng(3)
    rows, columns = unit(rng.standard_normal((50, 1024))), unit(rng.standard_normal((500, 1024)))
    off = np.abs((rows @ columns.T).astype(float) - matrix(rows, columns) / STEPS).max()
    assert 0 < off <= scores.margin(1024)


def test_a_vector_without_direction_is_refused():
    for bad in ([[0.0, 0]], [[np.nan, 1]], [[np.inf, 1]]):
        with pytest.raises(ValueError, match="no direction"):
            unit(np.array(bad))


def test_the_measured_ways_agree():
    """What `bench perf` measures: the time is the machine's, the pairs are not."""
    ratio, same = speed.pairing(40, 300, 16)
    assert same and ratio > 0


def test_the_measurement_at_full_size_tells_of_every_method() -> None:
    lines = list(speed.full_size(20, 50, 8))
    assert [line.partition(":")[0] for line in lines[1:]] == ["greedy", "best_first", "optimal"]
    assert lines[3].endswith("gap 0")
