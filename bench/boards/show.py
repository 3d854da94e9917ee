"""Rows as a person reads them: the table of a run, the pairs of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from sightsound.bench.core import remarks
from sightsound.bench.core.console import NO_VALUE, listing, number, print_table, records, say
from sightsound.bench.core.faults import printable

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

NOT_APART = "≈"
"""Behind a distance that shows no difference from the reference's source."""


def values(table: pd.DataFrame, order: Sequence[str], directions: Mapping[str, bool]) -> None:
    """Print the table of a run under a line that says what it is, see `table_of`."""
    print(title(table))
    print_table(table_of(table, order, directions))


def title(table: pd.DataFrame) -> str:
    """Task, split and seed of a run's rows."""
    first = table.iloc[0]
    return printable(f"{first['task']} on {first['split']}, seed {first['seed']}")


def table_of(table: pd.DataFrame, order: Sequence[str], directions: Mapping[str, bool]) -> Table:
    """Rows of one task and split: a line a metric, a column a system, the 95% interval under each value; the floor
    of a distance in the last column.

    `directions`: metric name -> whether higher is better, in the order of the lines.
    """
    from rich.table import Table
    from rich.text import Text  # a split's `[limit12]` is no markup

    shown = Table(header_style="bold", box=None, pad_edge=False)
    shown.add_column("", no_wrap=True)
    for system in order:
        shown.add_column(Text(system.replace(":", ":\n")), justify="right", overflow="fold")
    cells = {(label(row), row["metric"]): row for row in records(table)}
    floors = {metric: floor([row for (_, name), row in cells.items() if name == metric]) for metric in directions}
    if any(floors.values()):
        shown.add_column("floor", justify="right", no_wrap=True)
    for metric, up in directions.items():
        values = [cell(cells.get((system, metric))) for system in order]
        shown.add_row(f"{metric} {'↑' if up else '↓'}", *values, *[floors[metric]] * any(floors.values()))
    mine = {system: [row for (name, _), row in cells.items() if name == system] for system in order}
    for name, count in zip(COUNTS, zip(*(counts(mine[system]) for system in order), strict=True), strict=True):
        shown.add_row(name, *count)
    return shown


COUNTS = ("n", "groups", "in effect", "failed")
"""What `counts` gives: clips, independent groups, how many of one size would say as much, failed examples."""


def counts(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str, str, str]:
    """The most that a value of one system is over; a value that some clips do not have is over fewer."""
    if not rows:  # a reference row where there are ranks alone
        return NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE
    most = max(rows, key=lambda row: (row["n"], row["group_effective"]))
    failed = max(row["n_failed"] for row in rows)
    return str(most["n"]), str(most["group_n"]), effective(most["group_effective"]), str(failed)


def effective(groups: float) -> str:
    """Groups in effect: two digits, from a hundred on whole.

    >>> effective(1.742), effective(27.6), effective(200.0), effective(1234.4)
    ('1.7', '28', '200', '1234')
    """
    return number(groups, 2) if groups < 99.5 else f"{groups:.0f}"


def floor(rows: Sequence[Mapping[str, Any]]) -> str:
    """The floor of one metric's rows, empty where there is none; each n has its own, on a line each."""
    known = {row["n"]: row["floor"] for row in rows if not math.isnan(row["floor"])}
    if len(known) < 2:
        return "".join(map(number, known.values()))
    return "\n".join(f"{number(known[n])} (n {n})" for n in sorted(known, reverse=True))


def pairs(rows: Sequence[Mapping[str, Any]]) -> None:
    """The pairs of `bench compare`, then for each metric the systems with the letters of their tie groups."""
    lines = [_pair(row) for row in rows]
    heads = [head for head in dict.fromkeys(chain(*lines)) if any(line[head] for line in lines)]
    listing(heads, [[line[head] or NO_VALUE for head in heads] for line in lines])
    ties: dict[str, dict[str, str]] = {}
    for row in rows:
        arrow = f"{row['metric']} {'↑' if row['higher_is_better'] else '↓'}"
        for side in ("a", "b"):
            value = f"{number(row[f'value_{side}'])} {row[f'tie_{side}']}".strip()
            ties.setdefault(arrow, {})[row[side]] = value
    systems = list(dict.fromkeys(name for values in ties.values() for name in values))
    cells = [(metric, *(values.get(name, NO_VALUE) for name in systems)) for metric, values in ties.items()]
    listing(("", *systems), cells, "values; systems that share a letter cannot be told apart")
    say(_corrected(rows))
    for note in sorted({f"{row['metric']}: {row['note']}" for row in rows if row["note"]}):
        say(note)


def _pair(row: Mapping[str, Any]) -> dict[str, str]:
    """A line of `pairs` by column; a column that is empty in all lines is not shown."""
    seeds = row["seeds_a"], row["seeds_b"]
    return {
        "metric": row["metric"],
        "a": row["a"],
        "b": row["b"],
        "a - b": number(row["difference"]),
        "95% interval": _interval(row),
        "n (groups, in effect)": f"{row['n']} ({row['group_n']}, {effective(row['group_effective'])})",
        "detectable": number(row["detectable"], 2),
        "seeds": "{}, {}".format(*seeds) if max(seeds) > 1 else "",
        "seed share": "" if math.isnan(row["seed_share"]) else f"{row['seed_share']:.0%}",
        "p swap": "" if math.isnan(row["p_swap"]) else number(row["p_swap"], 2),
        "p sign": "" if math.isnan(row["p_sign"]) else number(row["p_sign"], 2),
        "p (Holm)": number(row["p_holm"], 2),
        "better": row["better"] or "neither is shown better",
    }


def _corrected(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the p-values were corrected over."""
    done = sum(not math.isnan(row["p_holm"]) for row in rows)
    couples, metrics = len({(row["a"], row["b"]) for row in rows}), len({row["metric"] for row in rows})
    return (
        f"p (Holm) is corrected over {done} comparisons, those with an interval of {couples} x {metrics} (pairs x "
        "metrics); a system is better where it is below 0.05"
    )


def label(row: Mapping[str, Any]) -> str:
    """`family:variant` of a row."""
    return f"{row['model']}:{row['variant']}".rstrip(":")


def cell(row: Mapping[str, Any] | None) -> str:
    """A value, with NOT_APART where it shows no difference, and on the next line its interval."""
    if row is None:
        return NO_VALUE
    value = f"{number(row['value'])} {NOT_APART if remarks.NOT_APART in row['note'] else ''}".strip()
    return value if math.isnan(row["ci_low"]) else f"{value}\n{_interval(row)}"


def _interval(row: Mapping[str, Any]) -> str:
    return "" if math.isnan(row["ci_low"]) else f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"
