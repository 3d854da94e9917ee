"""Run folders and the output journal. Every file appears whole or not at all."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from sightsound.bench.core import heartbeat, locks
from sightsound.bench.core.console import called, shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.core.types import Output

NOT_THERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM)
"""What network shares and mounted object stores say of `chmod` and `fsync`, which they do not have."""
COMPUTED = ("=", "+", "-", "@")  # what a spreadsheet takes for a formula
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
LOCK = ".lock"  # in a run folder
SHARDS = "shards"  # folder in a run folder, of processes that make a part of the run each
TEMPORARY = ".part-"  # prefix of files that a kill may leave behind


def slug(label: str) -> str:
    """A folder name for a system's label; labels with odd characters keep apart by a digest."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", label.replace(":", "."))
    if plain == label.replace(":", ".") and not plain.startswith("."):
        return plain
    return f"{plain[:60].lstrip('.')}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"


@contextmanager
def suppressed(numbers: Collection[int]) -> Iterator[None]:
    """What a file system does not offer is left out: an OSError of one of these `numbers` ends the block only."""
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with suppressed(NOT_THERE):  # on a share whose server says who may do what
            temporary.chmod(0o644)
        with temporary.open("rb") as written, suppressed(NOT_THERE):
            os.fsync(written.fileno())  # else a power cut may leave the new name with no bytes
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole file at once."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def locked(folder: Path, *, reading: bool = False) -> Iterator[None]:
    """Hold the run folder; BenchError when another process holds it.

    `reading`: nothing will be written, so a folder of somebody else's that cannot be locked is read all the same.
    """
    if reading and not os.access(folder, os.W_OK):
        yield
        return
    try:
        remedy = locks.CACHE_REMEDY if folder in called else "give another --out"  # of a URI, it is in the cache
        with locks.hold(folder / LOCK, wait=False, remedy=remedy):
            if who := heartbeat.at_work_elsewhere(folder):  # a disk may keep a lock from all but its own host
                raise BenchError(
                    f"{shown(folder)}: another bench is at work in it, {who}; wait for it or give --out"
                )
            yield
    except locks.BusyError as error:
        who = error.holder or "; wait for it or give --out"
        raise BenchError(f"{shown(folder)}: another bench is at work in it{who}") from error


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Read, change and write a file while nobody else does; a second process waits."""
    with locks.hold(path.with_name(f".{path.name}.lock"), remedy="name a file in a folder that can be written"):
        yield


def read_plan(folder: Path) -> dict[str, Any] | None:
    """What the run folder was made for, or None for a folder without a run."""
    path = folder / "run.json"
    if not path.is_file():
        return None
    try:
        plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BenchError(f"{path}: is not JSON ({error}); remove the folder or give another --out") from error
    return plan


def refuse_foreign(folder: Path, what: str = "run") -> None:
    """BenchError where a folder without a run (`what`) holds something else than locks and shards of one."""
    ours = (LOCK, LOCK + locks.STANDS_FOR, SHARDS)
    if folder.is_dir() and any(item.name not in ours for item in folder.iterdir()):
        raise BenchError(f"{shown(folder)}: is not empty and holds no {what}; give another --out")


def split_called(plan: Mapping[str, Any]) -> str:
    """What the split of a plan, or of what a command said, is called: a folder, which has another path or URI on
    another host, by its name. Whether it is the same is for its hash to tell."""
    return PurePath(str(plan.get("split"))).name


def claim(folder: Path, plan: dict[str, Any]) -> None:
    """Make `folder` the run folder of `plan`, or go on with it; BenchError where it holds another run."""
    sweep(folder)
    have = read_plan(folder)
    if have is None:
        refuse_foreign(folder)
        write_text(folder / "run.json", json.dumps(plan, indent=1, sort_keys=True) + "\n")
        return
    fixed = ("task", "split_hash", "seed", "limit", "against")
    other = [f"split {have.get('split')!r}"] if split_called(have) != split_called(plan) else []
    if other := other + [f"{key} {have.get(key)!r}" for key in fixed if have.get(key) != plan.get(key)]:
        raise BenchError(f"{shown(folder)}: holds a run with {', '.join(other)}; give another --out")
    write_text(folder / "run.json", json.dumps(plan, indent=1, sort_keys=True) + "\n")


def sweep(folder: Path) -> None:
    """Remove what a killed run left half-written in a folder."""
    for left in folder.glob(f"{TEMPORARY}*"):
        if left.is_file() and not left.is_symlink():
            left.unlink()


class Journal:
    """The outputs of one system: `outputs.jsonl` beside the folder `outputs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "outputs.jsonl"

    def read(self) -> dict[str, Output]:
        """The last record of each example. A line that a kill cut off is not there."""
        if not self.path.is_file():
            return {}
        found: dict[str, Output] = {}
        for line in self.path.read_bytes().split(b"\n")[:-1]:
            try:
                record = Output(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise BenchError(f"{self.path}: a line is not an output record; remove the folder") from error
            found[record.id] = record
        return found

    def append(self, outputs: Iterable[Output]) -> None:
        """Add records in one write that has reached the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(asdict(output), sort_keys=True) + "\n" for output in outputs)
        with self.path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a kill cut the last line off: write over what is left of it
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write(lines.encode())
            file.flush()
            with suppressed(NOT_THERE):
                os.fsync(file.fileno())

    def sweep(self) -> None:
        """Remove what a killed run left half-written."""
        sweep(self.folder)
        sweep(self.folder / "outputs")


def write_csv(path: Path, columns: Sequence[str], lines: Iterable[Mapping[str, str]]) -> None:
    """Write a table of texts at once. No cell of it is taken for a formula by a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(line[name]) for name in columns} for line in lines)
    write_text(path, buffer.getvalue())


def cell(text: str) -> str:
    """Text from outside as a cell: on one line, and with an apostrophe before what a spreadsheet would compute."""
    plain = printable(text)
    return f"'{plain}" if _computed(plain) else plain


def guarded(text: str) -> str:
    """A text as it is, line breaks and all, but for an apostrophe before what a spreadsheet would compute; a
    number keeps its sign.

    >>> guarded("=1+1"), guarded("-0.5"), uncell(guarded("@home")), uncell(guarded("'=1"))
    ("'=1+1", '-0.5', '@home', "'=1")
    """
    return f"'{text}" if _computed(text) and not _NUMBER.fullmatch(text) else text


def uncell(text: str) -> str:
    """The text that `cell` or `guarded` made a cell of."""
    return text[1:] if text.startswith("'") and _computed(text[1:]) else text


def _computed(text: str) -> bool:
    """Whether a spreadsheet computes it, apostrophes before it aside: else one of its own would not come back."""
    return text.lstrip("'").startswith(COMPUTED)
