"""What a person sees of any command: plain tables on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.core import logs
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.logs import detail, say
from sightsound.bench.core.progress import Lines, span

if TYPE_CHECKING:
    import pandas as pd

    from sightsound.bench.core.types import Report

__all__ = [
    *("NO_VALUE", "as_json", "detail", "in_width", "listing", "number", "pad", "print_lines", "print_table"),
    *("progress", "records", "say", "shown", "wide", "width"),
]

NO_VALUE = "–"


called: dict[Path, str] = {}
"""Folders that stand for a URI, as the user called them."""
copied: dict[Path, str] = {}
"""The same of copies: there is nothing in them that the user should look for, so no error names them."""


def shown(path: Path) -> str:
    """A path as the user would write it: relative where it lies below the working folder, by its URI where it
    stands for one."""
    for folder, uri in (called | copied).items():
        if path.is_relative_to(folder):
            return f"{uri}/{path.relative_to(folder).as_posix()}".removesuffix("/.")
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(path)


def by_uri(text: str) -> str:
    """An error's text, with URIs in the place of the folders of their copies."""
    for folder, uri in copied.items():
        text = text.replace(str(folder), uri)
    return text


def as_json(data: object) -> None:
    """The data as JSON on standard output; NaN becomes null."""
    print(json.dumps(_plain(data), indent=1, ensure_ascii=False))


def _plain(data: object) -> object:
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return data


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows for JSON."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def listing(columns: Sequence[str], lines: Sequence[Sequence[str]], title: str = "") -> None:
    """A plain table. Where the words of its columns do not fit beside each other, a paragraph a line instead."""
    from rich.table import Table
    from rich.text import Text

    whole = [[text.split("\n") for text in column] for column in zip(columns, *lines, strict=True)]
    longest = [max(_longest(part) for text in column for part in text) for column in whole]
    sizes = [max(wide(part) for text in column for part in text) for column in whole]
    room = width() - len(columns) + 1
    if sum(longest) > room:
        return _paragraphs(columns, lines, title)
    while sum(sizes) > room:  # the widest that has words to wrap
        widest = max(
            (place for place in range(len(sizes)) if sizes[place] > longest[place]), key=sizes.__getitem__
        )
        sizes[widest] -= 1
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, size in zip(columns, sizes, strict=True):
        table.add_column(name, overflow="fold", width=size)
    for line in lines:
        table.add_row(*map(Text, line))
    return print_table(table)


def _longest(text: str) -> int:
    return max(map(wide, text.split()), default=0)


def _paragraphs(columns: Sequence[str], lines: Sequence[Sequence[str]], title: str) -> None:
    """Each line's first cell, once for all of its lines, and below it the others, each with the head of its
    column."""
    print(title, end="\n" if title else "")
    before = None
    for first, *cells in lines:
        if first != before:
            print(*in_width(first.split(), width()), sep="\n")
        before = first
        said = [f"{head}: {text}" if head else text for head, text in zip(columns[1:], cells, strict=True)
                if text not in ("", NO_VALUE)]  # fmt: skip
        words = [word for word in "; ".join(said).split(" ") if word]
        print(*(f"  {part}" for part in in_width(words, max(width() - 2, 1))), sep="\n")


def wide(text: str) -> int:
    """Columns of a terminal that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, size: int, *, right: bool = False) -> str:
    """A text with blanks up to `size` columns, behind it or (`right`) before it."""
    blanks = " " * (size - wide(text))
    return blanks + text if right else text + blanks


def in_width(words: Sequence[str], size: int, *, between: str = " ", indent: str = "") -> list[str]:
    """Words in lines of at most `size` columns; a word that is longer has a line of its own, unbroken.

    >>> in_width(["FAD", "musicnn", "MTT"], 11), in_width(["mozart:", "pocket"], 8, between="", indent=" ")
    (['FAD musicnn', 'MTT'], ['mozart:', ' pocket'])
    """
    found: list[str] = []
    for word in words:
        longer = f"{found[-1]}{between}{word}" if found else word
        if found and wide(longer) <= size:
            found[-1] = longer
        else:
            found.append(f"{indent if found else ''}{word}")
    return found or [""]


def width(*, piped: int = 200) -> int:
    """Columns that a table may take: as COLUMNS says, else the terminal's; in a file or a pipe `piped`."""
    said = os.environ.get("COLUMNS", "")
    if not sys.stdout.isatty() and not (said.isdecimal() and int(said)):
        return piped
    return max(shutil.get_terminal_size().columns, 20)


def number(value: float, digits: int = 4) -> str:
    """A value as people write it: so many significant digits, and no digits of rounding errors."""
    if math.isnan(value):
        return NO_VALUE
    return "0" if abs(value) < 1e-9 else f"{value:#.{digits}g}".rstrip(".")


def print_table(table: Any) -> None:
    """What rich can draw, on a terminal in its width."""
    from rich.console import Console

    Console(width=width(), highlight=False).print(table)


def print_lines(lines: Sequence[Any]) -> None:
    """Lines of rich's texts that were laid out already, so that nothing folds them."""
    from rich.console import Console

    screen = Console(width=100_000, highlight=False)
    for line in lines:
        screen.print(line, soft_wrap=True)


@contextmanager
def progress(every_s: float | None = None) -> Iterator[Report]:
    """Progress of long work, told by report(what, done, total): on a terminal a bar a stage, elsewhere lines.

    A line comes at least every `every_s` seconds (None: SIGHTSOUND_PROGRESS_S, else 30), and into the log whatever
    is shown. A verbose command tells at the end how long each stage took.
    """
    shows = not logs.volume.quiet
    bars = shows and sys.stderr.isatty()
    lines = Lines(say if shows and not bars else logs.note, _every_s() if every_s is None else every_s)
    with lines.running(), _bars() if bars else nullcontext() as bar:

        def report(what: str, done: int, total: int | None) -> None:
            lines.report(what, done, total)
            if bar is not None:
                bar(what, done, total)

        yield report
    for what, seconds in lines.spent_s.items():
        detail(f"time: {span(seconds)} {what}")


def _every_s() -> float:
    given = os.environ.get("SIGHTSOUND_PROGRESS_S") or "30"
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise BenchError(f"SIGHTSOUND_PROGRESS_S is {given!r}; give seconds from line to line, e.g. 30")
    return seconds


@contextmanager
def _bars() -> Iterator[Report]:
    """A bar a stage on standard error; that of a single step, as of loading, is there while the step lasts."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    known: dict[str, Any] = {}

    def report(what: str, done: int, total: int | None) -> None:
        if what not in known:
            known[what] = bars.add_task(what, total=total)
        bars.update(known[what], completed=done, total=total, visible=not done == total == 1)

    with bars:
        yield report
