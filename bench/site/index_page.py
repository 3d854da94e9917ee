"""The first page: all boards, published sources, metrics and systems."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sightsound.bench.core import labels
from sightsound.bench.site import facts
from sightsound.bench.site.cells import profiles
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.links import metric_path, system_path
from sightsound.bench.site.page import Page, Part
from sightsound.bench.site.published_pages import sources


def parts(site: Site) -> Iterator[Part]:
    """The page."""
    metrics = {
        text: [
            (name, labels.short(name), metric_path(name))
            for name in site.metrics
            if labels.quality(name) == quality and _known(name)
        ]
        for quality, text in labels.QUALITIES.items()
    }
    values = {
        "missing": site.missing,
        "boards": [_board(board) for board in site.boards],
        "sources": {
            name: (path, sum(str(row["run"]).partition("/")[0] == name for row in site.published))
            for name, path in sources(site).items()
        },
        "metrics": {text: names for text, names in metrics.items() if names},
        "unknown": [(name, metric_path(name)) for name in site.metrics if not _known(name)],
        "systems": [
            (name, system_path(name), card.description if (card := facts.model_card(name)) else "")
            for name in site.systems
        ],
    }
    yield Page("index.html", "index.html", "Results", values)


def _known(metric: str) -> bool:
    return metric in labels.SPEED or facts.metric_card(metric) is not None


def _board(board: Board) -> dict[str, Any]:
    """What the first page says of a board."""
    most = max(board.rows, key=lambda row: (row["n"], row["group_effective"]))
    certain = any(not math.isnan(row["ci_low"]) for row in board.rows)
    return {
        "board": board,
        "systems": sum(not name.startswith("reference") for name in board.systems),
        "metrics": len(board.columns),
        "n": most["n"],
        "groups": most["group_n"],
        "certain": certain,
        "heard": bool(board.runs),
        "profiles": profiles(board.columns),
    }
