"""What a person sees: tables on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NO_VALUE = "–"


def say(text: str) -> None:
    """One line to the user, on standard error."""
    print(text, file=sys.stderr)


def as_json(data: object) -> None:
    """The data as JSON on standard output; NaN becomes null."""
    print(json.dumps(_plain(data), indent=1, ensure_ascii=False))


def _plain(data: object) -> object:
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return data


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows for JSON."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def listing(columns: Sequence[str], lines: Sequence[Sequence[str]], title: str = "") -> None:
    """A plain table."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for line in lines:
        table.add_row(*line)
    _print(table)


def values(table: pd.DataFrame, order: Sequence[str], directions: Mapping[str, bool]) -> None:
    """Rows of one task and split: a line a metric, a column a system, the 95% interval under each value.

    `directions`: metric name -> whether higher is better, in the order of the lines.
    """
    from rich.table import Table

    first = table.iloc[0]
    shown = Table(
        title=f"{first['task']} on {first['split']}, seed {first['seed']}",
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    shown.add_column("", no_wrap=True)
    for system in order:
        shown.add_column(system.replace(":", ":\n"), justify="right", overflow="fold")
    cells = {(label(row), row["metric"]): row for row in records(table)}
    for metric, up in directions.items():
        shown.add_row(f"{metric} {'↑' if up else '↓'}", *[cell(cells.get((system, metric))) for system in order])
    mine = {system: [row for (name, _), row in cells.items() if name == system] for system in order}
    for count in ("n", "n_failed"):
        shown.add_row(count, *[str(max(row[count] for row in mine[system])) for system in order])
    _print(shown)


def pairs(rows: Sequence[Mapping[str, Any]]) -> None:
    """The pairs of `bench compare`, then for each metric the systems with the letters of their tie groups."""
    lines = [
        (
            row["metric"],
            row["a"],
            row["b"],
            number(row["difference"]),
            f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]",
            number(row["p_holm"], 2),
            number(row["detectable"], 2),
            row["better"] or "neither is shown better",
        )
        for row in rows
    ]
    listing(("metric", "a", "b", "a - b", "95% interval", "p (Holm)", "detectable", "better"), lines)
    ties: dict[str, dict[str, str]] = {}
    for row in rows:
        arrow = f"{row['metric']} {'↑' if row['higher_is_better'] else '↓'}"
        for side in ("a", "b"):
            value = f"{number(row[f'value_{side}'])} {row[f'tie_{side}']}".strip()
            ties.setdefault(arrow, {})[row[side]] = value
    systems = list(dict.fromkeys(name for values in ties.values() for name in values))
    cells = [(metric, *(values.get(name, NO_VALUE) for name in systems)) for metric, values in ties.items()]
    listing(("", *systems), cells, "values; systems that share a letter cannot be told apart")
    for note in sorted({f"{row['metric']}: {row['note']}" for row in rows if row["note"]}):
        say(note)


def label(row: Mapping[str, Any]) -> str:
    """`family:variant` of a row."""
    return f"{row['model']}:{row['variant']}".rstrip(":")


def number(value: float, digits: int = 4) -> str:
    """A value as people write it: so many significant digits, and no digits of rounding errors."""
    if math.isnan(value):
        return NO_VALUE
    return "0" if abs(value) < 1e-9 else f"{value:#.{digits}g}".rstrip(".")


def cell(row: Mapping[str, Any] | None) -> str:
    """A value and, on the next line, its interval."""
    if row is None:
        return NO_VALUE
    if math.isnan(row["ci_low"]):
        return number(row["value"])
    return f"{number(row['value'])}\n[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"


def _print(table: Any) -> None:
    from rich.console import Console

    # Into a file or a pipe a table is as wide as it needs; on a terminal it folds to the terminal.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar a piece of work on standard error, told by report(what, done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    known: dict[str, Any] = {}

    def report(what: str, done: int, total: int | None) -> None:
        if what not in known:
            known[what] = bars.add_task(what, total=total)
        bars.update(known[what], completed=done, total=total)

    with bars:
        yield report
