"""The user's own folder of media: found by the names that an index uses, archives in it read like folders."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from sightsound.bench.assets.unpack import unpack_all
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.formats import SUFFIXES, Kind
from sightsound.bench.splits.media.manifest import MAX_ID, SplitError, is_id

__all__ = ["Collector", "Media", "fingerprint", "plain_id"]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
# Media pack at about 1 to 1 and texts at 10 to 1; an archive of little may unpack to this much all the same.
LIMIT_RATIO = 20
LIMIT_FLOOR_BYTES = 64 << 20
RESERVE_BYTES = 1 << 30  # of the disk, never filled by unpacking
MAX_TABLE_BYTES = 512 << 20  # of an index
BATCH = 64  # rows of a parquet file at once: they hold pictures


class Media:
    """A user's folder and the archives in it, as one set of files.

    Links that lead out of the folder are not followed. Archives (`ARCHIVES`) are unpacked into `work`; an archive
    inside an archive is a plain file. Raises SplitError for a folder that is not there and AssetError for an
    archive that is broken, unsafe or a bomb.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        if not folder.is_dir():
            raise SplitError(f"--media {folder}: no such folder")
        self.folder = folder.resolve()
        found: dict[str, Path] = {}
        for relative, path in _files(self.folder):
            if stem := _archive_stem(path.name):
                inside = work / hashlib.sha256(relative.encode()).hexdigest()[:16]
                _unpack(path, inside)
                place = PurePosixPath(relative).parent / stem
                found |= {f"{place / name}".removeprefix("./"): member for name, member in _files(inside)}
            else:
                found[relative] = path
        ordered = sorted(found, key=lambda name: (name.count("/"), name))
        self._paths = {_plain(name): found[name] for name in ordered}
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for name in self._paths:
            last = PurePosixPath(name)
            self._by_name.setdefault(last.name, []).append(name)
            self._by_stem.setdefault(last.stem, []).append(name)

    def names(self, suffix: str = "") -> list[str]:
        """The files' relative paths, those nearest to the top first; of the given suffix (`.parquet`) alone."""
        return [name for name in self._paths if name.lower().endswith(suffix)]

    def path(self, name: str) -> Path:
        """The file of one of `names`."""
        return self._paths[name]

    def find(self, name: str, kind: Kind | None = None) -> Path | None:
        """The file that an index calls `name`, or None.

        By the exact relative path; else the end of a path; else the file's name; else its stem with another
        suffix, one of `kind` (of "audio" a video's too, last). Of several the one nearest to the top, then the
        first by name. `name` is looked up and never joined to a path, so it cannot lead anywhere.
        """
        exact = self._exact(name)
        if exact is not None:
            return exact
        wanted = PurePosixPath(_plain(name.replace("\\", "/")))
        order = SUFFIXES[kind] if kind else tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
        order += SUFFIXES["video"] if kind == "audio" else ()
        # A name without a suffix may hold a dot: Path("Mr. X").stem is "Mr".
        for stem in (wanted.stem, wanted.name):
            suffixes = {each: PurePosixPath(each).suffix.lower() for each in self._by_stem.get(stem, [])}
            fit = [each for each, suffix in suffixes.items() if suffix in order]
            if fit:
                return self._paths[min(fit, key=lambda each: order.index(suffixes[each]))]
        return None

    def _exact(self, name: str) -> Path | None:
        wanted = PurePosixPath(_plain(name.replace("\\", "/")))
        if wanted.is_absolute() or ".." in wanted.parts or not wanted.name:
            return None
        same = self._by_name.get(wanted.name, [])
        ends = [each for each in same if f"/{each}".endswith(f"/{wanted}")]
        if str(wanted) in self._paths:
            return self._paths[str(wanted)]
        return self._paths[(ends or same)[0]] if same else None

    def read_json(self, name: str) -> Any | None:
        """The content of a JSON file, or None where there is none. Raises SplitError for one that is broken."""
        path = self._table(name)
        if path is None:
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError, OSError) as error:
            raise SplitError(f"{path}: cannot be read as JSON ({error}); get the file again") from error

    def read_csv(self, name: str) -> list[dict[str, str]] | None:
        """The rows of a CSV file by its header, or None where there is none; cells that lack are empty.

        Raises SplitError for a file that is broken.
        """
        path = self._table(name)
        if path is None:
            return None
        limit = csv.field_size_limit(MAX_TABLE_BYTES)  # a cell may hold a whole description
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                return [
                    {key.strip(): (cell or "").strip() for key, cell in row.items() if key is not None}
                    for row in csv.DictReader(file, skipinitialspace=True)
                ]
        except (csv.Error, UnicodeDecodeError, AttributeError, OSError) as error:
            raise SplitError(f"{path}: cannot be read as CSV ({error}); get the file again") from error
        finally:
            csv.field_size_limit(limit)

    def read_parquet(self, name: str, columns: list[str] | None = None) -> Iterator[list[dict[str, Any]]] | None:
        """The rows of a parquet file, `BATCH` at once, or None where there is none.

        Raises SplitError for a file that is broken and where pyarrow is not installed.
        """
        path = self._exact(name)
        return None if path is None else _batches(path, columns)

    def _table(self, name: str) -> Path | None:
        path = self._exact(name)
        if path is not None and path.stat().st_size > MAX_TABLE_BYTES:
            raise SplitError(f"{path}: {path.stat().st_size >> 20} MiB; an index has {MAX_TABLE_BYTES >> 20}")
        return path


def fingerprint(folder: Path) -> str:
    """Hex sha256 over relative path, size and time of change of every file below a folder."""
    if not folder.is_dir():
        raise SplitError(f"--media {folder}: no such folder")
    digest = hashlib.sha256()
    for relative, path in sorted(_files(folder.resolve())):
        facts = path.stat()
        digest.update(json.dumps([relative, facts.st_size, facts.st_mtime_ns]).encode())
    return digest.hexdigest()


def plain_id(text: str) -> str:
    """An id for any name: the name itself where it is one already, else made safe and told apart by a digest.

    >>> plain_id("4CZ-IKdGYh0"), plain_id("Café, 1889")
    ('4CZ-IKdGYh0', 'Caf_1889-e20f8dc3')
    """
    if is_id(text):
        return text
    safe = re.sub(r"\.\.+", ".", re.sub(r"[^A-Za-z0-9._-]+", "_", text)).strip("._")
    return f"{safe[: MAX_ID - 9]}-{hashlib.sha256(_plain(text).encode()).hexdigest()[:8]}".lstrip("-")


def _plain(name: str) -> str:
    """One spelling for names that look the same: file systems differ in how they compose accents."""
    return unicodedata.normalize("NFC", name)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of each file below `folder`, without what a desktop leaves and what leads out."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__MACOSX"]
        for name in names:
            path = Path(here, name)
            if name.startswith("._") or name == ".DS_Store" or not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(folder):
                continue
            yield path.relative_to(folder).as_posix(), path


def _archive_stem(name: str) -> str:
    """The archive's name without its suffix; empty for what is no archive."""
    return next((name[: -len(suffix)] for suffix in ARCHIVES if name.lower().endswith(suffix)), "")


def _unpack(archive: Path, into: Path) -> None:
    into.mkdir(parents=True)
    room = shutil.disk_usage(into).free - RESERVE_BYTES
    allowed = max(LIMIT_FLOOR_BYTES, LIMIT_RATIO * archive.stat().st_size)
    if room < archive.stat().st_size:
        raise SplitError(f"{archive}: no room to unpack it into {into}; set SIGHTSOUND_CACHE to a larger disk")
    try:
        unpack_all(archive, into, min(allowed, room))
    except OSError as error:
        raise SplitError(f"{archive}: cannot be unpacked into {into} ({error.strerror or error})") from error


def _batches(path: Path, columns: list[str] | None) -> Iterator[list[dict[str, Any]]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise SplitError(f"{path.name}: needs pyarrow; run: pip install 'sightsound-bench[parquet]'") from error
    try:
        with parquet.ParquetFile(path) as file:
            if lacking := set(columns or ()) - set(file.schema_arrow.names):
                raise SplitError(f"{path}: cannot be read as parquet with the column {min(lacking)}: it has none")
            for batch in file.iter_batches(BATCH, columns=columns):
                yield batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise SplitError(f"{path}: cannot be read as parquet ({' '.join(str(error).split())[:200]})") from error
