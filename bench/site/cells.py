"""A board as its script reads it: systems, columns, and every cell with the texts that the other tables print."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.boards import cells as values
from sightsound.bench.boards import markdown, rewards
from sightsound.bench.boards.scope import networks
from sightsound.bench.boards.structure import is_reference
from sightsound.bench.core import labels, remarks
from sightsound.bench.core.console import number
from sightsound.bench.site.collect import Board
from sightsound.bench.site.columns import Column, Record
from sightsound.bench.site.facts import blind, definition
from sightsound.bench.site.links import metric_path, system_path


def table(board: Board, spoilt: Sequence[rewards.Reward]) -> dict[str, Any]:
    """What `static/board.js` makes the table and the plots of."""
    return {
        "qualities": {name: text for name, text in labels.QUALITIES.items() if name in _qualities(board)},
        "profiles": profiles(board.columns),
        "columns": [_column(column) for column in board.columns],
        "systems": [_system(board, system, spoilt) for system in board.systems],
    }


def _qualities(board: Board) -> set[str]:
    return {column.quality for column in board.columns}


def _column(column: Column) -> dict[str, Any]:
    row = next(iter(column.rows.values()))
    return {
        "key": column.key,
        "metric": column.metric,
        "short": column.short,
        "quality": column.quality,
        "up": column.higher_is_better,
        "other": column.other,
        "definition": definition(column.metric),
        "blind": blind(column.metric),
        "signature": row["signature"],
        "networks": profile(column),
        "page": metric_path(column.metric),
        "floor": column.floor,
        "floorText": "" if math.isnan(column.floor) else number(column.floor, 3),
        "seen": column.detectable,
        "seenText": "" if math.isnan(column.detectable) else number(column.detectable, 2),
    }


PROFILES = {"pocket": "small networks that anybody can fetch", "published": "networks that papers measure with"}
"""What networks a column's values are over -> what is said of it."""


def profiles(columns: Sequence[Column]) -> dict[str, str]:
    """PROFILES where a board has columns of both, else nothing: there is nothing to choose."""
    return dict(PROFILES) if set(PROFILES) <= set(map(profile, columns)) else {}


def profile(column: Column) -> str:
    """One of PROFILES; empty for a metric without a trained network."""
    return networks(next(iter(column.rows.values()))["signature"])


def _system(board: Board, system: str, spoilt: Sequence[rewards.Reward]) -> dict[str, Any]:
    mine = [row for row in board.rows if values.label(row) == system]
    n, groups, effective, failed = values.counts(mine)
    return {
        "name": system,
        "page": system_path(system),
        "reference": is_reference(mine[0]["model"]),
        "n": n,
        "failed": int(failed),
        "groups": groups,
        "effective": effective,
        "by": values.measured_by(mine),
        "cells": {
            column.key: cell(column, column.rows[system], system, spoilt)
            for column in board.columns
            if system in column.rows
        },
    }


def cell(column: Column, row: Record, system: str, spoilt: Sequence[rewards.Reward]) -> dict[str, Any]:
    """One value: `v`, `lo`, `hi` to sort and draw, `text`, `ci` and `say` to read."""
    interval = not math.isnan(row["ci_low"])
    grey = rewards.grey(spoilt, row)
    return {
        "v": row["value"],
        "text": number(row["value"], 4),
        "best": column.clear and system in column.best,
        "letters": column.letters.get(system, ""),
        "marks": " ".join(mark for mark, there in marks(row, grey=grey).items() if there),
        "grey": grey,
        "say": said(row, grey=grey),
    } | ({"lo": row["ci_low"], "hi": row["ci_high"], "ci": ends(row)} if interval else {})


def ends(row: Record) -> str:
    """The interval as it is printed everywhere; empty where there is none."""
    return "" if math.isnan(row["ci_low"]) else f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"


def marks(row: Record, *, grey: bool) -> Mapping[str, bool]:
    """Signs behind a value -> whether they stand there."""
    return {values.NOT_APART: remarks.NOT_APART in row["note"], markdown.PASSED_OVER: grey}


def said(row: Record, *, grey: bool = False) -> list[str]:
    """What a person should know of one value, a sentence each."""
    failed = f", {row['n_failed']} failed" if row["n_failed"] else ""
    groups = f" in {row['group_n']} groups, in effect {values.effective(row['group_effective'])}"
    lines = [f"n = {row['n']}{failed}{groups if row['group_n'] else ''}"]
    if row["note"]:
        lines.append(row["note"])
    if row["competitors"]:
        lines.append(f"a rank among {row['competitors']}")
    if row["measured_by"]:
        lines.append(f"measured by others; {row['measured_by']} (docs/submitting.md)")
    if row["warnings"]:
        lines.append(f"warnings: {row['warnings']} (docs/warnings.md)")
    if grey:
        lines.append("to be passed over: copies of these outputs of which 40% are silent score better")
    return lines
