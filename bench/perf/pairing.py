"""How much faster `greedy.in_turn` is than comparing one picture after the other, and whether both agree.

`python -m sightsound.bench.perf.pairing` pairs random vectors at the size of Art2Mus by every method.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import numpy as np

from sightsound.bench.building import greedy, optimal
from sightsound.bench.building.scores import Vectors, score, unit

PICTURES, TRACKS, DIM = 10_000, 105_885, 1_024  # of Art2Mus


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


def full_size(pictures: int = PICTURES, tracks: int = TRACKS, dim: int = DIM) -> Iterator[str]:
    """One line per method: seconds, and the process's peak memory so far."""
    rng = np.random.default_rng(0)
    rows, columns = (unit(rng.standard_normal((count, dim), dtype=np.float32)) for count in (pictures, tracks))
    yield f"{pictures:,} x {tracks:,} vectors of {dim:,}: {_peak_gb():.2f} GB"
    for name, method in (
        ("greedy", greedy.in_turn),
        ("best_first", greedy.best_first),
        ("optimal", optimal.assign),
    ):
        started = time.perf_counter()
        found = method(rows, columns)
        proof = f", gap {found.gap:g}" if isinstance(found, optimal.Optimal) else ""
        yield f"{name}: {time.perf_counter() - started:.0f} s, {_peak_gb():.2f} GB{proof}"


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    for line in full_size():
        print(line, flush=True)
