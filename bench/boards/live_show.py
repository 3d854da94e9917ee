"""A run as it stands, as lines for a terminal: state, stages, systems, failures, log, values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from sightsound.bench.boards import fit, live, show
from sightsound.bench.boards.live import Live
from sightsound.bench.core import console
from sightsound.bench.core.console import NO_VALUE, pad, wide
from sightsound.bench.core.faults import printable
from sightsound.bench.core.progress import span

if TYPE_CHECKING:
    from rich.text import Text

STAGES = 6  # ended stages that are shown, the last ones
STYLE = {"running": "bold green", "ended": "bold", "beginning": "bold"}
ELSE = "bold red"


def lines(found: Live, width: int) -> list[Text]:
    """The run in lines of at most `width` columns; what comes from outside holds no control characters."""
    from rich.text import Text

    made = [Text(part, style="bold") for part in _folded(found.title or found.folder, width)]
    made += [Text(part, style=STYLE.get(found.state, ELSE)) for part in _folded(found.said, width)]
    made += [*_block("stages", _stages(found), width), *_block("systems", _systems(found), width)]
    for title, texts in (("last failures", _failures(found)), ("log", found.log), ("not read", found.remarks)):
        folded = [f"  {part}" for text in texts for part in _folded(text, width - 2)]
        made += [Text(""), Text(title, style="dim"), *map(Text, folded)] if folded else []
    return [*made, *_values(found, width)]


def _folded(text: str, width: int) -> list[str]:
    """A text in lines; a word that is longer than the width, as a path, is cut."""
    words = [part for word in printable(text).split() for part in _pieces(word, max(width, 1))]
    return console.in_width(words, width) if words else []


def _pieces(word: str, width: int) -> list[str]:
    return [word[start : start + width] for start in range(0, len(word), width)] if wide(word) > width else [word]


def _stages(found: Live) -> list[list[str]]:
    ended = [each["name"] for each in found.stages if each["ended"]][-STAGES:]
    shown = [each for each in found.stages if not each["ended"] or each["name"] in ended]
    return [["", "done", "", "time", "left"], *([*_stage(each)] for each in shown)] if shown else []


def _stage(stage: dict[str, Any] | Any) -> Iterator[str]:
    total = "" if stage["total"] is None else f"/{stage['total']}"
    rate = stage["rate"]
    yield printable(stage["name"])
    yield f"{stage['done']}{total}"
    yield "" if rate is None else f"{rate:.3g}/s" if rate >= 1 else f"{1 / rate:.3g} s each"
    yield span(stage["seconds"])
    yield "" if stage["left_s"] is None else span(stage["left_s"])


def _systems(found: Live) -> list[list[str]]:
    if not found.systems:
        return []
    heads = ["", "answered", "failed", "s each", "sound"]
    return [
        heads,
        *(
            [
                printable(each.name),
                f"{each.done}/{each.wanted}" if each.wanted is not None else str(each.done),
                str(each.failed),
                NO_VALUE if each.each_s is None else f"{each.each_s:.2f}",
                span(each.sound_s) if each.sound_s else NO_VALUE,
            ]
            for each in found.systems
        ),
    ]


def _block(title: str, table: Sequence[Sequence[str]], width: int) -> list[Text]:
    """A small table below its title; its first column gives way where the width is too small, then its last."""
    from rich.text import Text

    if not table:
        return []
    sizes = [max(map(wide, column)) for column in zip(*table, strict=True)]
    room = width - 2 - sum(sizes[1:]) - 2 * (len(sizes) - 1)
    found = [Text(""), Text(title, style="dim")]
    for head, *cells in table:
        *first, last = _folded(head, min(sizes[0], max(room, 8))) or [""]
        found += [Text(f"  {part}") for part in first]
        rest = [pad(cell, size, right=True) for cell, size in zip(cells, sizes[1:], strict=True)]
        found.append(Text("  ".join([f"  {pad(last, min(sizes[0], max(room, 8)))}", *rest]).rstrip()))
    for line in found:
        line.truncate(width)
    return found


def _failures(found: Live) -> list[str]:
    return [f"{each['system']} {each['example']}: {each['reason']}" for each in found.failures]


def _values(found: Live, width: int) -> list[Text]:
    from rich.text import Text

    if not found.rows:
        return []
    table = show.grid_of(pd.DataFrame(found.rows), live.order(found), live.directions(found))
    body, long = fit.lines(table, width)
    missing = [name for name in found.metrics if name not in live.directions(found)]
    title = "values" if found.final else "values so far, of systems and metrics whose features are all there"
    waits = f"; still to come: {', '.join(missing)}" if missing and not found.final else ""
    heads = [Text(part, style="dim") for part in _folded(title + waits, width)]
    return [Text(""), *heads, *body, *(Text(f"{stands} is {name}") for stands, name in long.items())]


def as_json(found: Live) -> dict[str, Any]:
    """The same for programs."""
    return asdict(found)
