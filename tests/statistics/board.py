"""How often a leaderboard tells equal systems apart: `python -m tests.statistics.board [TABLES]`."""

from __future__ import annotations

import sys
from unittest.mock import patch

import numpy as np

from sightsound.bench.boards import ties
from sightsound.bench.boards.ties import Column
from sightsound.bench.core import scores
from sightsound.bench.core.results import Row
from sightsound.metrics.statistics import difference as statistics
from sightsound.metrics.statistics.difference import Difference, compare, paired
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import Parts, effective_count, of_clips

SYSTEMS = 8
PAIRS = SYSTEMS * (SYSTEMS - 1)  # of two metrics
WESNOTH = (14, 6, 5, 4, 3, 3, *[2] * 4, *[1] * 10)  # about as many clips of a track as wesnoth has
LAYOUTS = {"unequal groups": WESNOTH, "a group a clip": (1,) * 53, "many groups": (*[2] * 120, *[1] * 10)}
"""Sizes of the groups."""


def table(rng: np.random.Generator, sizes: tuple[int, ...], better: float = 0.0) -> dict[str, Column]:
    """Two metrics of equal systems; the first system is better by so much. A group is harder for one system than
    for another, and the second metric is skewed."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    names, groups = [f"clip{index}" for index in range(len(group))], [f"track{index}" for index in group]
    rows, parts = [], {}
    for metric in ("even", "skewed"):
        hard = rng.standard_normal(len(sizes))[group] + rng.standard_normal(len(group))
        for system in range(SYSTEMS):
            own = 0.5 * rng.standard_normal(len(sizes))[group] + rng.standard_normal(len(group))
            values = hard + own if metric == "even" else np.exp((hard + own) / 2)
            made = of_clips(values + better * (system == 0), names, groups)
            row = vars(Row("", f"system{system}", "", "", "", metric, made.value, 0.0, signature=metric))
            rows.append(row)
            parts[scores.key(row)] = made
    return ties.columns(rows, parts)


def quick(a: Parts, b: Parts) -> Difference:
    """`compare`, but without draws where Student's t alone keeps a pair of the table tied."""
    rough = estimate(paired(a, b), draws=19)
    p = 2 * statistics.student.above(abs(rough.value) / rough.error, rough.freedom)
    return compare(a, b) if p < ties.LEVEL / PAIRS else Difference(rough.value, p=p)


def alarms(tables: int, sizes: tuple[int, ...], better: float = 0.0) -> tuple[float, float]:
    """Share of tables in which letters tell a pair apart, and in which the pairs' own tests do, uncorrected."""
    rng = np.random.default_rng(0)
    told = alone = 0
    with patch.object(statistics, "compare", quick):
        for _ in range(tables):
            columns = list(table(rng, sizes, better).values())
            pairs = zip(columns, ties.corrected(columns), strict=True)
            told += any(set(ties.letters(each, p).values()) != {"a"} for each, p in pairs)
            alone += any(pair.p < ties.LEVEL for each in columns for pair in each.found.values())
    return told / tables, alone / tables


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    print(f"{SYSTEMS} equal systems, two metrics, {count} tables: share of tables in which a pair is told apart")
    for name, sizes in LAYOUTS.items():
        told, alone = alarms(count, sizes)
        effective = effective_count([str(i) for i, size in enumerate(sizes) for _ in range(size)])
        print(
            f"{name:15} n {sum(sizes):3}, {len(sizes):3} groups, in effect {effective:5.1f}: {told:5.1%}, "
            f"uncorrected {alone:.0%}"
        )
