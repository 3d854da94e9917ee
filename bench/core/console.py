"""What a person sees of any command: plain tables on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.core.faults import printable

if TYPE_CHECKING:
    import pandas as pd

NO_VALUE = "–"


def say(text: str) -> None:
    """One line to the user, on standard error, without control characters."""
    print(printable(text), file=sys.stderr)


def shown(path: Path) -> str:
    """A path as the user would write it: relative where it lies below the working folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(path)


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
    """A plain table."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for line in lines:
        table.add_row(*map(Text, line))
    print_table(table)


def number(value: float, digits: int = 4) -> str:
    """A value as people write it: so many significant digits, and no digits of rounding errors."""
    if math.isnan(value):
        return NO_VALUE
    return "0" if abs(value) < 1e-9 else f"{value:#.{digits}g}".rstrip(".")


def print_table(table: Any) -> None:
    from rich.console import Console

    # Into a file or a pipe a table is as wide as it needs; on a terminal it folds to the terminal.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar a piece of work on standard error, told by report(what, done, total)."""
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
        bars.update(known[what], completed=done, total=total)

    with bars:
        yield report
