"""How much faster `greedy.in_turn` is than comparing one picture after the other, and whether both agree."""

from __future__ import annotations

import time

import numpy as np

from bench.building import greedy
from bench.building.scores import Vectors, score, unit


def pairing(pictures: int = 512, tracks: int = 20_000, dim: int = 1024) -> tuple[float, bool]:
    """The ratio of their times on random unit vectors, and whether they choose the same pairs.

    The plain way multiplies all tracks by one picture at a time; the full size of Art2Mus is 10,000 x 105,885.
    """
    rng = np.random.default_rng(0)
    rows, columns = (unit(rng.standard_normal((count, dim), dtype=np.float32)) for count in (pictures, tracks))
    started = time.perf_counter()
    plain = _plainly(rows, columns)
    between = time.perf_counter()
    found = greedy.in_turn(rows, columns)
    return (between - started) / (time.perf_counter() - between), found.tolist() == plain


def _plainly(rows: Vectors, columns: Vectors) -> list[int]:
    free = np.ones(len(columns), bool)
    found = []
    for row in range(len(rows)):
        products = np.where(free, columns @ rows[row], -np.inf)
        near = np.flatnonzero(products >= products.max() - 1e-4)
        best = int(near[np.argmax(score(rows, columns, np.full(len(near), row), near))])
        free[best] = False
        found.append(best)
    return found
