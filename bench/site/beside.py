"""Published figures beside measured ones, where the definition is the same; else apart, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sightsound.bench.boards.cells import label
from sightsound.bench.core import published
from sightsound.bench.core.results import Row
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.columns import Record


@dataclass(frozen=True)
class Figure:
    """One published figure."""

    row: Record
    """Its row of `published.csv`."""
    board: Board | None
    """Where its measured counterpart is; None where it stands apart."""
    measured: Record | None
    """The measured row; None where it stands apart."""
    column: str
    """Key of the board's column; empty where it stands apart."""
    why: str
    """Why it stands apart; of one that stands beside a measured value what may explain the gap, or nothing."""

    @property
    def system(self) -> str:
        """`family:variant`."""
        return label(self.row)

    @property
    def gap(self) -> float:
        """Measured less published; NaN where it stands apart."""
        return self.measured["value"] - self.row["value"] if self.measured else math.nan

    @property
    def within(self) -> bool | None:
        """Whether the measured interval holds the published figure; None where there is no interval."""
        if self.measured is None or math.isnan(self.measured["ci_low"]):
            return None
        return bool(self.measured["ci_low"] <= self.row["value"] <= self.measured["ci_high"])


def figures(site: Site) -> list[Figure]:
    """Every published figure, in the order of the file. BenchError for a code of `apart` that is not known."""
    return [figure(row, site.boards) for row in site.published]


def figure(row: Record, boards: Sequence[Board]) -> Figure:
    """One figure with its counterpart, or with why it has none (bench/core/published.py)."""
    said = Row(**row)
    reasons = published.reasons(said)
    differing: list[str] = []
    for board in boards:
        if (board.task, base(board.split)) != (said.task, base(said.split)):
            continue
        for column in board.columns:
            measured = column.rows.get(label(row)) if column.metric == said.metric else None
            if measured is None:
                continue
            why = published.apart(said, Row(**measured))
            if not why:
                return Figure(row, board, measured, column.key, "; ".join(reasons))
            differing = differing or why
    names = list(published.unknown(said).values())
    texts = differing or [*reasons, *names] or ["not measured here: no board has this system, split and metric"]
    return Figure(row, None, None, "", "; ".join(dict.fromkeys(texts)))


def base(split: str) -> str:
    """A split's name without its hash and its part."""
    return split.partition("@")[0].partition("[")[0]


def fields(signature: str) -> Mapping[str, str]:
    """The fields of a signature by key, the name as `metric`; what has no colon is no field."""
    name, *parts = signature.split("|")
    return {"metric": name} | dict(part.split(":", 1) for part in parts if ":" in part)
