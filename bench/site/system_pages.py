"""A page a system: what its card says, and every value that it has with all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sightsound.bench.boards import rewards
from sightsound.bench.boards.cells import label, measured_by
from sightsound.bench.core.console import number
from sightsound.bench.site import facts
from sightsound.bench.site.beside import figures
from sightsound.bench.site.board_pages import figure_values
from sightsound.bench.site.cells import ends, said
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.links import metric_path, system_path
from sightsound.bench.site.page import Page, Part


def parts(site: Site) -> Iterator[Part]:
    """The pages of all systems with a row, measured or published."""
    published = figures(site)
    for system in site.systems:
        mine = [figure_values(each) for each in published if each.system == system]
        values = {
            "system": system,
            "facts": _facts(system),
            "tables": [_table(board, system, site.spoilt) for board in site.boards if system in board.systems],
            "beside": [each for each in mine if each["board"]],
            "apart": [each for each in mine if not each["board"]],
        }
        yield Page(system_path(system), "system.html", system, values, part="systems")


def _facts(system: str) -> dict[str, str]:
    """What the card says, by heading; what it does not say is left out."""
    card = facts.model_card(system)
    if card is None:
        return {}
    name = system.partition(":")[2].partition(",")[0]
    variant = card.variants.get(name)
    said = {
        "what": card.description,
        "variant": variant.description if variant else "",
        "tasks": ", ".join(card.tasks),
        "other variants": ", ".join(each for each in card.variants if each != name),
        "paper": card.paper,
        "licence": card.licence,
        "training data that leaks": card.leaks,
    }
    return {key: text for key, text in said.items() if text}


def _table(board: Board, system: str, spoilt: Any) -> dict[str, Any]:
    rows = [row for row in board.rows if label(row) == system]
    return {
        "board": board,
        "seconds": max(row["seconds"] for row in rows),
        "device": ", ".join(sorted({row["device"] for row in rows if row["device"]})),
        "versions": sorted({row["versions"] for row in rows if row["versions"]}),
        "commits": sorted({row["commit"] for row in rows if row["commit"]}),
        "runs": sorted({row["run"] for row in rows}),
        "by": measured_by(rows),
        "lines": [
            {
                "column": column,
                "page": metric_path(column.metric),
                "value": number(column.rows[system]["value"]),
                "interval": ends(column.rows[system]),
                "letters": column.letters.get(system, ""),
                "best": column.clear and system in column.best,
                "say": said(column.rows[system], grey=rewards.grey(spoilt, column.rows[system])),
                "signature": column.rows[system]["signature"],
            }
            for column in board.columns
            if system in column.rows
        ],
    }
