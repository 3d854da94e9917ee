"""Tables as a paper prints them, before any markup: who stands in which column, who is best, who is tied.

A column is one quantity: one metric under one signature (but for its number of clips) and, of a rank, one set of
competitors. Rows of unequal signature are never in one column, so they cannot be ranked against each other; a
metric with two signatures has two columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import rewards, show, ties
from sightsound.bench.core import console, labels, registry, remarks
from sightsound.bench.core.results import definition
from sightsound.metrics.statistics.parts import Parts

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]
"""A row of the results."""
SAME = ("source", "task", "split", "seed", "model", "variant", "metric", "value", "signature", "competitors")
"""Measured rows that agree in these are one row, read from two files, or the reference rows of two runs."""


@dataclass(frozen=True)
class Cell:
    """One value in a table."""

    row: Record
    """The row behind it."""
    best: bool = False
    """The best value of its column, see `_best`."""
    letters: str = ""
    """Tie groups: systems of a column that share a letter are not told apart."""
    not_apart: bool = False
    """A distance that is not distinguishable from its floor, or from 0."""
    failed: bool = False
    """The system failed on examples: it is neither best nor tied."""
    passed_over: bool = False
    """A copy of the outputs of which 40% are silent scores better: it is not best (docs/metrics.md)."""


@dataclass(frozen=True)
class Column:
    """One quantity."""

    name: str
    """Short name, numbered where a metric has several signatures."""
    metric: str
    """Metric name."""
    up: bool
    """Whether higher is better."""
    quality: str
    """Key of labels.QUALITIES."""
    cells: Mapping[str, Cell]
    """System -> its value."""


@dataclass(frozen=True)
class Sheet:
    """One table: a task, a split and a seed, or one table of a published source."""

    task: str
    """Task name."""
    split: str
    """`name@hash`; as the source names it."""
    seed: int
    """Seed of the runs."""
    source: str
    """Empty for measured rows, else the published source and its table."""
    systems: tuple[str, ...]
    """Lines: systems by name, then the reference rows."""
    references: frozenset[str]
    """Which of them are reference rows."""
    columns: tuple[Column, ...]
    """Metrics by quality."""

    @property
    def rows(self) -> list[Record]:
        """The rows of all cells."""
        return [cell.row for column in self.columns for cell in column.cells.values()]

    @property
    def cells(self) -> list[Cell]:
        """All cells."""
        return [cell for column in self.columns for cell in column.cells.values()]


def sheets(
    table: pd.DataFrame,
    parts: Mapping[tuple[Any, ...], Parts],
    spoilt: Sequence[rewards.Reward] = (),
    most: int = 0,
) -> list[Sheet]:
    """The tables of the rows, each with at most `most` columns (0: all). Letters are corrected (Holm) over all
    pairs and columns of a task, split and seed, however many tables those make.

    `parts`: the rows' values by example (`scores.parts`); `spoilt`: what tells values to pass over.
    """
    found: list[Sheet] = []
    published = table["source"] == "published"
    named = table.assign(_run=table["run"].where(published, ""))
    unique = named.drop_duplicates([*SAME, "_run"])
    for _, part in unique.groupby(["source", "_run", "task", "split", "seed"], sort=True):
        whole = _sheet(console.records(part.drop(columns="_run")), parts, spoilt)
        step = most or len(whole.columns)
        starts = range(0, len(whole.columns), step)
        found += [_narrow(whole, whole.columns[start : start + step]) for start in starts]
    return found


def _narrow(sheet: Sheet, columns: tuple[Column, ...]) -> Sheet:
    """The sheet with these columns alone, and the systems that have a value there."""
    there = {name for column in columns for name, cell in column.cells.items() if not _lacks(cell.row)}
    systems = tuple(name for name in sheet.systems if name in there)
    return Sheet(
        *(sheet.task, sheet.split, sheet.seed, sheet.source),
        *(systems, sheet.references & there, columns),
    )


def _sheet(
    rows: Sequence[Record], parts: Mapping[tuple[Any, ...], Parts], spoilt: Sequence[rewards.Reward]
) -> Sheet:
    first = rows[0]
    published = first["source"] == "published"
    cards = registry.model_cards()
    names = _names(rows)
    by_column: dict[tuple[str, str, str], list[tuple[str, Record]]] = {}
    for row, name in zip(rows, names, strict=True):
        key = (row["metric"], definition(row["signature"]), row["competitors"])
        by_column.setdefault(key, []).append((name, row))
    valued = {key: mine for key, mine in by_column.items() if not all(_lacks(row) for _, row in mine)}
    by_column = valued or by_column  # a metric of which nobody has a value takes no column
    keys = [
        key
        for metric in labels.in_order(key[0] for key in by_column)
        for key in sorted(by_column)
        if key[0] == metric
    ]
    tested = [_tested(by_column[key], parts) for key in keys]
    adjusted = ties.corrected(tested)
    letters = [ties.letters(column, p) for column, p in zip(tested, adjusted, strict=True)]
    references = {name for row, name in zip(rows, names, strict=True) if _is_reference(row, cards)}
    columns = []
    for key, own in zip(keys, letters, strict=True):
        mine = by_column[key]
        best = _best([row for name, row in mine if name not in references and not rewards.grey(spoilt, row)])
        columns.append(_column(key, keys, mine, best, own, spoilt))
    ordered = sorted(dict.fromkeys(names), key=lambda name: (name in references, name))
    if published:  # in the order of the source
        ordered = list(dict.fromkeys(names))
    return Sheet(
        *(first["task"], first["split"], first["seed"], first["run"] if published else ""),
        *(tuple(ordered), frozenset(references), tuple(columns)),
    )


def _names(rows: Sequence[Record]) -> list[str]:
    """What each row's system is called: with the run's name where several runs have a value of the system."""
    runs: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        runs.setdefault((show.label(row), row["metric"]), set()).add(row["run"])
    several = {name for (name, _), those in runs.items() if len(those) > 1}
    return [f"{show.label(row)} ({row['run']})" if show.label(row) in several else show.label(row) for row in rows]


def _is_reference(row: Record, cards: Mapping[str, Any]) -> bool:
    return row["model"] in cards and cards[row["model"]].reference


def _lacks(row: Record) -> bool:
    return math.isnan(row["value"])


def _tested(mine: Sequence[tuple[str, Record]], parts: Mapping[tuple[Any, ...], Parts]) -> ties.Column:
    """The pairs of a column, by the names that its lines have."""
    plain = [show.label(row) for _, row in mine]
    if len(set(plain)) == len(plain):
        found = next(iter(ties.columns([row for _, row in mine], parts).values()))
        named = dict(zip(plain, (name for name, _ in mine), strict=True))
        return ties.Column(
            values={named[system]: value for system, value in found.values.items()},
            found={(named[a], named[b]): each for (a, b), each in found.found.items()},
            higher_is_better=found.higher_is_better,
            ranked=found.ranked,
            failed=frozenset(named[system] for system in found.failed),
        )
    up = bool(mine[0][1]["higher_is_better"])  # two runs of one system: their values by example are not kept apart
    return ties.Column({name: row["value"] for name, row in mine}, {}, up, False, frozenset())


def _best(rows: Sequence[Record]) -> float:
    """The best value of a column; NaN where there is none to call so: fewer than two values that may be ranked,
    values over different numbers of clips, or all of them equal. Reference rows, systems that failed on an example
    and values to pass over are not ranked."""
    ranked = [row for row in rows if not _lacks(row) and not row["n_failed"]]
    values = [row["value"] for row in ranked]
    if len(ranked) < 2 or len({row["n"] for row in ranked}) > 1 or len(set(values)) < 2:
        return math.nan
    return float(max(values) if ranked[0]["higher_is_better"] else min(values))


def _column(
    key: tuple[str, str, str],
    keys: Sequence[tuple[str, str, str]],
    mine: Sequence[tuple[str, Record]],
    best: float,
    letters: Mapping[str, str],
    spoilt: Sequence[rewards.Reward],
) -> Column:
    metric = key[0]
    alike = [each for each in keys if each[0] == metric]
    cards = registry.model_cards()
    cells = {}
    for name, row in mine:
        failed, passed = bool(row["n_failed"]), rewards.grey(spoilt, row)
        cells[name] = Cell(
            row=row,
            best=row["value"] == best and not (failed or passed or _is_reference(row, cards)),
            letters=letters.get(name, ""),
            not_apart=remarks.NOT_APART in row["note"],
            failed=failed,
            passed_over=passed,
        )
    return Column(
        name=labels.short(metric) + (f" ({alike.index(key) + 1})" if len(alike) > 1 else ""),
        metric=metric,
        up=bool(mine[0][1]["higher_is_better"]),
        quality=labels.quality(metric),
        cells=cells,
    )
