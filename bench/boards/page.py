"""A grid as HTML, for a notebook: one table with all columns, the definition of each at its head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from sightsound.bench.boards import scope
from sightsound.bench.boards.cells import COUNTS
from sightsound.bench.boards.fit import OVER
from sightsound.bench.boards.grid import Grid, Line
from sightsound.bench.core import labels

DIM = ' style="opacity:.6"'


def html(found: Grid, title: str, remarks: Sequence[str]) -> str:
    """The table with its title, one sentence on what it can show, and remarks below it."""
    notes = "".join(f"<p>{escape(text)}</p>" for text in [scope.sentence(found), *remarks])
    body = "".join([*_heads(found), *(_line(found, line) for line in found.lines), *_below(found)])
    return f"<table><caption>{escape(title)}</caption>{body}</table>{notes}"


def _heads(found: Grid) -> Iterator[str]:
    groups = [
        (labels.QUALITIES.get(quality, quality), len(list(mine)))
        for quality, mine in groupby(found.columns, key=lambda column: column.quality)
    ]
    cells = [f'<th colspan="{size}">{escape(name)}</th>' for name, size in [*groups, (OVER, len(COUNTS))]]
    yield f"<tr><th></th>{''.join(cells)}</tr>"
    heads = [f'<th title="{escape(column.metric)}">{escape(column.head)}</th>' for column in found.columns] + [
        f"<th>{name}</th>" for name in COUNTS
    ]
    yield f"<tr><th></th>{''.join(heads)}</tr>"


def _line(found: Grid, line: Line) -> str:
    cells = []
    for column in found.columns:
        text = escape(found.cell(line, column).text)
        cells.append(f"<td><b>{text}</b></td>" if found.best(column) == line.name else f"<td>{text}</td>")
    cells += [f"<td>{escape(text)}</td>" for text in line.counts]
    return f"<tr{DIM if line.reference else ''}><th>{escape(line.name)}</th>{''.join(cells)}</tr>"


def _below(found: Grid) -> Iterator[str]:
    for name, cells in found.below.items():
        texts = [f"<td>{escape(cells.get(column, ''))}</td>" for column in found.columns]
        yield f"<tr{DIM}><th>{escape(name)}</th>{''.join(texts)}{'<td></td>' * len(COUNTS)}</tr>"
