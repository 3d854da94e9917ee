"""Result files: rows read and checked, written sorted. What a row is stands in bench/core/row.py."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sightsound.bench.core.errors import BenchError, tell
from sightsound.bench.core.row import COLUMNS, COUNTS, IDENTITY, KEY, LATER, NUMBERS, TEXTS, Row, definition, label
from sightsound.bench.core.rowcheck import problems
from sightsound.bench.core.store import cell, read_plan, uncell, write_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMNS",
    "IDENTITY",
    "KEY",
    "LATER",
    "Row",
    "default",
    "definition",
    "frame",
    "fullest",
    "label",
    "read",
    "refuse_unknown",
    "rows",
    "write",
]

FOLDER = Path("results")
"""Where a checkout or a project has its result files, seen from its top."""
CARRIED = Path(__file__).parents[2] / "results"
"""Those of this package: beside `bench` in a checkout as in an installation."""
SHOWN = 20
"""Faults of a file that are told, a line each."""


class Kind(NamedTuple):
    """How the cells of a column are read."""

    read: Callable[[str], object]
    """Text to value; ValueError for what is none."""
    empty: str
    """What an empty cell stands for."""
    dtype: str
    """Of the column."""
    wants: str
    """What it takes, in words."""


def _bool(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(text)
    return text == "True"


KINDS = (
    (NUMBERS, Kind(float, "nan", "float64", "a number")),
    (COUNTS, Kind(int, "0", "int64", "a whole number")),
    (("higher_is_better",), Kind(_bool, "", "bool", "True or False")),
)
"""The columns that hold no text."""


def default(*names: str) -> Path:
    """The first of these result files in the working folder, else in this package. BenchError where none is."""
    for folder in (FOLDER, CARRIED):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    raise BenchError(f"{FOLDER / names[0]}: not here, and this installation carries none; name one")


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows as a table in the schema's columns, sorted so that a diff reads."""
    import pandas as pd

    table = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    return table.sort_values(list(KEY), kind="stable", ignore_index=True)


def rows(table: pd.DataFrame) -> list[Row]:
    """The table's rows as records."""
    return [Row(**{str(key): value for key, value in record.items()}) for record in table.to_dict("records")]


def fullest(table: pd.DataFrame) -> pd.DataFrame:
    """Of measured rows that differ in their number of clips alone, those with the most; all others as they are.

    A result file keeps both, since neither is the other's value (docs/results.md); a table shows one.
    """
    import pandas as pd

    alike = table[list(IDENTITY)].assign(_definition=table["signature"].map(definition), _run=table["run"])
    alike.loc[table["source"] == "measured", "_run"] = ""
    order = table["n"].sort_values(ascending=False, kind="stable").index
    kept = alike.loc[order].drop_duplicates().index
    return table.loc[pd.Index(sorted(kept))].reset_index(drop=True)


def read(path: Path) -> pd.DataFrame:
    """A result file, every row of it checked (bench/core/rowcheck.py).

    Raises BenchError for a missing file and for one that is no table of rows, else one line for each faulty row,
    with its line in the file and what is wrong.
    """
    import pandas as pd

    lines, cells = _cells(path)
    table = pd.DataFrame(cells, columns=list(COLUMNS), dtype=object)
    errors: list[BenchError] = []
    for names, kind in KINDS:
        for name in names:
            found: list[object] = []
            for line, text in zip(lines, table[name], strict=True):
                try:
                    found.append(kind.read(text or kind.empty))
                except ValueError:
                    errors.append(BenchError(f"{path}, line {line}: {name} is {text!r}; it takes {kind.wants}"))
            if len(found) == len(table):
                table[name] = pd.Series(found, dtype=kind.dtype)
    if not errors:
        modules = _from_modules(path)
        errors = [
            BenchError(f"{path}, line {lines[row]}: {what}") for row, what in problems(table, may_be=modules)
        ]
    if len(errors) > SHOWN:
        errors = [*errors[:SHOWN], BenchError(f"{path}: {len(errors) - SHOWN} more faults")]
    tell(errors)
    return table


def refuse_unknown(table: pd.DataFrame, where: str) -> None:
    """BenchError where a row's metric is known to the run's own module alone: whoever reads the result file
    could not tell what it is."""
    if unknown := [what for _, what in problems(table)]:
        raise BenchError(f"{where}: {unknown[0]}")


def _from_modules(path: Path) -> frozenset[str]:
    """Metrics that a run took from a module which its user named: this process need not know them."""
    plan = read_plan(path.parent) if path.name == "rows.csv" else None
    return frozenset(plan.get("metrics", ())) if plan and plan.get("modules") else frozenset()


def _cells(path: Path) -> tuple[list[int], list[list[str]]]:
    """The texts of a file in the schema's order, and the line on which each row ends."""
    if not path.is_file():
        raise BenchError(f"{path}: no such result file")
    try:
        reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        head = next(reader, [])
        lines, found = [], []
        for row in reader:
            if row:
                lines.append(reader.line_num)
                found.append(row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: cannot be read as CSV ({error})") from error
    if not head:
        raise BenchError(f"{path}: cannot be read as CSV (it is empty)")
    if missing := [name for name in COLUMNS if name not in head and name not in LATER]:
        raise BenchError(f"{path}: lacks the columns {', '.join(missing)}")
    if odd := [name for name in head if name not in COLUMNS]:
        raise BenchError(f"{path}: has a column {odd[0]!r}, which no row has (docs/results.md); take it out")
    if len(set(head)) < len(head):
        raise BenchError(f"{path}: has the column {max(head, key=head.count)} twice; take one out")
    tell([
        BenchError(f"{path}, line {line}: {len(row)} cells where the head has {len(head)}")
        for line, row in zip(lines, found, strict=True)
        if len(row) != len(head)
    ][:SHOWN])  # fmt: skip
    place = {name: head.index(name) for name in COLUMNS if name in head}
    return lines, [
        [uncell(row[place[name]]) if name in place else LATER[name] for name in COLUMNS] for row in found
    ]


def write(path: Path, table: pd.DataFrame) -> None:
    """Write a result file at once, see `as_csv`."""
    write_text(path, as_csv(table))


def as_csv(table: pd.DataFrame) -> str:
    """The text of a result file. Text from outside has no control character and is no spreadsheet's formula."""
    ordered = table[list(COLUMNS)].sort_values(list(KEY), kind="stable")
    ordered[list(TEXTS)] = ordered[list(TEXTS)].map(lambda text: cell(str(text)))
    return str(ordered.to_csv(index=False, float_format="%.10g", lineterminator="\n"))
