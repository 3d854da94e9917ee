"""A grid as tables of Markdown that GitHub shows without a scroll bar; text from outside is no markup there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from sightsound.bench.boards.cells import COUNTS, OTHERS
from sightsound.bench.boards.grid import Column, Grid, Line
from sightsound.bench.core import labels
from sightsound.bench.core.faults import printable

MOST = 8
"""Columns of a table, the systems' names among them: what GitHub shows beside each other."""
BREAK = "<br>"
FAILED = "†"
"""Behind a system that failed on an example: its values are over what is left, it is neither ranked nor tied."""
PASSED_OVER = "◦"
"""Behind a value that a copy of the system's outputs beats of which 40% are silent. GitHub keeps no colour in
Markdown: such a value is slanted where a page would show it in grey."""
_MARKUP = {sign: f"&#{ord(sign)};" for sign in "|`*~$\\[]"}
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is none of Markdown's
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def escaped(text: str) -> str:
    """Text from outside, as text.

    >>> escaped("my_model *best* <b>"), escaped("[x](http://y)"), escaped("_a_")
    ('my_model &#42;best&#42; &lt;b&gt;', '&#91;x&#93;(http&#58;//y)', '&#95;a&#95;')
    """
    plain = html.escape(printable(text), quote=False)
    plain = _EDGE.sub("&#95;", "".join(_MARKUP.get(sign, sign) for sign in plain))
    return _LINK.sub(lambda link: link[0].replace(":", "&#58;").replace(".", "&#46;"), plain)


def code(text: str) -> str:
    """A signature or a name from the code, as code."""
    return "`" + printable(text).replace("`", "'") + "`"


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def fold(summary: str, lines: Iterable[str]) -> str:
    """A list that is shown when it is asked for; empty where there is nothing in it."""
    items = "".join(f"- {line}\n" for line in lines)
    return f"<details><summary>{summary}</summary>\n\n{items}\n</details>\n\n" if items else ""


def tables(found: Grid, passed_over: Callable[[str, Column], bool] = lambda name, column: False) -> str:
    """All columns of a grid, one table where MOST allows it, else under a heading a quality."""
    parts = []
    for heading, columns in _parts(found.columns):
        lines = [_values(found, line, columns, passed_over) for line in found.lines]
        below = [
            [f"*{name}*", *(escaped(cells.get(column, "")) for column in columns)]
            for name, cells in found.below.items()
            if any(column in cells for column in columns)
        ]
        heads = ["system", *(escaped(column.head) for column in columns)]
        parts.append(heading + table(heads, [*lines, *below]))
    return "\n".join(parts)


def counts(found: Grid) -> str:
    """Over what the values of each system are."""
    return table(["system", *COUNTS], ([_name(line), *line.counts] for line in found.lines))


def _parts(columns: Sequence[Column]) -> Iterator[tuple[str, Sequence[Column]]]:
    """The columns of each table, and the heading above it."""
    if len(columns) < MOST:
        yield "", columns
        return
    for quality, of_quality in groupby(columns, key=lambda column: column.quality):
        mine = list(of_quality)
        heading = labels.QUALITIES.get(quality, quality).capitalize()
        count = -(-len(mine) // (MOST - 1))  # so many tables, of about one size
        for part in range(count):
            some = mine[len(mine) * part // count : len(mine) * (part + 1) // count]
            yield f"#### {heading}{f', {part + 1} of {count}' if count > 1 else ''}\n\n", some


def _name(line: Line) -> str:
    failed = line.counts[-1] not in ("0", "–")
    return " ".join([escaped(line.name), *[FAILED] * failed, *[OTHERS] * line.others])


def _values(
    found: Grid, line: Line, columns: Sequence[Column], passed_over: Callable[[str, Column], bool]
) -> list[str]:
    cells = [_name(line)]
    for column in columns:
        cell = found.cell(line, column)
        even = not cell.spread.startswith("[")
        first = " ".join(filter(None, (cell.value, cell.spread if even else "", cell.mark)))
        parts = [escaped(first)] if even else [escaped(first), cell.spread]
        if passed_over(line.name, column):
            parts = [f"*{part}*" for part in parts]
            parts[0] += f" {PASSED_OVER}"
        elif found.best(column) == line.name:
            parts = [f"**{part}**" for part in parts]
        cells.append(BREAK.join(parts))
    return cells
