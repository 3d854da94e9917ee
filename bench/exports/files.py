"""Rows as files: CSV that a spreadsheet may open, Parquet, and any export's text at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.core import results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import of_machine

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """A place that cannot be written ends the block with one line that names it."""
    try:
        yield
    except OSError as error:
        if of_machine(error):
            raise
        raise BenchError(f"{path}: cannot be written ({error.strerror or error}); name another --out") from error


def text(made: str, out: Path | None) -> None:
    """Print a text, or write it to `out` at once."""
    if out is None:
        print(made, end="" if made.endswith("\n") else "\n")
        return
    file(out, lambda path: path.write_text(made, encoding="utf-8"))


def file(out: Path, write: Callable[[Path], object]) -> None:
    """Write a file at once: `write` gets a temporary path of the same ending."""
    with writable(out):
        if out.is_dir():
            raise BenchError(f"{out}: is a folder; name a file for --out")
        with store.atomic(out) as temporary:
            write(temporary)


def parquet(rows: pd.DataFrame, out: Path) -> None:
    """The rows in the schema of docs/results.md as a Parquet table; texts as they are."""
    ordered = rows[list(results.COLUMNS)].sort_values(list(results.KEY), kind="stable", ignore_index=True)
    file(out, lambda path: ordered.to_parquet(path, engine="pyarrow", compression="zstd", index=False))
