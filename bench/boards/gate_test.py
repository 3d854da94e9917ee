"""The gate's test: is a system worse than it was, in any metric, by more than another seed would explain?

What is tested is "the same system with another seed". Then the examples are given and only the system's draws are
chance; each example has a seed of its own (bench/core/types.py, `example_seed`), so draws are independent from
example to example, whatever track or song examples share. That is another question than an interval's, which
asks what other examples would give and therefore draws groups. The unit of the exchange is the input: examples
that show a system the same thing go together, because a system may answer them alike.

Cases with the same seeds in the baseline make one family and one test (metrics/statistics/exchange.py); families
share the level. With several seeds what a seed does to all examples together is estimated from the baseline and
added; one seed cannot tell, and independent draws are taken for granted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics.exchange import exchange_test
from sightsound.metrics.statistics.parts import Parts
from sightsound.metrics.statistics.seeds import over_seeds


@dataclass(frozen=True)
class Case:
    """One metric of one system, in the run and in the baseline. The parts' groups are their inputs."""

    system: str
    """`family:variant`."""
    metric: str
    """Metric name."""
    higher_is_better: bool
    """Direction."""
    new: Parts
    """The run's."""
    old: Mapping[int, Parts]
    """The baseline's by seed, at least one."""

    @property
    def family(self) -> tuple[str, tuple[int, ...]]:
        """Cases that are tested together."""
        return self.system, tuple(sorted(self.old))


@dataclass(frozen=True)
class Tested:
    """What the test says of a case."""

    worse: float
    """How much worse the run is than the mean over the baseline's seeds; below 0 where it is better."""
    p: float
    """p-value, corrected for all cases."""


def test(cases: Sequence[Case]) -> list[Tested]:
    """One result a case, in order; all verdicts `p <= level` together are wrong in that share of the checks of an
    unchanged system."""
    families: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for index, case in enumerate(cases):
        families.setdefault(case.family, []).append(index)
    found: dict[int, Tested] = {}
    for members in families.values():
        for index, tested in zip(members, _together([cases[i] for i in members]), strict=True):
            found[index] = Tested(tested.worse, min(1.0, tested.p * len(families)))
    return [found[index] for index in range(len(cases))]


def _together(cases: Sequence[Case]) -> list[Tested]:
    seeds = sorted(cases[0].old)
    runs = [[case.new, *(case.old[seed] for seed in seeds)] for case in cases]
    units = {
        unit: place for place, unit in enumerate(sorted({u for row in runs for each in row for u in each.groups}))
    }
    signs = np.array([-1.0 if case.higher_is_better else 1.0 for case in cases])
    sums = np.array(
        [[_by_unit(row[run], units, row[run].values) for row in runs] for run in range(len(seeds) + 1)]
    )
    counts = np.array([[_by_unit(row[run], units) for row in runs] for run in range(len(seeds) + 1)])
    common = np.array([(len(seeds) + 1) * over_seeds(row[1:]).common for row in runs])
    found = exchange_test(sums * signs[:, None], counts, common)
    return [Tested(float(worse), float(p)) for worse, p in zip(found.differences, found.p, strict=True)]


def _by_unit(parts: Parts, units: Mapping[str, int], values: Rows | float = 1.0) -> Rows:
    """Weighted sum of the parts' values in each unit; without values, of their weights."""
    place = [units[group] for group in parts.groups]
    return np.asarray(np.bincount(place, weights=parts.weights * values, minlength=len(units)), dtype=np.float64)
