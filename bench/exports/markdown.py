"""The same tables in Markdown, for a readme or an issue on GitHub."""

from __future__ import annotations

from collections.abc import Sequence

from sightsound.bench.core.console import NO_VALUE
from sightsound.bench.core.faults import printable
from sightsound.bench.exports import wording
from sightsound.bench.exports.sheets import Cell, Column, Sheet
from sightsound.bench.exports.texts import markdown


def tables(sheets: Sequence[Sheet], *, intervals: str = "half") -> str:
    """A heading, a table, and what it prints, a sheet."""
    return "\n".join(_table(sheet, intervals) for sheet in sheets)


def _table(sheet: Sheet, intervals: str) -> str:
    lines = [
        ["", *map(_head, sheet.columns)],
        ["---", *["---:"] * len(sheet.columns)],
        *(
            [markdown(system), *(_cell(column.cells.get(system), intervals) for column in sheet.columns)]
            for system in sheet.systems
        ),
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    said = markdown(" ".join(wording.caption(sheet, intervals)))
    return f"**{markdown(wording.title(sheet))}**\n\n{table}\n\n{said}\n\n{_signatures(sheet)}\n"


def _head(column: Column) -> str:
    return f"{markdown(column.name)} {'↑' if column.up else '↓'}"


def _cell(cell: Cell | None, intervals: str) -> str:
    if cell is None:
        return NO_VALUE
    value, interval = wording.figures(cell.row, intervals)
    shown = f"**{markdown(value)}**" if cell.best else markdown(value)
    letters = f"<sup>{markdown(cell.letters)}</sup>" if cell.letters else ""
    return " ".join(filter(None, [f"{shown}{letters}{wording.marks(cell)}", markdown(interval)]))


def _signatures(sheet: Sheet) -> str:
    """A list; a signature is code, in which nothing is markup but the backtick."""
    return "\n".join(
        f"- {markdown(name)}: `{printable(signature).replace('`', ' ')}`"
        + (f" (n = {others} in others)" if others else "")
        for name, signature, others in wording.signatures(sheet)
    )
