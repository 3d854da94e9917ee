"""Rows as a person reads them: the table of a run, the pairs of a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import fit, grid, scope, ties
from sightsound.bench.boards.cells import COUNTS, NOT_APART, counts, effective, floor, label
from sightsound.bench.boards.grid import Grid
from sightsound.bench.core import console
from sightsound.bench.core.console import NO_VALUE, listing, number, print_lines, records, say
from sightsound.bench.core.faults import printable

if TYPE_CHECKING:
    import pandas as pd
    from rich.text import Text

__all__ = ["COUNTS", "NOT_APART", "counts", "effective", "floor", "label"]
__all__ += ["PIPED", "grid_of", "lines_of", "pairs", "title", "values"]
PIPED = 100
"""Columns of a table of values in a file or a pipe."""


def values(
    table: pd.DataFrame,
    order: Sequence[str],
    directions: Mapping[str, bool],
    scores: pd.DataFrame | None = None,
    *,
    wide: bool = False,
) -> None:
    """Print the table of a run, see `lines_of`; `wide`: all columns beside each other, whatever the width."""
    width = None if wide else console.width(piped=PIPED)
    print_lines(lines_of(grid_of(table, order, directions, scores), records(table), width))


def grid_of(
    table: pd.DataFrame,
    order: Sequence[str],
    directions: Mapping[str, bool],
    scores: pd.DataFrame | None = None,
) -> Grid:
    """Rows of one task, split and seed as systems by metrics.

    `order`: labels in the order of the lines; `directions`: metric name -> whether higher is better, in the order
    of the columns; `scores`: the run's values by example, for the difference that the table can show.
    """
    rows = records(table)
    found = grid.build(rows, order, list(directions))
    if scores is None or scores.empty:
        return found
    return grid.build(rows, order, list(directions), ties.seen(found, scores))


def lines_of(found: Grid, rows: Sequence[Mapping[str, Any]], width: int | None) -> list[Text]:
    """The title, the table, one sentence on what it can show, and the names in full."""
    from rich.text import Text

    table, long = fit.lines(found, width)
    sentences = [scope.sentence(found), *_marks(found), *(f"{stands} is {name}" for stands, name in long.items())]
    below = [*(text.split() for text in sentences), _full(found)]
    fold = width or console.width(piped=PIPED)
    folded = [part for words in below if words for part in console.in_width(words, fold)]
    return [Text(title(rows)), *table, Text(""), *map(Text, folded)]


def title(rows: Sequence[Mapping[str, Any]]) -> str:
    """Task, split and seed of a run's rows."""
    return printable(f"{rows[0]['task']} on {rows[0]['split']}, seed {rows[0]['seed']}")


def _marks(found: Grid) -> Iterator[str]:
    """What the marks of this table mean."""
    if any(found.best(column) for column in found.columns):
        yield "bold: the best of the systems under test, its interval clear of every other's."
    if any("±" in found.cell(line, column).spread for line in found.lines for column in found.columns):
        yield "±: the longer half of a 95% interval whose halves are about even; [ ]: its ends."


def _full(found: Grid) -> list[str]:
    """The columns' names in full, each with the words that belong together."""
    short = {column.name: printable(column.metric) for column in found.columns}
    known = [f"{name} = {metric}" for name, metric in short.items() if name != metric]
    if not known:
        return []
    ends = [","] * (len(known) - 1) + [";"]
    pairs = [f"{pair}{end}" for pair, end in zip(known, ends, strict=True)]
    return ["In full:", *pairs, "`bench metrics NAME`", "explains", "one."]


def pairs(rows: Sequence[Mapping[str, Any]], *, wide: bool = False) -> None:
    """The pairs of `bench compare`, then for each metric the systems with the letters of their tie groups."""
    lines = [_pair(row) for row in rows]
    heads = [head for head in dict.fromkeys(chain(*lines)) if any(line[head] for line in lines)]
    listing(heads, [[line[head] or NO_VALUE for head in heads] for line in lines])
    lettered = _lettered(rows)
    table, long = fit.lines(lettered, None if wide else console.width(piped=PIPED))
    print("values; systems that share a letter cannot be told apart")
    print_lines(table)
    for stands, name in long.items():
        print(f"{stands} is {printable(name)}")
    say(_corrected(rows))
    for note in sorted({f"{row['metric']}: {row['note']}" for row in rows if row["note"]}):
        say(note)


def _lettered(rows: Sequence[Mapping[str, Any]]) -> Grid:
    """The sides of the pairs as systems by metrics."""
    sides: dict[tuple[str, str], dict[str, Any]] = {}
    letters: dict[tuple[str, str], str] = {}
    for row in rows:
        for side in ("a", "b"):
            key = row[side], row["metric"]
            letters[key] = row[f"tie_{side}"]
            sides[key] = {
                **dict.fromkeys(("variant", "run", "signature", "competitors", "note", "split"), ""),
                **{name: row[name] for name in ("metric", "n", "group_n", "group_effective", "higher_is_better")},
                **dict.fromkeys(("ci_low", "ci_high", "floor"), math.nan),
                "model": row[side],
                "value": row[f"value_{side}"],
                "n_failed": 0,
            }
    systems, metrics = (list(dict.fromkeys(key[place] for key in sides)) for place in (0, 1))
    found = grid.build(list(sides.values()), systems, metrics)
    names = {line.label: line.name for line in found.lines}
    columns = {column.metric: column for column in found.columns}
    return replace(found, letters={(names[a], columns[metric]): text for (a, metric), text in letters.items()})


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


def _interval(row: Mapping[str, Any]) -> str:
    return "" if math.isnan(row["ci_low"]) else f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"
