"""Is the newest of several runs of one system worse than the others, in any of many metrics?

If nothing but the seed changed, it does not matter which run's outputs are called new: for each unit of
independent draws any of the runs may be. So the label "new" is dealt anew unit by unit, to one of the runs at
random, and the differences that come out are what chance gives. The same deal serves all metrics, so that their
correlations stay, and the largest of their standardised differences in each deal is what the run's are held
against (the max-T of Westfall and Young 1993): one test at one level over all metrics, in which metrics that say
the same cost nothing.

It is exact where the runs differ by independent draws in each unit. What a seed does to all units together is not
among the deals; where several runs let it be estimated (metrics/statistics/seeds.py) it is given as `common`, and
makes the test stricter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows

DEALS = 9999
_AT_ONCE = 500  # deals in memory together


@dataclass(frozen=True)
class Exchanged:
    """What the test found, a number a metric."""

    differences: Rows
    """`[metrics]`: the mean of the new run less that of the others."""
    p: Rows
    """`[metrics]`: p-values, corrected for all metrics, of the new run being no larger."""


def exchange_test(
    sums: Rows, counts: Rows, common: Rows | None = None, *, deals: int = DEALS, seed: int = 0
) -> Exchanged:
    """One-sided test that the first of the runs is larger than the others, for each metric.

    `sums`, `counts` `[runs, metrics, units]`: sum of a metric's values in each unit, and how many (or how much
    weight) there are; 0 and 0 where a run has none. `common` `[metrics]`: variance of the difference by what moves
    all units together. Raises ValueError for fewer than two runs.

    >>> same = np.random.default_rng(1).standard_normal((3, 2, 40))
    >>> worse = same.copy()
    >>> worse[0, 1] += 1
    >>> exchange_test(same, np.ones_like(same)).p <= 0.05, exchange_test(worse, np.ones_like(same)).p <= 0.05
    (array([False, False]), array([False,  True]))
    """
    runs, metrics, units = sums.shape
    if runs < 2:
        raise ValueError("it takes a run and another to exchange it with")
    observed = _differences(sums, counts, np.zeros((1, units), dtype=np.intp))[0]
    rng = np.random.default_rng(seed)
    dealt = np.concatenate([
        _differences(sums, counts, rng.integers(runs, size=(min(_AT_ONCE, deals - start), units)))
        for start in range(0, deals, _AT_ONCE)
    ])  # fmt: skip
    variance = np.square(dealt).mean(axis=0)
    extra = np.zeros(metrics) if common is None else common
    known = variance > np.square(1e-9 * np.abs(sums).max(axis=(0, 2), initial=0) / max(units, 1))
    scale = np.where(known, np.sqrt(variance), np.inf)  # all runs alike: no deal differs from another
    largest = (dealt / scale).max(axis=1)
    statistics = observed / np.where(known, np.sqrt(variance + extra), np.inf)
    # deals that give the same difference again differ from it by rounding
    as_large = (largest[:, None] >= statistics - 1e-9 * np.abs(statistics)).sum(axis=0)
    return Exchanged(observed, np.asarray((1 + as_large) / (1 + deals)))


def _differences(sums: Rows, counts: Rows, new: NDArray[np.intp]) -> Rows:
    """`[deals, metrics]`: mean of the runs that are new less that of the rest; `new` `[deals, units]`. 0 where
    either side has nothing."""
    chosen = [(new == run).astype(np.float64) for run in range(len(sums))]
    total = sum(each @ sums[run].T for run, each in enumerate(chosen))
    weight = sum(each @ counts[run].T for run, each in enumerate(chosen))
    rest, rest_weight = sums.sum(axis=(0, 2)) - total, counts.sum(axis=(0, 2)) - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        found = total / weight - rest / rest_weight
    return np.asarray(np.where((weight > 0) & (rest_weight > 0), found, 0.0))
