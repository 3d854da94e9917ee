"""A page a metric: what it is, what it can't tell, its signatures field by field, and every value under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sightsound.bench.boards import explained
from sightsound.bench.core import labels, registry
from sightsound.bench.core.console import number
from sightsound.bench.site import facts
from sightsound.bench.site.beside import figures
from sightsound.bench.site.board_pages import figure_values
from sightsound.bench.site.cells import ends, said
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.columns import Column
from sightsound.bench.site.links import metric_path, system_path
from sightsound.bench.site.page import Page, Part
from sightsound.bench.site.signature_fields import kinds
from sightsound.bench.stages import reading


def parts(site: Site) -> Iterator[Part]:
    """The pages of all metrics with a row, measured or published."""
    published = figures(site)
    for metric in site.metrics:
        columns = [column for board in site.boards for column in board.columns if column.metric == metric]
        rows = [row for column in columns for row in column.rows.values()]
        mine = [figure_values(each) for each in published if each.row["metric"] == metric]
        card = facts.metric_card(metric)
        values = {
            "metric": metric,
            "quality": labels.QUALITIES[labels.quality(metric)],
            "plain": facts.SPEED.get(metric, ""),
            "facts": {key: text for key, text in explained.facts(card, site.spoilt).items() if text}
            if card
            else {},
            "networks": {name: registry.extractor(name) for name in reading.extractors([card])} if card else {},
            "kinds": kinds(rows),
            "tables": [
                _table(board, column)
                for board in site.boards
                for column in board.columns
                if column.metric == metric
            ],
            "beside": [each for each in mine if each["board"]],
            "apart": [each for each in mine if not each["board"]],
        }
        yield Page(metric_path(metric), "metric.html", labels.short(metric), values, part="metrics")


def _table(board: Board, column: Column) -> dict[str, Any]:
    """All values of a column, the best first; what has no value last."""
    sign = -1 if column.higher_is_better else 1
    known = sorted(column.rows.items(), key=lambda i: (i[1]["value"] != i[1]["value"], sign * i[1]["value"], i[0]))
    return {
        "board": board,
        "column": column,
        "lines": [
            {
                "system": system,
                "page": system_path(system),
                "value": number(row["value"]),
                "interval": ends(row),
                "letters": column.letters.get(system, ""),
                "best": column.clear and system in column.best,
                "say": "; ".join(said(row)),
            }
            for system, row in known
        ],
    }
