"""Captions by name: from a table (CSV, TSV), JSON lines, or a folder of .txt files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sightsound.bench.core import media
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import uncell
from sightsound.bench.folders.listing import single
from sightsound.bench.splits.media import formats

NAMES = ("file", "file_name", "filename", "name", "id", "path", "audio", "image", "video", "ytid")
"""Columns, in this order of preference, that name what a caption is of."""
TEXTS = ("caption", "text", "prompt", "description", "captions")
"""Columns that hold the caption."""
_MEDIA = frozenset(suffix for kind in ("audio", "image", "text") for suffix in formats.named_as(kind))


def read(source: Path) -> dict[str, str]:
    """Name -> caption. A name may have a suffix of a media file, which is dropped.

    BenchError for a file in none of the formats, without the columns, or with two captions of one name.
    """
    if source.is_dir():
        return {name: media.read_text(path).strip() for name, path in single(source, "text").items()}
    if not source.is_file():
        raise BenchError(f"--captions {source}: no such file or folder")
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BenchError(f"--captions {source}: is not text in UTF-8 (byte {error.start})") from error
    suffix = source.suffix.lower()
    if suffix in (".csv", ".tsv"):
        lines = csv.DictReader(text.splitlines(keepends=True), delimiter="\t" if suffix == ".tsv" else ",")
        plain = (
            {name: uncell(cell) if isinstance(cell, str) else cell for name, cell in line.items()}
            for line in lines
        )
        return _named(source, enumerate(plain, 2))
    if suffix in (".jsonl", ".json", ".ndjson"):
        return _named(source, _records(source, text))
    raise BenchError(f"--captions {source}: give a .csv, .tsv, .jsonl or a folder of .txt files")


def _records(source: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of JSON lines, or of one list, with the number of their line or place."""
    try:
        if text.lstrip().startswith("["):
            yield from enumerate(json.loads(text), 1)
            return
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield number, json.loads(line)
    except ValueError as error:
        raise BenchError(f"--captions {source}: is not JSON lines ({error})") from error


def _named(source: Path, records: Iterable[tuple[int, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, record in records:
        if not isinstance(record, Mapping):
            raise BenchError(f"--captions {source}: entry {number} is no object with a name and a caption")
        name, caption = _column(source, record, NAMES), _column(source, record, TEXTS)
        named = str(record[name] or "").strip()
        text = str(record[caption] or "").strip()
        if not named or not text:
            raise BenchError(f"--captions {source}: entry {number} has no {caption if named else name}")
        plain = Path(named)
        key = plain.with_suffix("").as_posix() if plain.suffix.lower() in _MEDIA else plain.as_posix()
        if found.setdefault(key, text) != text:
            raise BenchError(f"--captions {source}: entry {number} is a second caption of {key}; keep one")
    if not found:
        raise BenchError(f"--captions {source}: holds no caption")
    return found


def _column(source: Path, record: Mapping[str, Any], wanted: tuple[str, ...]) -> str:
    known = {str(key).strip().casefold(): str(key) for key in record if key is not None}
    if name := next((known[name] for name in wanted if name in known), None):
        return name
    raise BenchError(
        f"--captions {source}: has no column {wanted[0]} (or {', '.join(wanted[1:4])}); "
        f"it has {', '.join(sorted(known)) or 'none'}"
    )
