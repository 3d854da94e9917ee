"""A grid as text that fits a width: columns in blocks, one below the other, no name broken inside a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sightsound.bench.boards.cells import COUNTS
from sightsound.bench.boards.grid import Column, Grid, Line
from sightsound.bench.core import labels
from sightsound.bench.core.console import in_width, pad, wide

if TYPE_CHECKING:
    from rich.text import Text

GAP = "  "
BEST, APART, HEAD = "bold", "dim", "bold"
"""Styles of a terminal: the best value, reference rows and what is below the systems, heads of columns."""
SHARE = 0.4  # of the width that the names of systems take at most
OVER = "examples"
"""Heading of the columns that say what the values are over."""
_AFTER = re.compile(r"(?<=[:\[\](),+= ])")  # where a system's name may go on in the next line


@dataclass(frozen=True)
class _Strip:
    """A column laid out: cells of one width."""

    group: str
    head: Sequence[str]
    cells: Mapping[str, str]
    """Name of a line -> its cell."""
    best: str

    @property
    def width(self) -> int:
        return max(wide(each) for each in [*self.head, *self.cells.values()])


def lines(grid: Grid, width: int | None) -> tuple[list[Text], dict[str, str]]:
    """The table's lines, none wider than `width` (None: as wide as it takes), and the names that are too long for
    it: what stands in their place -> the name."""
    strips = [*(_strip(grid, column) for column in grid.columns), *_counts(grid)]
    room = 10**6 if width is None else width
    widest = max(strip.width for strip in strips)
    most = min(max(int(room * SHARE), room - 3 * (widest + len(GAP))), room - widest - len(GAP))
    names, long = _names([*(line.name for line in grid.lines), *grid.below], max(most, 4))
    stem = max(wide(part) for parts in names.values() for part in parts)
    found: list[Text] = []
    for block in _blocks(strips, room - stem - len(GAP)):
        found += [*_heads(block, stem), *_body(grid, block, names, stem), _text("")]
    return found[:-1], long


def _strip(grid: Grid, column: Column) -> _Strip:
    cells = {line.name: grid.cell(line, column) for line in grid.lines}
    below = {name: cells_of.get(column, "") for name, cells_of in grid.below.items()}
    left = max(wide(value) for value in [*(cell.value for cell in cells.values()), *below.values()])
    right = max(wide(cell.tail) for cell in cells.values())
    rest = 1 + right if right else 0
    texts = {
        name: pad(cell.value, left, right=True) + (pad(f" {cell.tail}", rest) if rest else "")
        for name, cell in cells.items()
    }
    texts |= {name: pad(value, left, right=True) + " " * rest for name, value in below.items()}
    heading = labels.QUALITIES.get(column.quality, column.quality)
    return _Strip(heading, _wrapped(column.head, left + rest), texts, grid.best(column))


def _wrapped(head: str, width: int) -> list[str]:
    """A head in lines as short as its column or its longest word; the arrow stays with the last word."""
    *words, last, arrow = head.split(" ")
    words.append(f"{last}\N{NO-BREAK SPACE}{arrow}")
    return [each.replace("\N{NO-BREAK SPACE}", " ") for each in in_width(words, max(width, *map(wide, words)))]


def _counts(grid: Grid) -> list[_Strip]:
    found = []
    for place, head in enumerate(COUNTS):
        cells = {line.name: line.counts[place] for line in grid.lines}
        most = max(map(wide, cells.values()))
        texts = {name: pad(text, most, right=True) for name, text in cells.items()}
        found.append(_Strip(OVER, _in_lines(head, most), texts | dict.fromkeys(grid.below, ""), ""))
    return found


def _in_lines(head: str, width: int) -> list[str]:
    words = head.split()
    return in_width(words, max(width, *map(wide, words), 0))


def _names(names: Sequence[str], most: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Each name in lines of at most `most` characters, and the names that have a word too long for that."""
    found: dict[str, list[str]] = {}
    long: dict[str, str] = {}
    for name in names:
        parts = in_width(_AFTER.split(name), most, between="", indent=" ") if wide(name) > most else [name]
        if max(map(wide, parts)) > most:
            stands = f"#{len(long) + 1}"
            long[stands], parts = name, [stands]
        found[name] = parts
    return found, long


def _blocks(strips: Sequence[_Strip], room: int) -> list[list[_Strip]]:
    """Strips that fit beside each other: a group goes whole into the first block that has room for it; one that
    fits none is divided."""
    blocks: list[list[_Strip]] = [[]]
    for _, of_group in groupby(strips, key=lambda strip: strip.group):
        group = list(of_group)
        block = next((each for each in blocks if _across([*each, *group]) <= room), None)
        if block is not None:
            block += group
            continue
        if blocks[-1] and _across(group) <= room:
            blocks.append([])
        for strip in group:
            if blocks[-1] and _across([*blocks[-1], strip]) > room:
                blocks.append([])
            blocks[-1].append(strip)
    return blocks


def _across(strips: Sequence[_Strip]) -> int:
    """Width of strips beside each other, under their groups' headings."""
    groups = [list(group) for _, group in groupby(strips, key=lambda strip: strip.group)]
    return sum(_group_width(group) for group in groups) + len(GAP) * (len(groups) - 1)


def _group_width(group: Sequence[_Strip]) -> int:
    return max(sum(strip.width for strip in group) + len(GAP) * (len(group) - 1), wide(group[0].group))


def _heads(block: Sequence[_Strip], stem: int) -> list[Text]:
    """The groups' headings, and below them the heads of the columns, on the bottom line."""
    groups = [list(group) for _, group in groupby(block, key=lambda strip: strip.group)]
    top = GAP.join(["", *(pad(group[0].group, _group_width(group)) for group in groups)])
    height = max(len(strip.head) for strip in block)
    found = [_text(" " * stem + top, APART)]
    for row in range(height):
        line = " " * stem
        for strip, closes in _closing(block):
            offset = row - (height - len(strip.head))
            line += GAP + pad(strip.head[offset] if offset >= 0 else "", strip.width) + closes
        found.append(_text(line, HEAD))
    return found


def _closing(block: Sequence[_Strip]) -> Iterator[tuple[_Strip, str]]:
    """Each strip with the blanks behind it where its group's heading is wider than its columns."""
    for _, of_group in groupby(block, key=lambda strip: strip.group):
        group = list(of_group)
        spare = _group_width(group) - sum(strip.width for strip in group) - len(GAP) * (len(group) - 1)
        for strip in group:
            yield strip, " " * spare if strip is group[-1] else ""


def _body(grid: Grid, block: Sequence[_Strip], names: Mapping[str, Sequence[str]], stem: int) -> Iterator[Text]:
    reference = False
    for line in grid.lines:
        if line.reference and not reference and not all(each.reference for each in grid.lines):
            yield _text("")
        reference = line.reference
        yield from _line(block, line, names, stem)
    for name in grid.below:
        if any(strip.cells[name].strip() for strip in block):
            yield from _line(block, Line(name, name, True, ("", "", "", "")), names, stem)


def _line(block: Sequence[_Strip], line: Line, names: Mapping[str, Sequence[str]], stem: int) -> Iterator[Text]:
    """A system's cells, on the last line of its name."""
    from rich.text import Text

    *first, last = names[line.name]
    style = APART if line.reference else ""
    yield from (_text(part, style) for part in first)
    found = Text(pad(last, stem), style=style)
    for strip, closes in _closing(block):
        found.append(GAP + pad(strip.cells[line.name], strip.width), BEST if strip.best == line.name else "")
        found.append(closes)
    found.rstrip()
    yield found


def _text(line: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(line.rstrip(), style=style)
