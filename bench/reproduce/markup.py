"""Tables of Markdown, of text from outside as what it is: no markup."""

from __future__ import annotations

from collections.abc import Sequence

from sightsound.bench.core.faults import printable
from sightsound.bench.reproduce import panels
from sightsound.bench.reproduce.panels import Panel

_SIGNS = {"&": "&amp;", "<": "&lt;", "|": "&#124;", "`": "&#96;", "[": "&#91;", "*": "&#42;"}


def escaped(text: str, signs: str = "&<|`") -> str:
    """One line in which none of `signs` begins markup."""
    return "".join(_SIGNS[sign] if sign in signs else sign for sign in printable(text))


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Heads and lines of plain text."""
    return _table([*map(escaped, heads)], [[*map(escaped, line)] for line in lines])


def figure(found: Sequence[Panel]) -> list[str]:
    """The figures of all runs: a heading and a table each, a line an example, pictures above their texts."""
    parts = []
    for run, columns, lines in panels.grids(found):
        cells = [[escaped(next(panel.example for panel in line if panel)), *map(_panel, line)] for line in lines]
        parts += [f"## Figure of {escaped(run)}", _table(["example", *map(escaped, columns)], cells)]
    return parts


def _panel(panel: Panel | None) -> str:
    if panel is None:
        return ""
    said = [f"![{escaped(panel.system, '&<|`[*')}]({panel.picture})"] if panel.picture else []
    said += [f"*{escaped(name, '&<|`[*')}*: {escaped(text, '&<|`[*')}" for name, text in panel.texts.items()]
    said += [escaped(panel.error, "&<|`[*")] if panel.error else []
    return "<br>".join(said)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
