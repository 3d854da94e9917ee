"""The table that a split is: one row an example, with relative paths and the sha256 of each file.

The content hash is over ids, groups, texts and `source`, which holds the sha256 of the ORIGINAL files and the cut.
Derived files are left out of it, so that two machines whose decoders differ in the last bit agree on the split;
their own sha256 serve `verify`. The column `instruction` is there only in tables that have one.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.types import Example

NAME = "manifest.csv"
FILES = ("image", "video", "audio", "reference_image")
TEXTS = ("caption", "story", "lyrics", "emotion", "reference_text")
COLUMNS = (
    *("id", "group"),
    *(column for name in FILES[:3] for column in (name, f"{name}_sha256")),
    *TEXTS[:4],
    *("reference_image", "reference_image_sha256", "reference_text", "source"),
)
INSTRUCTION = "instruction"
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
MAX_ID = 150  # characters; ids become file names


class SplitError(BenchError):
    """A split that cannot be built, read or used."""


@dataclass(frozen=True)
class Row:
    """One example and where its pieces came from."""

    example: Example
    """Its paths lie in the split's folder."""
    source: str
    """`piece=path@start+seconds sha256:...; piece=...`: original files, their hash and the cut."""


def is_id(text: str) -> bool:
    """Whether a text can be an id: a plain file name everywhere."""
    return bool(_ID.fullmatch(text)) and ".." not in text and len(text) <= MAX_ID


def check_id(example_id: str) -> str:
    """The id itself. Raises SplitError for one that could not be a plain file name everywhere."""
    if not is_id(example_id):
        raise SplitError(
            f"the id {example_id[:80]!r} is refused: an id is letters, digits, '_', '-' and single dots inside"
        )
    return example_id


def write(folder: Path, rows: Iterable[Row]) -> str:
    """Write `manifest.csv` into `folder`, sorted by id; returns the content hash.

    Raises SplitError for an id that is refused or there twice, and for a path outside the folder.
    """
    records = sorted((_record(folder, row) for row in rows), key=lambda record: record["id"])
    _check_ids([record["id"] for record in records], str(folder))
    columns = (*COLUMNS, *([INSTRUCTION] if any(record[INSTRUCTION] for record in records) else []))
    with (folder / NAME).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    return content_hash(records)


def as_they_are(folder: Path, examples: Iterable[Example]) -> list[Row]:
    """Rows of examples whose files are no cuts of others: the source of a file is the file itself."""
    rows = []
    for example in examples:
        files = {name: path for name in FILES if (path := getattr(example, name)) is not None}
        for name, path in files.items():
            if not path.is_file():
                raise SplitError(f"{example.id}: {name} {path} is no file")
        told = (f"{name}={path.name} sha256:{file_sha256(path)}" for name, path in files.items())
        rows.append(Row(example, "; ".join(told)))
    return rows


def read(folder: Path) -> tuple[list[Example], str]:
    """The examples by id, with absolute paths, and the content hash.

    Raises SplitError for a manifest that is missing or damaged, and for a file that is missing; contents are
    looked at by `verify` only.
    """
    records = _records(folder)
    return [_example(folder, record) for record in records], content_hash(records)


def verify(folder: Path) -> list[str]:
    """What is wrong with the files, a line each; empty where every one is as it was when the split was built.

    Raises SplitError for a manifest that cannot be read at all.
    """
    expected: dict[str, str] = {}
    problems: list[str] = []
    for record in _records(folder):
        for name in FILES:
            if record[name]:
                expected.setdefault(record[name], record[f"{name}_sha256"])
                if expected[record[name]] != record[f"{name}_sha256"]:
                    problems.append(f"{record['id']}: {record[name]} has two different sha256 in the manifest")
    for path, sha256 in sorted(expected.items()):
        file = _inside(folder, path)
        if not file.is_file():
            problems.append(f"{path}: missing")
        elif file_sha256(file) != sha256:
            problems.append(f"{path}: changed since the split was built")
    return problems


def content_hash(records: Sequence[dict[str, str]]) -> str:
    """Hex sha256 of ids, groups, texts and sources, in the order of ids; instructions where there are any."""
    fields = ("id", "group", *TEXTS, "source")
    lines = [
        json.dumps(
            [record[name] for name in fields] + [record.get(INSTRUCTION, "")] * bool(record.get(INSTRUCTION))
        )
        for record in records
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _record(folder: Path, row: Row) -> dict[str, str]:
    example = row.example
    record = {"id": check_id(example.id), "group": example.group, "source": row.source}
    record |= {name: getattr(example, name) or "" for name in (*TEXTS, INSTRUCTION)}
    for name in FILES:
        path: Path | None = getattr(example, name)
        record[name] = record[f"{name}_sha256"] = ""
        if path is not None:
            if not path.is_relative_to(folder):
                raise SplitError(f"{example.id}: {name} {path} is not in the split's folder {folder}")
            record[name] = path.relative_to(folder).as_posix()
            record[f"{name}_sha256"] = file_sha256(_inside(folder, record[name]))
    return record


def _records(folder: Path) -> list[dict[str, str]]:
    path = folder / NAME
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, strict=True)
            columns = tuple(table.fieldnames or ())
            if columns not in (COLUMNS, (*COLUMNS, INSTRUCTION)):
                raise SplitError(f"{path}: its columns are not those of a manifest; delete {folder} to rebuild it")
            records = list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(f"{path}: cannot be read ({error}); delete {folder} to rebuild it") from error
    for line, record in enumerate(records, 2):
        if None in record or None in record.values():
            raise SplitError(f"{path}: row {line} has not {len(columns)} columns; delete {folder} to rebuild it")
    _check_ids([record["id"] for record in records], str(path))
    return records


def _check_ids(ids: list[str], where: str) -> None:
    seen: set[str] = set()
    for example_id in ids:
        # file systems that ignore case would take `a` and `A` for one output
        if check_id(example_id).lower() in seen:
            raise SplitError(f"{where}: the id {example_id!r} is there twice")
        seen.add(example_id.lower())


def _example(folder: Path, record: dict[str, str]) -> Example:
    files = {name: _inside(folder, record[name]) for name in FILES if record[name]}
    for path in files.values():
        if not path.is_file():
            raise SplitError(f"{path}: missing from the split; delete {folder} to rebuild it")
    texts = {name: record[name] for name in (*TEXTS, INSTRUCTION) if record.get(name)}
    return Example(id=record["id"], group=record["group"], **files, **texts)  # type: ignore[arg-type]


def _inside(folder: Path, path: str) -> Path:
    """The absolute path of a manifest's entry. Raises SplitError for one that leads out of the folder."""
    pure = PurePosixPath(path)
    resolved = (folder / pure).resolve()
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or not resolved.is_relative_to(folder.resolve()):
        raise SplitError(f"{folder / NAME}: the path {path!r} leads out of the split's folder")
    return resolved
