"""The words around a table, and its numbers: the caption, the interval as a half-width or as two ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.boards import cells
from sightsound.bench.boards.cells import effective, floor
from sightsound.bench.core.console import number
from sightsound.bench.exports.sheets import Cell, Sheet

INTERVALS = ("half", "ends", "none")
"""How an interval is printed: ± its half-width where it is about even, else its ends; always its ends; not."""
PLUS_MINUS = "±"


def figures(row: Mapping[str, Any], intervals: str) -> tuple[str, str]:
    """A value, and what stands behind it: `± half-width`, `[low, high]`, or nothing; by half as on the board.

    >>> figures({"value": 1.543, "ci_low": 1.188, "ci_high": 2.151, "note": ""}, "half")
    ('1.54', '[1.19, 2.15]')
    >>> figures({"value": 1.543, "ci_low": 1.188, "ci_high": 2.151, "note": ""}, "none")
    ('1.543', '')
    """
    shown = cells.of(row)
    if intervals == "half" or not shown.spread:
        return shown.value, shown.spread
    ends = f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"
    return number(row["value"]), ends if intervals == "ends" else ""


def marks(cell: Cell) -> str:
    """The marks behind a value that are no letters: ≈, †, ◦."""
    return "".join(
        sign for sign, has in (("≈", cell.not_apart), ("†", cell.failed), ("◦", cell.passed_over)) if has
    )


def title(sheet: Sheet) -> str:
    """What a table is of, in a few words."""
    where = f"{sheet.task} on {sheet.split}"
    return f"{sheet.source}: {where}, as published" if sheet.source else f"{where}, seed {sheet.seed}"


def caption(sheet: Sheet, intervals: str) -> list[str]:
    """What stands below a table, a sentence each, without the signatures."""
    said = [_size(sheet.rows)]
    valued = [row for row in sheet.rows if not math.isnan(row["value"])]
    with_interval = [row for row in valued if not math.isnan(row["ci_low"])]
    if intervals != "none" and with_interval:
        shown = {figures(row, intervals)[1].startswith(PLUS_MINUS) for row in with_interval}
        how = {
            frozenset({True}): "± the longer half of the 95% interval",
            frozenset({False}): "[ ] 95% interval",
        }.get(frozenset(shown), "± the longer half of the 95% interval, [ ] its ends where it is not even")
        said.append(f"{how} (Student's t over groups).")
    if not sheet.source and (without := len(valued) - len(with_interval)):
        said.append(f"{'No value' if not with_interval else f'{without} of {len(valued)} values'} "
                    f"{'has' if not with_interval else 'have no'} {'an ' if not with_interval else ''}interval: "
                    "too few independent groups, or none that covers.")  # fmt: skip
    if any(cell.best for cell in sheet.cells):
        said.append("Bold: the best value of a column, tested or not, reference rows aside.")
    said += [*_ties(sheet), *_floors(sheet)]
    for sign, text in (
        ("≈", "not distinguishable from 0, or from what two sets of the reference's own source give."),
        ("†", "failed on examples: over the rest, neither best nor tied."),
        ("◦", "to pass over: copies of these outputs of which 40% are silent score better."),
    ):
        if any(sign in marks(cell) for cell in sheet.cells):
            said.append(f"{sign} {text}")
    return said


def _ties(sheet: Sheet) -> list[str]:
    if sheet.source:
        return []
    if any(cell.letters for cell in sheet.cells):
        return ["Systems of a column that share a letter are not told apart (paired, Holm, 5%)."]
    return ["No letters: ranks, or values that could not be tested against each other."]


def _floors(sheet: Sheet) -> list[str]:
    """The floors of distances, said once."""
    known = [(column.name, floor([cell.row for cell in column.cells.values()])) for column in sheet.columns]
    said = [f"{name} {text}".replace("\n", ", ") for name, text in known if text]
    return [f"Two sets of the reference's own source would give: {'; '.join(said)}."] if said else []


def _size(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many examples, groups and groups in effect the values are over."""
    valued = [row for row in rows if not math.isnan(row["value"])]
    if not any(row["n"] for row in valued):
        return "n is not stated."
    spans = [_span(valued, name, text) for name, text in
             (("n", str), ("group_n", str), ("group_effective", effective))]  # fmt: skip
    if not any(row["group_n"] for row in valued):
        return f"n = {spans[0]}."
    return f"n = {spans[0]} examples in {spans[1]} independent groups, in effect {spans[2]}."


def _span(rows: Sequence[Mapping[str, Any]], name: str, text: Any) -> str:
    return " to ".join(dict.fromkeys(text(end(row[name] for row in rows)) for end in (min, max)))


def signatures(sheet: Sheet) -> list[tuple[str, str, str]]:
    """Each column's name, the signature of the rows with the most clips, and the n of others with another one.

    A published figure has no signature; the name of its definition stands for it.
    """
    found = []
    for column in sheet.columns:
        rows = [cell.row for cell in column.cells.values() if not math.isnan(cell.row["value"])]
        by_n = {int(row["n"]): row["signature"] for row in rows if row["signature"]}
        most, *others = sorted(by_n, reverse=True) or [0]
        found.append((column.name, by_n.get(most, column.metric), ", ".join(map(str, others))))
    return found
