"""CSV as people save it: with a byte order mark, `;` or tabs, UTF-16, cells of any length. A reader and a writer.

What one writes the other reads back to the character, bare carriage returns included. No encoding is guessed:
Unicode by its mark, else UTF-8, else one line that names the byte.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from sightsound.bench.core.files import open_regular
from sightsound.bench.core.store import guarded
from sightsound.bench.splits.media.errors import SplitError

MAX_BYTES = 512 << 20  # of a table
DELIMITERS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

csv.field_size_limit(MAX_BYTES)  # for the whole process: a cell may hold a whole description


class TableError(SplitError):
    """A table that cannot be read; the message names the file and what is wrong."""


def text(path: Path) -> str:
    """The text of a file in UTF-8 or another Unicode with its mark. Raises TableError for anything else."""
    try:
        with open_regular(path) as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(raw) > MAX_BYTES:
        raise TableError(f"{path}: more than {MAX_BYTES >> 20} MiB; no table is so long")
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        what = f"byte 0x{raw[error.start] if error.start < len(raw) else 0:02x} in line {line}"
        raise TableError(f"{path}: is not {encoding} ({what}); save it as UTF-8") from error


def lines(path: Path, must_have: Sequence[str] = (), loose: bool = False) -> list[list[str]]:
    """The rows of a CSV file as lists of cells, the header first, empty lines left out.

    Of `DELIMITERS` the first that gives a header with all of `must_have`, else the one with which the header has
    most cells. `loose` drops blanks behind a delimiter and takes quotes that do not end. Raises TableError for
    what is no CSV.
    """
    whole = text(path)
    try:
        headers = {mark: [cell.strip() for cell in _first(whole, mark)] for mark in DELIMITERS}
        fits = [mark for mark in DELIMITERS if must_have and set(must_have) <= set(headers[mark])]
        mark = fits[0] if fits else max(DELIMITERS, key=lambda each: len(headers[each]))
        table = csv.reader(
            io.StringIO(whole, newline=""), delimiter=mark, strict=not loose, skipinitialspace=loose
        )
        return [row for row in table if row]
    except csv.Error as error:
        raise TableError(f"{path}: cannot be read as CSV ({error}); save it again as CSV in UTF-8") from error


def records(path: Path, must_have: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows by the header's names, blanks around names and cells taken off; cells that lack are empty.

    Raises TableError for what is no CSV, and for a header without `must_have` or with a name twice.
    """
    header, *rows = lines(path, must_have, loose=True) or [[]]
    names = [name.strip() for name in header]
    if lacking := [name for name in must_have if name not in names]:
        raise TableError(
            f"{path}: has no column {', '.join(lacking)}; its columns are {', '.join(names) or 'none'}"
        )
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise TableError(f"{path}: has the column {twice[0]} twice; leave one")
    blank = [""] * len(names)
    return [dict(zip(names, [cell.strip() for cell in [*row, *blank]], strict=False)) for row in rows]


def safe(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """The rows with an apostrophe before what a spreadsheet would compute; `store.uncell` takes it off."""
    return [[guarded(cell) for cell in row] for row in rows]


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file in UTF-8 with `\\n` at the ends of lines.

    A row with a carriage return has all its cells quoted, or readers would take it for an end. Raises TableError
    for text that no encoding can hold (a lone surrogate).
    """
    whole = io.StringIO(newline="")
    for row in (columns, *rows):
        odd = any("\r" in cell for cell in row)
        csv.writer(whole, lineterminator="\n", quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL).writerow(row)
    try:
        path.write_bytes(whole.getvalue().encode("utf-8"))
    except UnicodeEncodeError as error:
        around = error.object[max(0, error.start - 30) : error.start]
        raise TableError(
            f"{path}: a text holds half a character (U+{ord(error.object[error.start]):04X}) after {around!r}; "
            f"mend the text that it comes from"
        ) from error


def _first(whole: str, mark: str) -> list[str]:
    """The cells of the header under a delimiter; none where it is not to be read so."""
    try:
        return next(filter(None, csv.reader(io.StringIO(whole[: 1 << 16], newline=""), delimiter=mark)), [])
    except csv.Error:
        return []
