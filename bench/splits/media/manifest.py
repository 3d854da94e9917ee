"""The table that a split is: one row an example, with relative paths and the sha256 of each file.

The content hash is over ids, groups, texts and `source`, which holds the sha256 of the ORIGINAL files and the cut.
Derived files are left out of it, so that two machines whose decoders differ in the last bit agree on the split;
their own sha256 are what a run holds the files to. A file of which `source` tells no sha256 is in the hash itself.
Columns may stand in any order, those that are empty may lack; `instruction` is written only where there is one.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightsound.bench.assets.digests import Memory
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.files import sha256, stays_inside
from sightsound.bench.core.store import uncell
from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.errors import SplitError

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
_KNOWN = (*COLUMNS, INSTRUCTION)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
MAX_ID = 150  # characters; ids become file names


@dataclass(frozen=True)
class Row:
    """One example and where its pieces came from."""

    example: Example
    """Its paths lie in the split's folder."""
    source: str
    """`piece=path@start+seconds sha256:...; piece=...`: original files, their hash and the cut."""


@dataclass(frozen=True)
class Table:
    """A manifest that was read."""

    examples: list[Example]
    """Sorted by id, with absolute paths."""
    hash: str
    """The content hash, in hex."""
    digests: dict[Path, str]
    """sha256 of every file of the examples, by absolute path: what a later stage must find when it reads one."""
    contents: dict[str, dict[str, str]]
    """Example id -> field -> what tells its content: the sha256 of a file's original, else of the file; a text."""


def is_id(text: str) -> bool:
    """Whether a text can be an id: a plain file name everywhere."""
    return bool(_ID.fullmatch(text)) and ".." not in text and len(text) <= MAX_ID


def check_id(example_id: str, where: str = "") -> str:
    """The id itself. Raises SplitError for one, found in `where`, that could not be a file name everywhere."""
    if not is_id(example_id):
        place = f"{where}: " if where else ""
        raise SplitError(
            f"{place}the id {example_id[:80]!r} is refused: an id is letters, digits, '_', '-' and "
            f"single dots inside"
        )
    return example_id


def write(folder: Path, rows: Iterable[Row]) -> str:
    """Write `manifest.csv` into `folder`, sorted by id; returns the content hash.

    Raises SplitError for an id that is refused or there twice, and for a path outside the folder.
    """
    records = sorted((_record(folder, row) for row in rows), key=lambda record: record["id"])
    _check_ids([record["id"] for record in records], str(folder))
    columns = (*COLUMNS, *([INSTRUCTION] if any(record[INSTRUCTION] for record in records) else []))
    lines = tables.safe([record[name] for name in columns] for record in records)
    tables.write(folder / NAME, columns, lines)
    return content_hash(records)


def as_they_are(folder: Path, examples: Iterable[Example]) -> list[Row]:
    """Rows of examples whose files are no cuts of others: the source of a file is the file itself."""
    rows = []
    for example in examples:
        files = {name: path for name in FILES if (path := getattr(example, name)) is not None}
        for name, path in files.items():
            if not path.is_file():
                raise SplitError(f"{example.id}: {name} {path} is no file")
        told = (f"{name}={path.name} sha256:{sha256(path)}" for name, path in files.items())
        rows.append(Row(example, "; ".join(told)))
    return rows


def read(folder: Path) -> tuple[list[Example], str]:
    """The examples by id, with absolute paths, and the content hash. Raises what `load` raises."""
    table = load(folder)
    return table.examples, table.hash


def load(folder: Path) -> Table:
    """The manifest of a folder, read.

    The sha256 of files are those that it tells; where it tells none they are computed, and remembered by size,
    times and inode. Raises SplitError for a manifest that is missing or damaged, and for a file that is missing;
    contents are looked at by `verify` and by those who read the files.
    """
    records = _records(folder)
    examples = [_example(folder, record) for record in records]
    memory = Memory(cache_dir() / "splits" / ".digests" / f"{hashlib.sha256(bytes(folder)).hexdigest()[:16]}.json")
    digests: dict[Path, str] = {}
    for record, example in zip(records, examples, strict=True):
        for name in FILES:
            path: Path | None = getattr(example, name)
            if path is not None:
                record[f"{name}_sha256"] = record[f"{name}_sha256"] or _computed(memory, path)
                if digests.setdefault(path, record[f"{name}_sha256"]) != record[f"{name}_sha256"]:
                    raise SplitError(f"{folder / NAME}: tells two different sha256 of {record[name]}; leave one")
    memory.keep()
    return Table(examples, content_hash(records), digests, {each["id"]: _contents(each) for each in records})


def _computed(memory: Memory, path: Path) -> str:
    try:
        return memory.sha256(path)
    except OSError as error:
        raise SplitError(f"{path}: cannot be read ({error.strerror or error}); make it readable") from error


def named(folder: Path) -> tuple[list[Example], set[str]]:
    """The examples of a manifest whose files may not be there yet, and the files as it writes them.

    Raises what `load` raises for the manifest alone.
    """
    records = _records(folder)
    files = {record[name] for record in records for name in FILES if record[name]}
    return [_example(folder, record, there=False) for record in records], files


def verify(folder: Path) -> list[str]:
    """What is wrong with the files, a line each; empty where every one is as it was when the split was built.

    Raises SplitError for a manifest that cannot be read at all.
    """
    expected: dict[str, str] = {}
    problems: list[str] = []
    for record in _records(folder):
        for name in FILES:
            if record[name]:
                told = expected.setdefault(record[name], record[f"{name}_sha256"])
                if told != record[f"{name}_sha256"]:
                    problems.append(f"{record['id']}: {record[name]} has two different sha256 in the manifest")
    for path, told in sorted(expected.items()):
        file = _inside(folder, path)
        try:
            if not _is_there(file):
                problems.append(f"{path}: missing")
            elif sha256(file) != told and told:
                problems.append(f"{path}: changed since the split was built")
        except OSError as error:
            problems.append(f"{path}: cannot be read ({error.strerror or error})")
    return problems


def content_hash(records: Sequence[dict[str, str]]) -> str:
    """Hex sha256 of ids, groups, texts and sources, in the order of ids; instructions where there are any, and the
    sha256 of files whose original `source` does not pin."""
    fields = ("id", "group", *TEXTS, "source")
    lines = [
        json.dumps(
            [record[name] for name in fields]
            + [record.get(INSTRUCTION, "")] * bool(record.get(INSTRUCTION))
            + [
                f"{name}:{record[f'{name}_sha256']}"
                for name in FILES
                if record[name] and not _original(record, name)
            ]
        )
        for record in records
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _contents(record: dict[str, str]) -> dict[str, str]:
    """What tells the content of each file and text of an example; an emotion is a class and no content."""
    files = {name: _original(record, name) or record[f"{name}_sha256"] for name in FILES if record[name]}
    texts = {
        name: " ".join(record[name].split()).casefold() for name in TEXTS if record[name] and name != "emotion"
    }
    return files | texts


def _original(record: dict[str, str], name: str) -> str:
    """The sha256 of the original of that file, as `source` tells it; empty where it doesn't."""
    found = re.search(rf"(?:^|; ){name}=[^;]*?sha256:([0-9a-f]{{64}})", record["source"])
    return found[1] if found else ""


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
            record[f"{name}_sha256"] = sha256(_inside(folder, record[name]))
    return record


def _records(folder: Path) -> list[dict[str, str]]:
    """The rows with every column of `COLUMNS` and `INSTRUCTION`, in the order of ids; without a `group` each row
    is a group of its own."""
    path = folder / NAME
    try:
        header, *rows = tables.lines(path, ("id",)) or [[]]
    except SplitError as error:
        raise SplitError(f"{error}{_remedy(folder)}") from error
    columns = [name.strip() for name in header]
    _check_columns(columns, path)
    records = []
    for number, row in enumerate(rows, 2):
        if len(row) != len(columns):
            raise SplitError(
                f"{path}: row {number} has {len(row)} cells where the header has {len(columns)}{_remedy(folder)}"
            )
        record = dict.fromkeys(_KNOWN, "") | dict(zip(columns, map(uncell, row), strict=True))
        if "group" not in columns:
            record["group"] = record["id"]
        for name in FILES:
            told = record[f"{name}_sha256"] = record[f"{name}_sha256"].strip().lower()
            if told and not _SHA256.fullmatch(told):
                raise SplitError(f"{path}: row {number}: {name}_sha256 {told[:80]!r} is no sha256 (64 hex digits)")
        records.append(record)
    _check_ids([record["id"] for record in records], str(path))
    return sorted(records, key=lambda record: record["id"])


def _check_columns(columns: Sequence[str], path: Path) -> None:
    """Raise SplitError for a header without ids, with a name twice, or with one that looks misspelt.

    Other columns of the user's own do not count.
    """
    if "id" not in columns or not set(columns) & {*FILES, *TEXTS}:
        have = ", ".join(columns)[:200] or "none"
        raise SplitError(
            f"{path}: its columns ({have}) are not those of a manifest: id and any of "
            f"{', '.join((*FILES, *TEXTS))}{_remedy(path.parent)}"
        )
    absent = [name for name in _KNOWN if name not in columns]
    for name in columns:
        if name in _KNOWN and columns.count(name) > 1:
            raise SplitError(f"{path}: has the column {name!r} twice; leave one")
        if name not in _KNOWN and (near := difflib.get_close_matches(name.lower(), absent, 1, 0.8)):
            raise SplitError(f"{path}: has no column {name!r}; did you mean {near[0]}?")


def _remedy(folder: Path) -> str:
    """What to do about a damaged folder: one that we made may go, the user's own never."""
    if folder.resolve().is_relative_to((cache_dir() / "splits").resolve()):
        return f"; delete {folder} to rebuild it"
    return ""


def _check_ids(ids: list[str], where: str) -> None:
    seen: set[str] = set()
    for example_id in ids:
        # file systems that ignore case would take `a` and `A` for one output
        if check_id(example_id, where).lower() in seen:
            raise SplitError(f"{where}: the id {example_id!r} is there twice")
        seen.add(example_id.lower())


def _example(folder: Path, record: dict[str, str], *, there: bool = True) -> Example:
    files = {name: _inside(folder, record[name]) for name in FILES if record[name]}
    for path in files.values():
        if there and not _is_there(path):
            raise SplitError(f"{path}: missing from the split{_remedy(folder)}")
    texts = {name: record[name] for name in (*TEXTS, INSTRUCTION) if record.get(name)}
    return Example(id=record["id"], group=record["group"] or record["id"], **files, **texts)  # type: ignore[arg-type]


def _inside(folder: Path, path: str) -> Path:
    """The absolute path of a manifest's entry. Raises SplitError for one that leads out of the folder."""
    pure, root = PurePosixPath(path), folder.resolve()
    whole = root / pure
    try:
        odd = pure.is_absolute() or ".." in pure.parts or bool(set("\\\0") & set(path))
        if odd or not stays_inside(whole, root):
            raise SplitError(f"{folder / NAME}: the path {path[:200]!r} leads out of the split's folder")
    except (OSError, RuntimeError) as error:  # a name that is too long, links in a circle
        raise SplitError(f"{folder / NAME}: the path {path[:200]!r} cannot be followed ({error})") from error
    return whole


def _is_there(path: Path) -> bool:
    """Whether it is a regular file. Raises SplitError for one in a folder that cannot be looked into."""
    try:
        return path.is_file()
    except OSError as error:
        raise SplitError(f"{path}: cannot be looked at ({error.strerror or error}); make it readable") from error
