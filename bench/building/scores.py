"""Cosines of two large sets of unit vectors, a block at a time, in whole millionths.

A matrix product in float32 depends in its last digits on the size of the blocks and on the machine, and so would
the order of nearly equal pairs. So it only picks candidates, by a bound on its error; what decides is the cosine
of a candidate in float64, rounded to millionths, which no block size changes. Pairs with the same millionths tie.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS = 1_000_000  # a score is a whole number of millionths, -1,000,000 to 1,000,000
BLOCK = 128  # rows multiplied at once: 54 MB of products with 105,885 columns
GATHER = 4096  # pairs whose cosine is taken in float64 at once: 64 MB of vectors with 1,024 numbers
NONE = -1  # in the place of a column: there is none

Vectors = NDArray[np.float32]
Indices = NDArray[np.int64]
Scores = NDArray[np.int64]


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """`[n, dim]` scaled to length 1, float32. Raises ValueError for a vector that is zero or not finite."""
    wide = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ValueError("a vector that is zero or not finite has no direction")
    return (wide / lengths).astype(np.float32)


def score(rows: Vectors, columns: Vectors, row: Indices, column: Indices) -> Scores:
    """Scores of the pairs (row[k], column[k]), `[pairs]`; the same whatever other pairs are asked for."""
    found = np.empty(len(row), np.int64)
    for start in range(0, len(row), GATHER):
        part = slice(start, start + GATHER)
        products = rows[row[part]].astype(np.float64) * columns[column[part]]  # exact: two float32 factors
        found[part] = np.rint(products.sum(axis=1) * STEPS)
    return found


def margin(dim: int) -> float:
    """The most by which a float32 product of unit vectors differs from its score: dim roundings of 2^-24 on terms
    whose sizes sum to 1 at most (Cauchy-Schwarz), the vectors' own rounding, and half a millionth."""
    return (dim + 16) * 2.0**-24 + 0.6 / STEPS


def nearest(
    rows: Vectors, columns: Vectors, wanted: Indices, free: NDArray[np.bool_], k: int
) -> tuple[Indices, Scores]:
    """The first `k` free columns of each row in `wanted`, by falling score and then by rising index.

    `[wanted, k]` columns and their scores; NONE where fewer than `k` are free. At most BLOCK rows a call.
    """
    products = rows[wanted] @ columns.T
    products[:, ~free] = -np.inf
    k_free = min(k, int(free.sum()))
    found = np.full((len(wanted), k), NONE, np.int64)
    scores = np.full((len(wanted), k), np.iinfo(np.int64).min, np.int64)
    slack = 2 * margin(rows.shape[1])
    for at, row in enumerate(wanted):
        found[at, :k_free], scores[at, :k_free] = _first(products[at], rows, columns, int(row), k_free, slack)
    return found, scores


def _first(
    products: Vectors, rows: Vectors, columns: Vectors, row: int, k: int, slack: float
) -> tuple[Indices, Scores]:
    """The first k columns of one row. All whose product comes within `slack` of the k-th largest are candidates:
    each of the k largest products has a score of at least that product less half the slack, so the k best
    scores reach that too, and their products at least the product less the slack."""
    if k == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    kth = products.max() if k == 1 else np.partition(products, len(products) - k)[len(products) - k]
    candidates = np.flatnonzero(products >= kth - slack)
    exact = score(rows, columns, np.full(len(candidates), row), candidates)
    order = np.lexsort((candidates, -exact))[:k]
    return candidates[order], exact[order]
