"""A page a board with its values by example: a line an example, a column a system, one metric at a time.

Where there are 2,500 examples the table draws only what is on the screen, and each metric's values are a file of
their own that is loaded when the metric is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sightsound.bench.boards.cells import label
from sightsound.bench.core.results import definition
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.columns import Column
from sightsound.bench.site.links import system_path, values_path
from sightsound.bench.site.page import TABLE, TABLE_STYLE, Data, Page, Part

SCRIPTS = (*TABLE, "static/table.js", "static/values.js")


def parts(site: Site) -> Iterator[Part]:
    """The pages and data of all boards that have values by example."""
    for board in site.boards:
        shown = [column for column in board.columns if len(_own(board, column))]
        if not shown:
            continue
        groups = board.scores.drop_duplicates("example").set_index("example")["group"].sort_index()
        systems = [name for name in board.systems if name in set(map(label, _records(board.scores)))]
        metrics = []
        for number, column in enumerate(shown):
            path = f"data/{board.slug}-values{number}.js"
            yield Data(path, f"values{number}", _values(board, column, systems, list(groups.index)))
            metrics.append(
                {"key": column.key, "short": column.short, "metric": column.metric, "up": column.higher_is_better,
                 "path": path, "name": f"values{number}"}
            )  # fmt: skip
        data = f"data/{board.slug}-examples.js"
        listed = {
            "examples": list(groups.index),
            "groups": list(groups),
            "systems": [{"name": name, "page": system_path(name)} for name in systems],
            "metrics": metrics,
            "page": board.example_path("") if board.runs else "",
        }
        yield Data(data, "listed", listed)
        yield Page(
            values_path(board.slug),
            "values.html",
            f"{board.title}: values by example",
            {"board": board, "count": len(groups)},
            data=(data, f"data/{board.slug}-values0.js"),
            scripts=SCRIPTS,
            styles=TABLE_STYLE,
            part="boards",
        )


def _records(scores: pd.DataFrame) -> list[dict[str, Any]]:
    pairs = scores[["model", "variant"]].drop_duplicates()
    return [{str(key): value for key, value in record.items()} for record in pairs.to_dict("records")]


def _own(board: Board, column: Column) -> pd.DataFrame:
    """The scores of a column: those of its metric, definition and competitors."""
    row = next(iter(column.rows.values()))
    found = board.scores
    same = (found["metric"] == column.metric) & (found["competitors"] == row["competitors"])
    return found[same & (found["definition"] == definition(row["signature"]))]


def _values(board: Board, column: Column, systems: list[str], examples: list[str]) -> list[list[float]]:
    """`[system][example]`, NaN where there is none."""
    own = _own(board, column)
    names = own["model"].str.cat(own["variant"], sep=":").str.rstrip(":")
    table = own.assign(system=names).pivot_table("value", "system", "example", aggfunc="last", observed=True)
    values: list[list[float]] = table.reindex(index=systems, columns=examples).to_numpy().tolist()
    return values
