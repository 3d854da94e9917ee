"""One-to-one pairs of the largest total similarity.

Small: SciPy's dense solver. Large, where a dense matrix does not fit (10,000 x 105,885 in float64 is 8.5 GB): the
solver for sparse matrices over some candidates of each row, and then a proof or more candidates. The proof is
linear programming's: prices v >= 0 of the columns, 0 for those without a row, bound every assignment's total by

    sum over rows of max over columns (score - v)   +   sum over columns of v

and the pairs that were found reach the bound when no pair of the whole matrix beats its row's own (score - price).
All columns are looked at, a block of rows at a time; those that beat it become candidates, and it is solved again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from sightsound.bench.building import greedy
from sightsound.bench.building.scores import BLOCK, NONE, STEPS, Indices, Scores, Vectors, margin, nearest, score
from sightsound.bench.core.types import Report

DENSE = 10_000_000  # cells of a dense matrix: 80 MB, and as much again in the solver
DEPTH = 32  # candidates of each row to begin with
MORE = 32  # candidates added to a row at a time
ROUNDS = 40  # times it is solved at most; then the bound is reported instead


class Optimal(NamedTuple):
    """An assignment and what is known about it."""

    columns: Indices
    """The column of each row, NONE for rows without one."""
    gap: float
    """How much more total similarity another assignment could have at most; 0: this one is the best."""


def assign(
    rows: Vectors,
    columns: Vectors,
    report: Report = lambda what, done, total: None,
    dense: int = DENSE,
    depth: int = DEPTH,
    rounds: int = ROUNDS,
) -> Optimal:
    """The assignment of all rows, or of as many as there are columns, with the largest sum of scores.

    Exact in whole millionths where `gap` is 0. Where several are equally good, which one is the solver's choice.
    """
    if len(rows) > len(columns):
        swapped = assign(columns, rows, report, dense, depth, rounds)
        found = np.full(len(rows), NONE, np.int64)
        found[swapped.columns] = np.arange(len(columns))
        return Optimal(found, swapped.gap)
    if len(rows) * len(columns) <= dense:
        cosines = rows.astype(np.float64) @ columns.T.astype(np.float64)
        return Optimal(linear_sum_assignment(np.rint(cosines * STEPS), maximize=True)[1].astype(np.int64), 0.0)
    return _by_candidates(rows, columns, report, depth, rounds)


def _by_candidates(rows: Vectors, columns: Vectors, report: Report, depth: int, rounds: int) -> Optimal:
    row, column = _first_candidates(rows, columns, depth, report)
    best: Optimal | None = None
    for _ in range(rounds):
        row, column = _distinct(row, column, len(columns))
        scores = score(rows, columns, row, column)
        found = _solve(row, column, scores, (len(rows), len(columns)))
        prices = _prices(row, column, scores, found, len(columns))
        more_row, more_column, gap = _better(rows, columns, found, prices, report)
        best = Optimal(found, gap / STEPS)
        if not len(more_row):
            return Optimal(found, 0.0)
        row, column = np.concatenate([row, more_row]), np.concatenate([column, more_column])
    assert best is not None
    return best


def _first_candidates(rows: Vectors, columns: Vectors, depth: int, report: Report) -> tuple[Indices, Indices]:
    """The most similar columns of each row, and a greedy assignment, so that there is a solution."""
    free = np.ones(len(columns), bool)
    blocks = []
    for start in range(0, len(rows), BLOCK):
        wanted = np.arange(start, min(start + BLOCK, len(rows)))
        blocks.append(nearest(rows, columns, wanted, free, min(depth, len(columns)))[0])
        report("candidates", start + len(wanted), len(rows))
    listed = np.concatenate(blocks)
    every = np.arange(len(rows))
    row = np.concatenate([np.repeat(every, listed.shape[1]), every])
    return row, np.concatenate([listed.ravel(), greedy.in_turn(rows, columns, report)])


def _distinct(row: Indices, column: Indices, width: int) -> tuple[Indices, Indices]:
    """The pairs in order, each once."""
    cells = np.unique(row * width + column)
    return cells // width, cells % width


def _solve(row: Indices, column: Indices, scores: Scores, shape: tuple[int, int]) -> Indices:
    """The best assignment among the candidates."""
    costs = (2 * STEPS - scores).astype(np.float64)  # at least 1: a 0 would be no candidate
    _, found = min_weight_full_bipartite_matching(csr_array((costs, (row, column)), shape=shape))
    return found.astype(np.int64)


def _prices(row: Indices, column: Indices, scores: Scores, found: Indices, width: int) -> Scores:
    """The lowest prices at which no candidate of a row beats its own column, `[columns]`, 0 without a row.

    v[c] = max(0, max over candidates (r, c) of  score(r, c) - score(r, own) + v[own]),  longest paths; they end
    because a cycle that gains would be a better assignment.
    """
    own_score = np.zeros(len(found), np.int64)
    is_own = found[row] == column
    own_score[row[is_own]] = scores[is_own]
    step = scores - own_score[row]
    order = np.argsort(column, kind="stable")
    target, starts = np.unique(column[order], return_index=True)
    source, step = found[row[order]], step[order]
    prices = np.zeros(width, np.int64)
    for _ in range(len(found) + 1):
        raised = np.maximum(np.maximum.reduceat(prices[source] + step, starts), 0)
        if (raised == prices[target]).all():
            return prices
        prices[target] = raised
    raise AssertionError("the solver's assignment is not the best of its candidates")


def _better(
    rows: Vectors, columns: Vectors, found: Indices, prices: Scores, report: Report
) -> tuple[Indices, Indices, int]:
    """Pairs of the whole matrix that are better than their row's own, up to MORE a row, and the most that they
    could gain together."""
    every = np.arange(len(rows))
    profit = score(rows, columns, every, found) - prices[found]
    slack = margin(rows.shape[1])
    more_row, more_column, gap = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    price = (prices / STEPS).astype(np.float32)  # less than 2, so off by less than 2^-23
    for start in range(0, len(rows), BLOCK):
        products = rows[start : start + BLOCK] @ columns.T - price
        limits = (profit[start : start + BLOCK] / STEPS - slack - 2.0**-20).astype(np.float32)
        for row in (start + np.flatnonzero(products.max(axis=1) > limits)).tolist():
            candidates = np.flatnonzero(products[row - start] > limits[row - start])
            gains = score(rows, columns, np.full(len(candidates), row), candidates) - prices[candidates]
            ahead = np.argsort(-gains, kind="stable")
            ahead = ahead[gains[ahead] > profit[row]][:MORE]
            if len(ahead):
                gap += int(gains[ahead[0]] - profit[row])
                more_row.append(np.full(len(ahead), row))
                more_column.append(candidates[ahead])
        report("proving", min(start + BLOCK, len(rows)), len(rows))
    return np.concatenate(more_row), np.concatenate(more_column), gap
