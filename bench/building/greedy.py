"""One-to-one pairs by similarity, greedily, in two orders.

`in_turn` is what Art2Mus says it did (Rinaldi et al. 2024, section 3.2: "Each artwork was paired with the most
similar music track [...] After pairing, the selected music track was excluded"): the pictures take turns, each the
most similar of the tracks that are left. The code that did it is in none of the 14 commits of the authors'
repository (justivanr/art2mus_, read up to 21ab344a), and the paper does not say in which order the pictures took
turns: here it is the order of the rows. `best_first` is the other reading of greedy: of all pairs that are left
the most similar one is taken, which depends on no order.

Ties (scores that are equal to a millionth): the track with the lower index; in `best_first` the picture with the
lower index, then the track with the lower index.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.building.scores import BLOCK, NONE, Indices, Scores, Vectors, margin, nearest, score
from sightsound.bench.core.types import Report

DEPTH = 128  # candidates kept of each row in `best_first`: 2 KB
_WORST = np.iinfo(np.int64).min // 4  # below every key, with room to compute


def in_turn(rows: Vectors, columns: Vectors, report: Report = lambda what, done, total: None) -> Indices:
    """The column of each row, `[rows]`, NONE for the rows after the columns have run out.

    `rows`, `columns`: unit vectors `[n, dim]` and `[m, dim]`, float32. Holds BLOCK x m products at once.
    """
    free = np.ones(len(columns), bool)
    found = np.full(len(rows), NONE, np.int64)
    slack = 2 * margin(rows.shape[1])
    for start in range(0, len(rows), BLOCK):
        block = range(start, min(start + BLOCK, len(rows)))
        products = rows[start : start + BLOCK] @ columns.T
        products[:, ~free] = -np.inf
        taken: list[int] = []
        for row, line in zip(block, products, strict=True):
            line[taken] = -np.inf
            best = line.max(initial=-np.inf)
            if best == -np.inf:
                break
            candidates = np.flatnonzero(line >= best - slack)
            exact = score(rows, columns, np.full(len(candidates), row), candidates)
            found[row] = candidates[np.argmax(exact)]  # the first of equals: the lowest index
            taken.append(int(found[row]))
        free[taken] = False
        report("pairing", block.stop, len(rows))
    return found


def best_first(rows: Vectors, columns: Vectors, report: Report = lambda what, done, total: None) -> Indices:
    """The column of each row, `[rows]`, NONE for the rows that are left when the columns have run out.

    Every row keeps a list of its first DEPTH columns. A round sorts the rows by the first free column of each and
    takes pairs from the top, down to the first row whose choice a row above it has taken, or whose list is at its
    end: what that row will choose now is not known, only that it cannot come before its next entry. Lists are
    made anew, a block of rows at a time, when no pair can be taken without.
    """
    lists = _Lists(rows, columns)
    found = np.full(len(rows), NONE, np.int64)
    pairs = min(len(rows), len(columns))
    lists.refill(np.arange(len(rows)), report)
    done = 0
    while done < pairs:
        active = np.flatnonzero(found == NONE)
        lists.advance(active)
        key = lists.keys(active)
        order = np.argsort(-key)
        active, key = active[order], key[order]
        ended = lists.at[active] == DEPTH
        choice = lists.columns[active, np.minimum(lists.at[active], DEPTH - 1)]
        first = np.zeros(len(active), bool)
        first[np.unique(np.where(ended, -1 - np.arange(len(active)), choice), return_index=True)[1]] = True
        # the keys that rows which get nothing this round may still reach
        again = active[~first & ~ended]
        held = np.concatenate([key[ended], lists.keys(again, lists.at[again] + 1), [_WORST]]).max()
        take = first & ~ended & (key > held)
        if take.any():
            found[active[take]] = choice[take]
            lists.free[choice[take]] = False
            done += int(take.sum())
            report("pairing, best first", done, pairs)
        else:
            lists.refill(active[ended], report)
    return found


class _Lists:
    """The first free columns of each row when the list was made, and how far the row has come in it."""

    def __init__(self, rows: Vectors, columns: Vectors) -> None:
        self.rows, self._vectors = rows, columns
        self.free: NDArray[np.bool_] = np.ones(len(columns), bool)
        self.columns = np.full((len(rows), DEPTH), NONE, np.int64)
        self.scores: Scores = np.zeros((len(rows), DEPTH), np.int64)
        self.at = np.zeros(len(rows), np.int64)

    def refill(self, wanted: Indices, report: Report) -> None:
        """New lists for these rows."""
        for start in range(0, len(wanted), BLOCK):
            part = wanted[start : start + BLOCK]
            self.columns[part], self.scores[part] = nearest(self.rows, self._vectors, part, self.free, DEPTH)
            self.at[part] = 0
            if len(wanted) > BLOCK:
                report("candidates", start + len(part), len(wanted))

    def advance(self, wanted: Indices) -> None:
        """Move these rows on to their first entry that is free, or to the end of the list."""
        moving = wanted
        while len(moving):
            moving = moving[self.at[moving] < DEPTH]
            column = self.columns[moving, self.at[moving]]
            moving = moving[(column == NONE) | ~self.free[column]]
            self.at[moving] += 1

    def keys(self, wanted: Indices, at: Indices | None = None) -> Scores:
        """Sort keys of the rows, larger is earlier: by score, then by lower row. A row at the end of its list
        counts with the most that other columns can reach: the score of its last entry."""
        at = self.at[wanted] if at is None else at
        last = self.scores[wanted, np.minimum(at, DEPTH - 1)]
        keys: Scores = np.maximum(last, _WORST // len(self.rows)) * len(self.rows) - wanted
        return keys
