"""Published figures beside measured ones, where the definition is the same; else apart, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sightsound.bench.boards.show import label
from sightsound.bench.core import registry
from sightsound.bench.site.collect import Board, Site
from sightsound.bench.site.columns import Column, Record
from sightsound.bench.site.facts import metric_card


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
    """Why it stands apart; empty where it stands beside a measured value."""

    @property
    def system(self) -> str:
        """`family:variant`."""
        return label(self.row)

    @cached_property
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
    """Every published figure, in the order of the file."""
    return [figure(row, site.boards) for row in site.published]


def figure(row: Record, boards: Sequence[Board]) -> Figure:
    """One figure with its counterpart, or with why it has none."""
    why = unknown(row)
    found = None if why else _measured(row, boards)
    if found is None:
        return Figure(row, None, None, "", why or "Not measured here: no board has this system, split and metric.")
    board, column, measured = found
    if differing := differences(row, board, column, measured):
        return Figure(row, None, None, "", f"Measured under another definition: {'; '.join(differing)}.")
    return Figure(row, board, measured, column.key, "")


def unknown(row: Record) -> str:
    """Which name of a published row no card has; empty where all are known."""
    split, metric = str(row["split"]).partition("@")[0], row["metric"]
    if metric_card(metric) is None:
        return f"Another definition: no metric named {metric} is registered."
    if split not in registry.split_cards():
        return f"Other examples: no split named {split} is registered."
    card = registry.model_cards().get(row["model"])
    if card is None or row["variant"].partition(",")[0] not in card.variants:
        return f"Another system: no {label(row)} is registered."
    return ""


def _measured(row: Record, boards: Sequence[Board]) -> tuple[Board, Column, Record] | None:
    split, system = str(row["split"]).partition("@")[0], label(row)
    places = [
        (board, column, column.rows[system])
        for board in boards
        if board.task == row["task"] and base(board.split) == split
        for column in board.columns
        if column.metric == row["metric"] and system in column.rows
    ]
    return next((place for place in places if not differences(row, *place)), places[0] if places else None)


def differences(row: Record, board: Board, column: Column, measured: Record) -> list[str]:
    """In what a measured row is another quantity than the published one that shares its names."""
    found = []
    if "[" in board.split:
        found.append(f"a part of the split only, {board.split.partition('@')[0]}")
    if row["n"] and row["n"] != measured["n"]:
        found.append(f"over {row['n']} examples there, {measured['n']} here")
    if row["competitors"] and row["competitors"] != measured["competitors"]:
        found.append("a rank among other systems")
    here = fields(measured["signature"])
    stated = {key: value for key, value in fields(row["signature"]).items() if key not in ("metric", "n")}
    found += [f"{key}: {value} there, {here.get(key, '-')} here" for key, value in stated.items()
              if here.get(key) != value]  # fmt: skip
    return found


def base(split: str) -> str:
    """A split's name without its hash and its part."""
    return split.partition("@")[0].partition("[")[0]


def fields(signature: str) -> Mapping[str, str]:
    """The fields of a signature by key, the name as `metric`; what has no colon is no field."""
    name, *parts = signature.split("|")
    return {"metric": name} | dict(part.split(":", 1) for part in parts if ":" in part)
