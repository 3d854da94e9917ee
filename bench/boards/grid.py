"""A table of values as every board has it: systems as lines, metrics as columns by quality, the best of a column.

Rows that do not speak of the same thing are kept apart: a metric that was scored in two ways is two columns, and a
system that has two values in one column is two lines, each with its run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sightsound.bench.boards import best, cells
from sightsound.bench.boards.cells import Cell, label
from sightsound.bench.core import labels, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.core.results import definition

Record = Mapping[str, Any]
"""A row of the results."""
FLOOR, DETECTABLE = "floor", "detectable"
"""Names of the lines below the systems."""
UP, DOWN = "↑", "↓"
"""Behind the name of a metric: which way is better."""


@dataclass(frozen=True)
class Column:
    """A metric, scored in one way."""

    metric: str
    """Its name in the rows."""
    definition: str
    """Signature of its values, without the number of clips."""
    name: str
    """Short name, and what sets it apart from a column of the same name."""
    up: bool
    """Whether higher is better."""

    @property
    def head(self) -> str:
        """The name, and the arrow of the better direction."""
        return f"{self.name} {UP if self.up else DOWN}"

    @property
    def quality(self) -> str:
        """One of labels.QUALITIES."""
        return labels.quality(self.metric)


@dataclass(frozen=True)
class Line:
    """A system, as one run measured it."""

    name: str
    """Label, and what sets it apart from a line of the same label."""
    label: str
    """`family:variant`."""
    reference: bool
    """Whether it is a reference row and not ranked."""
    counts: tuple[str, str, str, str]
    """As COUNTS in bench/boards/cells.py."""
    others: bool = False
    """Whether others measured it and handed it in."""


@dataclass(frozen=True)
class Grid:
    """What a table shows, whatever it is printed on."""

    columns: Sequence[Column]
    """By quality."""
    lines: Sequence[Line]
    """Systems under test, then the reference rows."""
    rows: Mapping[tuple[str, Column], Record]
    """(line's name, column) -> the row."""
    below: Mapping[str, Mapping[Column, str]] = field(default_factory=dict)
    """Name of a line below the systems -> its cells."""
    letters: Mapping[tuple[str, Column], str] = field(default_factory=dict)
    """(line's name, column) -> letters of the tie groups."""

    def cell(self, line: Line, column: Column) -> Cell:
        """What stands there."""
        key = line.name, column
        return cells.of(self.rows.get(key), self.letters.get(key, ""))

    def best(self, column: Column) -> str:
        """The line under test with the best value of a column, empty where none is shown to be."""
        rows = {line.name: self.rows.get((line.name, column)) for line in self.lines if not line.reference}
        return best.clear({name: row for name, row in rows.items() if row is not None})


def build(
    rows: Sequence[Record],
    order: Sequence[str] = (),
    metrics: Sequence[str] = (),
    detectable: Mapping[Column, float] | None = None,
) -> Grid:
    """The grid of the rows of one task and split. `order`: labels as the lines go, those of others after them by
    name; `metrics`: the same for columns. BenchError for two rows of one place."""
    columns = {_key(row): None for row in rows}
    heads = _columns(list(columns), rows, metrics)
    found: dict[tuple[str, Column], Record] = {}
    names = _names(rows)
    for row in rows:
        place = names[id(row)], heads[_key(row)]
        if place in found:
            raise BenchError(
                f"{row['run']}: two rows of {label(row)} for {row['metric']} on {row['split']} have one key, and "
                "neither may be shown in the other's place; remove one, or say in `competitors` who was compared"
            )
        found[place] = row
    lines = _lines(rows, names, order)
    ordered = list(heads.values())
    return Grid(ordered, lines, found, _below(ordered, found, detectable or {}))


def printed(rows: Sequence[Record]) -> Grid:
    """The grid of one table of a paper: its figures as they are printed there, each set of competitors a column.

    BenchError for two figures of one place.
    """
    plain = [dict(row, signature=_against(row), n=0) for row in rows]
    return build(plain, list(dict.fromkeys(map(label, rows))), list(dict.fromkeys(row["metric"] for row in rows)))


def _against(row: Record) -> str:
    """In the place of a signature, which no published figure has: who was compared."""
    return " against ".join(row["competitors"].split())


def _key(row: Record) -> tuple[str, str]:
    return row["metric"], definition(row["signature"])


def _columns(
    keys: Sequence[tuple[str, str]], rows: Sequence[Record], metrics: Sequence[str]
) -> dict[tuple[str, str], Column]:
    """A column a metric and definition, by quality; each quality in the order of `metrics`, then by name."""
    names = sorted({metric for metric, _ in keys}, key=lambda name: (_place(name, metrics), name))
    short = {name: printable(labels.short(name)) for name in names}
    taken = Counter(short.values())
    up = {row["metric"]: bool(row["higher_is_better"]) for row in rows}
    found = {}
    for name in labels.in_order(names):
        mine = sorted(key for key in keys if key[0] == name)
        for key in mine:
            head = short[name] if taken[short[name]] == 1 else printable(name)
            own = f" ({_own_fields(key[1], [other for _, other in mine])})" if len(mine) > 1 else ""
            found[key] = Column(name, key[1], f"{head}{own}", up[name])
    return found


def _place(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)


def _own_fields(signature: str, all_of: Sequence[str]) -> str:
    """The fields of a signature that not all of the others have."""
    shared = set.intersection(*(set(each.split("|")) for each in all_of))
    return printable(" ".join(part for part in signature.split("|") if part not in shared) or "no signature")


def _names(rows: Sequence[Record]) -> dict[int, str]:
    """Name of each row's line: its label, with the run where that has two values in a column, and then with n."""
    whole = [("",), ("run",), ("run", "n")]
    found: dict[int, str] = {}
    left = list(rows)
    for parts in whole:
        names = {id(row): _name(row, [part for part in parts if part]) for row in left}
        places = Counter((names[id(row)], _key(row)) for row in left)
        twice = {label(row) for row in left if places[names[id(row)], _key(row)] > 1}
        found |= names
        left = [row for row in left if label(row) in twice]
    return found


def _name(row: Record, parts: Sequence[str]) -> str:
    more = ", ".join(f"n {row['n']}" if part == "n" else str(row[part]) for part in parts)
    return printable(f"{label(row)} ({more})" if more else label(row))


def is_reference(name: str) -> bool:
    """Whether a label is a reference row's."""
    card = registry.model_cards().get(name.partition(":")[0])
    return card is not None and card.reference


def _lines(rows: Sequence[Record], names: Mapping[int, str], order: Sequence[str]) -> list[Line]:
    by_name: dict[str, list[Record]] = {}
    for row in rows:
        by_name.setdefault(names[id(row)], []).append(row)
    known = {label(mine[0]) for mine in by_name.values()}
    empty = [
        Line(printable(name), name, is_reference(name), cells.counts([])) for name in order if name not in known
    ]
    lines = [
        Line(name, label(mine[0]), is_reference(label(mine[0])), cells.counts(mine), bool(cells.measured_by(mine)))
        for name, mine in by_name.items()
    ]
    return sorted([*lines, *empty], key=lambda line: (line.reference, _place(line.label, order), line.name))


def _below(
    columns: Sequence[Column], rows: Mapping[tuple[str, Column], Record], detectable: Mapping[Column, float]
) -> dict[str, dict[Column, str]]:
    """The floors, a line for each n where they have several, and the detectable differences."""
    of_column: dict[Column, dict[int, float]] = {}
    for column in columns:
        if known := cells.floors(row for (_, own), row in rows.items() if own == column):
            of_column[column] = known
    sizes = sorted({n for known in of_column.values() for n in known}, reverse=True)
    found = {
        FLOOR if len(sizes) == 1 else f"{FLOOR} at n {n}": {
            column: cells.number(known[n]) for column, known in of_column.items() if n in known
        }
        for n in sizes
    }
    seen = {
        column: cells.number(value, 2) for column, value in detectable.items() if value > 0
    }  # not NaN; 0 where nothing varies
    return found | ({DETECTABLE: seen} if seen else {})
