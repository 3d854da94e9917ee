"""Rows as a person reads them: the table of a run, the pairs of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightsound.bench.core.console import NO_VALUE, listing, number, print_table, records, say

if TYPE_CHECKING:
    import pandas as pd


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
    print_table(shown)


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


def notes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What stands under the table: a line a remark, with whom it concerns; what concerns a system is said once."""
    said: dict[str, dict[str, None]] = {}  # remark -> whom it concerns, each once
    for row in rows:
        if remark := row["note"]:
            of_system = " failed: " in remark or "its code opened" in remark
            said.setdefault(remark, {})[label(row) if of_system else row["metric"]] = None
    return sorted(f"{', '.join(whom)}: {remark}" for remark, whom in said.items())


def label(row: Mapping[str, Any]) -> str:
    """`family:variant` of a row."""
    return f"{row['model']}:{row['variant']}".rstrip(":")


def cell(row: Mapping[str, Any] | None) -> str:
    """A value and, on the next line, its interval."""
    if row is None:
        return NO_VALUE
    if math.isnan(row["ci_low"]):
        return number(row["value"])
    return f"{number(row['value'])}\n[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"
