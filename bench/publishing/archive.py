"""A submission from outside, opened: nothing in it is trusted, executed or unpickled."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from sightsound.bench.assets.unpack import unpack_all
from sightsound.bench.core import registry, results, scores
from sightsound.bench.core.errors import BenchError, SeveralErrors
from sightsound.bench.core.faults import one_line
from sightsound.bench.publishing import card as cards
from sightsound.bench.publishing.card import SystemCard
from sightsound.bench.publishing.pack import FORMAT, MANIFEST, PLAN

if TYPE_CHECKING:
    import pandas as pd

MOST_BYTES = 2 << 30
"""Of an archive, and of what is in it."""
RATIO = 20  # times its own size that an archive may unpack to; the features of a run hardly pack at all
FLOOR_BYTES = 1 << 26
MOST_FILES = 5000
TEXT_BYTES = 1 << 24  # of a file that is read as text or a table
MOST_LINES = 5_000_000  # of values by example; a table of them may pack a million equal lines in a few bytes
_SLUG = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAMES = re.compile(
    rf"manifest\.json|card\.json|run\.json|rows\.csv|scores\.parquet|provenance/{_SLUG}|outputs/{_SLUG}\.jsonl"
    rf"|features/{_SLUG}\.safetensors|features/outputs\.json"
)
NEEDED = (MANIFEST, "card.json", "run.json", "rows.csv", scores.NAME)


@dataclass(frozen=True)
class Submission:
    """What an archive says."""

    path: Path
    """The archive."""
    sha256: str
    """Of its bytes."""
    place: Path
    """The folder that it was unpacked into, for as long as it is open."""
    card: SystemCard
    """Who hands in what."""
    plan: Mapping[str, Any]
    """What was run."""
    rows: pd.DataFrame
    """As `results.read` gives them."""
    scores: pd.DataFrame
    """As `scores.read` gives them."""


@contextmanager
def opened(path: Path) -> Iterator[Submission]:
    """The submission in an archive, its digests, names, sizes and schemas checked.

    Raises BenchError, one line, for whatever is not as `bench submit` makes it.
    """
    _look(path)
    with TemporaryDirectory(prefix="sightsound-") as scratch:
        place = Path(scratch)
        limit = min(MOST_BYTES, max(FLOOR_BYTES, RATIO * path.stat().st_size))
        unpack_all(path, place, limit)
        _digests(path, place)
        try:
            yield _read(path, place)
        except BenchError as error:
            # the folder is gone when the line is read: name the archive
            lines = [line.replace(f"{place}/", f"{path}: ") for line in error.lines]
            lines = [line if str(path) in line else f"{path}: {line}" for line in lines]
            raise SeveralErrors([BenchError(line) for line in lines]) from error


def _look(path: Path) -> None:
    """What can be said before anything is unpacked."""
    if not path.is_file():
        raise BenchError(f"{path}: no such archive")
    if path.stat().st_size > MOST_BYTES:
        raise BenchError(f"{path}: larger than {MOST_BYTES >> 30} GiB, the most that is taken; leave out features")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BenchError(f"{path}: is no zip archive of `bench submit` ({one_line(error)})") from error
    if len(members) > MOST_FILES:
        raise BenchError(f"{path}: holds {len(members):,} files, and {MOST_FILES:,} are the most that are taken")
    names = [member.filename for member in members]
    if odd := [name for name in names if not _NAMES.fullmatch(name) or ".." in name]:
        raise BenchError(f"{path}: holds {odd[0][:120]!r}, which no submission has")
    if len(set(names)) < len(names):
        raise BenchError(f"{path}: holds {max(names, key=names.count)} twice")
    if missing := [name for name in NEEDED if name not in names]:
        raise BenchError(f"{path}: lacks {', '.join(missing)}; `bench submit` makes such archives")
    for member in members:
        if member.file_size > TEXT_BYTES and not member.filename.endswith((".safetensors", ".parquet")):
            raise BenchError(f"{path}: {member.filename} has {member.file_size:,} bytes; refused")


def _digests(path: Path, place: Path) -> None:
    listed = _json(place / MANIFEST)
    if listed.get("format") != FORMAT:
        raise BenchError(f"{path}: is of format {listed.get('format')!r:.20}, and this version reads {FORMAT}")
    files = listed.get("files")
    files = files if isinstance(files, dict) else {}
    there = {file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()} - {MANIFEST}
    if odd := sorted(there ^ set(files)):
        raise BenchError(f"{path}: {odd[0][:120]} is {'not in its manifest' if odd[0] in there else 'not in it'}")
    for name in sorted(there):
        told = files[name]
        if not isinstance(told, dict) or told.get("sha256") != _sha256(place / name):
            raise BenchError(f"{path}: {name} is not the file that its manifest names; it was changed or damaged")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path, place: Path) -> Submission:
    plan = _json(place / "run.json")
    if odd := [name for name in plan if name not in PLAN]:
        raise BenchError(f"run.json: has {odd[0][:80]!r}, which no run has")
    labels = plan.get("systems")
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise BenchError("run.json: names no systems")
    rows = results.read(place / "rows.csv")
    _refuse_rows(rows, labels, plan)
    values = _scores(place / scores.NAME, labels, plan)
    return Submission(
        path, _sha256(path), place, cards.of(_json(place / "card.json"), "card.json"), plan, rows, values
    )


def _refuse_rows(rows: pd.DataFrame, labels: list[str], plan: Mapping[str, Any]) -> None:
    """Rows that no submission has: published figures, reference rows, those of another run."""
    if rows.empty:
        raise BenchError("rows.csv: has no row")
    references = {name for name, card in registry.model_cards().items() if card.reference}
    for row in results.rows(rows):
        where = f"rows.csv: {row.metric} of {results.label(row)}"
        if row.source != "measured" or row.measured_by:
            raise BenchError(f"{where}: is no row that the submitter measured")
        if row.model in references:
            raise BenchError(f"{where}: reference rows are everybody's own, and are not handed in")
        if results.label(row) not in labels or row.task != plan.get("task") or row.seed != plan.get("seed"):
            raise BenchError(f"{where}: is not of the run that run.json names")


def _scores(path: Path, labels: list[str], plan: Mapping[str, Any]) -> pd.DataFrame:
    """The values by example, looked at before they are made a table: a small file may pack a very large one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MOST_LINES or file.metadata.num_columns > 2 * len(scores.COLUMNS):
            raise BenchError(f"{path.name}: has {file.metadata.num_rows:,} lines; refused")
        texts = [name for name in scores.COLUMNS if name not in ("seed", "value", "weight", "by_clip", "n")]
        table = pq.read_table(path, read_dictionary=texts)
        if odd := [field.name for field in table.schema if field.name in texts and not _is_text(field.type)]:
            raise BenchError(f"{path.name}: {odd[0]} holds no texts")
        for name in texts:
            for chunk in table[name].chunks if name in table.column_names else ():
                if any(len(str(text)) > 1000 for text in chunk.dictionary.to_pylist()):
                    raise BenchError(f"{path.name}: {name} holds a text of over 1000 characters")
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise BenchError(f"{path.name}: is no Parquet table ({one_line(error)})") from error
    values = scores.read(path)
    numbers = values[["value", "weight"]].to_numpy()
    if (
        numbers.dtype.kind not in "fiu"
        or not np.isfinite(numbers.astype(float)).all()
        or (values["weight"] < 0).any()
    ):
        raise BenchError(f"{path.name}: holds a value that is no finite number")
    label = (values["model"] + ":" + values["variant"]).str.rstrip(":")
    if not label.isin(labels).all() or set(values["task"]) - {plan.get("task")}:
        raise BenchError(
            f"{path.name}: has values of {sorted(set(label) - set(labels))[:1]}, of which there is no row"
        )
    return values


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(
        types.is_dictionary(kind) and (types.is_string(kind.value_type) or types.is_large_string(kind.value_type))
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BenchError(f"{path.name}: is no JSON ({one_line(error)})") from error
    if not isinstance(found, dict):
        raise BenchError(f"{path.name}: is no JSON object")
    return found
