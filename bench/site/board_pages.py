"""A page a board: the table, what a difference must be to be seen, intervals, published figures, signatures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sightsound.bench.boards import below
from sightsound.bench.boards.cells import label
from sightsound.bench.core import registry
from sightsound.bench.core.console import number
from sightsound.bench.site import facts
from sightsound.bench.site.beside import Figure, base, figures
from sightsound.bench.site.cells import ends, table
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.columns import Column
from sightsound.bench.site.links import metric_path, system_path, values_path
from sightsound.bench.site.page import PLOT, TABLE, TABLE_STYLE, Data, Page, Part

SCRIPTS = (*TABLE, *PLOT, "static/table.js", "static/forest.js", "static/board.js")


def parts(site: Site) -> Iterator[Part]:
    """The pages of all boards with their data."""
    published = figures(site)
    for board in site.boards:
        beside = [each for each in published if each.board is board]
        data = f"data/{board.slug}.js"
        shown = table(board, site.spoilt)
        shown["published"] = [
            {"column": f.column, "system": f.system, "value": f.row["value"], "source": f.row["run"]}
            for f in beside
        ]
        yield Data(data, "board", shown)
        yield Page(
            board.path,
            "board.html",
            board.title,
            _values(site, board, beside, _apart(board, published)),
            data=(data,),
            scripts=SCRIPTS,
            styles=TABLE_STYLE,
            part="boards",
        )


def _values(site: Site, board: Board, beside: Sequence[Figure], apart: Sequence[Figure]) -> dict[str, Any]:
    signatures = sorted({row["signature"] for row in board.rows})
    certain = below.certainty(board.rows)
    card = registry.split_cards().get(base(board.split))
    return {
        "board": board,
        "split_card": card,
        "certain": certain,
        "remarks": [*board.replaced, *(line for line in below.lines(board.rows) if line not in certain)],
        "values_path": values_path(board.slug) if len(board.scores) else "",
        "others": [each for each in site.boards if each.task == board.task and each is not board],
        "seen": [_seen(column) for column in board.columns],
        "beside": [figure_values(each) for each in beside],
        "apart": [figure_values(each) for each in apart],
        "signatures": signatures,
        "networks": facts.networks(signatures),
        "leaks": facts.leaks(board.systems),
        "clips": len(board.scores["example"].unique()),
    }


def _apart(board: Board, published: Sequence[Figure]) -> list[Figure]:
    """Figures of the board's task on its split that have no measured counterpart."""
    return [
        each
        for each in published
        if each.board is None and each.row["task"] == board.task and each.row["split"] == base(board.split)
    ]


def _seen(column: Column) -> dict[str, Any]:
    """A line of "what a difference must be to be seen"."""
    known = [row for row in column.rows.values() if not math.isnan(row["value"])]
    tested = [row for row in known if label(row) in column.best]
    best = tested[0] if tested else None
    share = column.detectable / abs(best["value"]) if best and best["value"] else math.nan
    return {
        "column": column,
        "page": metric_path(column.metric),
        "best": [(name, system_path(name)) for name in sorted(column.best)],
        "value": number(best["value"]) if best else "",
        "tied": sorted(_tied(column)),
        "floor": "" if math.isnan(column.floor) else number(column.floor, 3),
        "seen": "" if math.isnan(column.detectable) else number(column.detectable, 2),
        "share": "" if math.isnan(share) else f"{share:.0%}",
    }


def _tied(column: Column) -> set[str]:
    """Systems that share a letter with the best one."""
    letters = {letter for name in column.best for letter in column.letters.get(name, "")}
    return {name for name, own in column.letters.items() if letters & set(own)} - column.best


def figure_values(figure: Figure) -> dict[str, Any]:
    """A published figure as templates print it."""
    row, measured = figure.row, figure.measured
    return {
        "source": row["run"],
        "task": row["task"],
        "split": row["split"],
        "system": figure.system,
        "metric": row["metric"],
        "metric_page": metric_path(row["metric"]),
        "system_page": system_path(figure.system),
        "value": f"{row['value']:g}",
        "n": row["n"] or "",
        "up": row["higher_is_better"],
        "note": row["note"],
        "why": figure.why,
        "board": figure.board,
        "measured": number(measured["value"]) if measured else "",
        "interval": ends(measured) if measured else "",
        "gap": "" if measured is None else f"{figure.gap:+.3g}",
        "within": {True: "inside the interval", False: "outside the interval", None: ""}[figure.within],
    }
