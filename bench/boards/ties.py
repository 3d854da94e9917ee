"""Who is tied with whom: the one rule of a table's letters, for `bench compare` and for the leaderboard.

The p-values of all pairs and metrics of a table are corrected together (Holm), and systems whose difference is
then not significant share a letter. `bench compare` has the differences from the runs' features, the leaderboard
from the values by example that were published with the rows (bench/core/scores.py). They are the same numbers, so
the two can disagree in one way only: with more lines on the leaderboard more is corrected over, and more is tied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import grid
from sightsound.bench.boards.cells import label
from sightsound.bench.boards.grid import Grid
from sightsound.bench.core import registry, scores
from sightsound.metrics.statistics import difference as statistics
from sightsound.metrics.statistics.difference import Difference
from sightsound.metrics.statistics.parts import Parts

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05  # of all verdicts of a table together: Holm keeps it over pairs and metrics
Couple = tuple[str, str]
Record = Mapping[str, Any]
"""A row of the results."""


@dataclass(frozen=True)
class Column:
    """One metric's systems and their pairs."""

    values: Mapping[str, float]
    """System -> its value."""
    found: Mapping[Couple, Difference]
    """Pair -> its difference; a pair that could not be compared is not there."""
    higher_is_better: bool
    """Direction of the metric."""
    ranked: bool
    """Whether a value is a rank among the other systems."""
    failed: frozenset[str]
    """Systems that lack a value which they should have: they can lose, but are tied with nobody."""


def corrected(columns: Sequence[Column]) -> list[dict[Couple, float]]:
    """Of each column its pairs' p-values, corrected over all pairs and metrics; NaN where there is none."""
    places = [(column, couple) for column in columns for couple in combinations(column.values, 2)]
    raw = [column.found[couple].p if couple in column.found else math.nan for column, couple in places]
    left = iter(statistics.holm(raw))
    return [{couple: next(left) for couple in combinations(column.values, 2)} for column in columns]


def letters(column: Column, adjusted: Mapping[Couple, float]) -> dict[str, str]:
    """Letters by system, the best value first; who shares one is not told apart.

    None for ranks, where one system's gain is another's loss; for a system with failures; and for one that was
    not compared with the others, because its groups are too few or its values by example are not at hand.
    """
    if column.ranked:
        return {}
    known = [name for name, value in column.values.items() if not math.isnan(value) and name not in column.failed]
    known.sort(key=lambda name: column.values[name], reverse=column.higher_is_better)
    p = {frozenset(couple): value for couple, value in adjusted.items() if not math.isnan(value)}
    known = _compared(known, p)
    couples = combinations(known, 2)
    return statistics.tie_letters(known, {(a, b): p[frozenset((a, b))] < LEVEL for a, b in couples})


def _compared(names: Sequence[str], p: Mapping[frozenset[str], float]) -> list[str]:
    """Those of which each pair has a p-value: whoever lacks the most goes, until none lacks any."""
    left = list(names)
    while left:
        lacks = {a: sum(frozenset((a, b)) not in p for b in left if b != a) for a in left}
        most = max(left, key=lambda name: lacks[name])
        if not lacks[most]:
            break
        left.remove(most)
    return left if len(left) > 1 else []


def detectable(column: Column) -> float:
    """The smallest true difference that this n would show in 80% of experiments, of a middling pair.

    The median over the pairs of systems under test, or over all where there is at most one; NaN where none has
    an interval.
    """
    tested = [name for name in column.values if not name.startswith("reference")]
    names = set(tested if len(tested) > 1 else column.values)
    known = [each.detectable for couple, each in column.found.items() if names.issuperset(couple)]
    known = [value for value in known if not math.isnan(value)]
    return median(known) if known else math.nan


def columns(
    rows: Iterable[Record],
    parts: Mapping[tuple[Any, ...], Parts],
    *,
    name: Callable[[Record], str] = label,
    key: Callable[[Record], Any] = itemgetter("metric"),
) -> dict[Any, Column]:
    """The metrics of one table (a task, a split, a seed) from its rows and their `scores.parts`.

    `name`, `key`: what a row's line and its column are called.

    Values are compared where all but n agrees: a metric that has no value for some clips (THD) over the clips that
    both have. Half of the reference is no system's answer to all, so its rows are in no pair.
    """
    halves = {system.label for system in registry.reference_systems() if system.build.halves}
    by_key: dict[Any, list[Record]] = {}
    for row in rows:
        by_key.setdefault(key(row), []).append(row)
    return {
        each: Column(
            values={name(row): row["value"] for row in mine},
            found=_differences({name(row): row for row in mine if label(row) not in halves}, parts),
            higher_is_better=bool(mine[0]["higher_is_better"]),
            ranked=any(row["competitors"] for row in mine),
            failed=frozenset(name(row) for row in mine if row["n_failed"]),
        )
        for each, mine in by_key.items()
    }


def of_grid(found: Grid, parts: Mapping[tuple[Any, ...], Parts]) -> dict[grid.Column, Column]:
    """`columns` of a grid: by its columns, with the names of its lines."""
    places = {id(row): place for place, row in found.rows.items()}
    return columns(
        found.rows.values(), parts, name=lambda row: places[id(row)][0], key=lambda row: places[id(row)][1]
    )


MOST = 5
"""So many systems at most are compared for the difference that the table of a run can show: it is a median."""


def seen(found: Grid, values: pd.DataFrame) -> dict[grid.Column, float]:
    """What `detectable` gives for the columns of a grid; `values`: the values by example behind its rows."""
    tested = [line.name for line in found.lines if not line.reference]
    names = set(tested[:MOST] if len(tested) > 1 else [line.name for line in found.lines])
    some = replace(found, rows={place: row for place, row in found.rows.items() if place[0] in names})
    return {column: detectable(each) for column, each in of_grid(some, scores.parts(values)).items()}


def _differences(rows: Mapping[str, Record], parts: Mapping[tuple[Any, ...], Parts]) -> dict[Couple, Difference]:
    own = {name: _own(row, parts) for name, row in rows.items()}
    found = {}
    for a, b in combinations(rows, 2):
        mine, other = own[a], own[b]
        if mine is None or other is None or _kind(rows[a]) != _kind(rows[b]):
            continue
        try:
            found[a, b] = statistics.compare(mine, other)
        except ValueError:  # parts of several clips, and not the same ones: a system lacks some
            continue
    return found


def _own(row: Record, parts: Mapping[tuple[Any, ...], Parts]) -> Parts | None:
    """The values by example that a row's value is the mean of; None where they are those of another value, and
    where the row has no interval."""
    if math.isnan(row["ci_low"]):
        return None
    found = scores.find(parts, row)
    same = found is not None and math.isclose(found.value, row["value"], rel_tol=1e-6, abs_tol=1e-9)
    return found if same else None


def _kind(row: Record) -> tuple[Any, ...]:
    """What two rows must share to be of one quantity."""
    return scores.definition(row["signature"]), row["competitors"]
