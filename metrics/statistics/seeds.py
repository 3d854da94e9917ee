"""A system that was run with several seeds: its value, and how much of it is the seed.

    value of seed k = mu + s_k + what the seed does example by example

What a seed does example by example shows in the parts and is in the interval already. s_k moves all examples of a
run together, so no number of examples makes it smaller, only more seeds: the seed is a random effect. Its
variance is what is left of the variance between the runs when that of the examples' own part is taken off
(one-way random effects by the method of moments, Searle, Casella and McCulloch 1992, chapter 3), and joins the
error of a mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from sightsound.metrics.statistics import student
from sightsound.metrics.statistics.difference import paired
from sightsound.metrics.statistics.interval import DRAWS, LEVEL, Estimate, estimate
from sightsound.metrics.statistics.parts import Parts


@dataclass(frozen=True)
class Seeds:
    """One system's runs as one."""

    parts: Parts
    """Means over the runs, of the parts that all have."""
    runs: int
    """How many there are."""
    spread: float
    """Standard deviation of the value between runs; 0 for one run."""
    common: float
    """Variance of the mean by what a seed does to all examples together."""


def over_seeds(runs: Sequence[Parts]) -> Seeds:
    """Several runs of one system, at least one.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> names = ["x", "y", "z"]
    >>> both = over_seeds([of_clips(np.array(v), names, names) for v in ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])])
    >>> both.parts.values, both.runs, round(both.spread, 3)
    (array([1.5, 2.5, 3.5]), 2, 0.707)
    """
    shared = set.intersection(*(set(run.names) for run in runs))
    names = [name for name in runs[0].names if name in shared]
    taken = [run.take(names) for run in runs]
    first = taken[0]
    mean = Parts(first.names, first.groups, np.mean([run.values for run in taken], axis=0), first.weights)
    if len(runs) < 2:
        return Seeds(mean, 1, 0.0, 0.0)
    between = float(np.var([run.value for run in taken], ddof=1))
    sums = np.array([run.by_group[0] for run in taken])
    own = float(np.var(sums, axis=0, ddof=1).sum() / first.weights.sum() ** 2)
    return Seeds(mean, len(runs), sqrt(between), max(0.0, between - own) / len(runs))


def difference(a: Seeds, b: Seeds, *, draws: int = DRAWS) -> tuple[Estimate, float]:
    """A less B with its interval, and the share of its variance that is the seeds'.

    Degrees of freedom after Satterthwaite 1946 where a seed moves all examples together. NaN for the share where
    neither has two runs or there is no interval.
    """
    found = estimate(paired(a.parts, b.parts), draws=draws)
    between = sum(each.spread**2 / each.runs for each in (a, b) if each.runs > 1)
    extra = a.common + b.common
    variance = found.error**2 + extra
    share = min(1.0, between / variance) if max(a.runs, b.runs) > 1 and variance > 0 else float("nan")
    if not extra > 0 or np.isnan(found.low):
        return found, share
    terms = found.error**4 / found.freedom
    terms += sum(each.common**2 / (each.runs - 1) for each in (a, b) if each.common > 0)
    freedom, error = variance**2 / terms, sqrt(variance)
    reach = student.quantile((1 + LEVEL) / 2, freedom) * error
    p = 2 * student.above(abs(found.value) / error, freedom)
    return Estimate(found.value, found.value - reach, found.value + reach, error, p, freedom), share
