"""python -m tests.statistics.reruns: how often `bench check` fails a system that did not change, on real runs.

`tests/statistics/reruns.csv` has one system, mozart:pocket_no_bridge on wesnoth (53 examples), run with as many
seeds as it has; the values by example beside it are those of the real outputs. Each check takes one of the runs
for the new one and three others, drawn at random, for the baseline.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sightsound.bench.boards.check import LEVEL, Finding, Values, check, read

FILE = Path(__file__).with_name("reruns.csv")
BASELINE = 3
"""Runs in the baseline, as `make baseline` has them."""


@dataclass(frozen=True)
class Alarms:
    """What the checks of an unchanged system said."""

    runs: int
    """Real runs, each with a seed of its own."""
    checks: int
    """Checks of one of them against three others."""
    failed: int
    """How many of them failed."""
    at: dict[float, int]
    """Level -> how many would have failed at it."""
    by: dict[str, int]
    """What failed them."""


def measure(checks: int, seed: int = 0) -> Alarms:
    """`checks` checks, the runs in turn."""
    whole = read(FILE, "it is part of the repository")
    seeds = sorted(set(whole.rows["seed"]))
    rng = np.random.default_rng(seed)
    least: list[float] = []
    by: Counter[str] = Counter()
    failed = 0
    for number in range(checks):
        new = seeds[number % len(seeds)]
        others = rng.choice([each for each in seeds if each != new], BASELINE, replace=False)
        findings = check(of_seeds(whole, [new]), of_seeds(whole, others))
        bad = [finding.metric for finding in findings if not finding.ok]
        failed += bool(bad)
        by.update(bad)
        least.append(_p(findings))
    levels = {level: int(sum(p <= level for p in least)) for level in (0.05, 0.02, 0.01)}
    return Alarms(len(seeds), checks, failed, levels, dict(by))


def of_seeds(whole: Values, seeds: Sequence[int]) -> Values:
    """The runs of some seeds."""
    tables = (table[table["seed"].isin(seeds)].reset_index(drop=True) for table in whole)
    rows, scores = tables
    assert isinstance(rows, pd.DataFrame)
    return Values(rows, scores)


def _p(findings: Sequence[Finding]) -> float:
    """The least p-value of what is worse at all; 0 for a fault that no chance explains."""
    if any(not finding.ok and np.isnan(finding.p) for finding in findings):
        return 0.0
    known = [each.p for each in findings if not np.isnan(each.p) and each.verdict != "no worse"]
    return min(known, default=1.0)


def main(arguments: Sequence[str]) -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.statistics.reruns", description=__doc__)
    parser.add_argument("--checks", type=int, default=100)
    found = measure(parser.parse_args(arguments).checks)
    print(f"{found.runs} runs of one system, each with another seed; each check: one of them against three others")
    print(f"{found.failed} of {found.checks} checks failed at the gate's level of {LEVEL:.0%}")
    for level, count in found.at.items():
        print(f"at a level of {level:.0%}: {count} of {found.checks}")
    print("by " + (", ".join(f"{name} {count}" for name, count in found.by.items()) or "nothing"))


if __name__ == "__main__":
    main(sys.argv[1:])
