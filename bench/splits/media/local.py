"""The user's own folder of media: found by the names that an index uses, archives in it read like folders."""

from __future__ import annotations

import fnmatch
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
from sightsound.bench.core.files import sha256, stays_inside
from sightsound.bench.splits.media import tables, wishes
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.formats import SUFFIXES, Kind
from sightsound.bench.splits.media.manifest import MAX_ID, is_id

__all__ = ["Collector", "Media", "fingerprint", "plain_id"]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
# Media pack at about 1 to 1 and texts at 10 to 1; an archive of little may unpack to this much all the same.
LIMIT_RATIO = 20
LIMIT_FLOOR_BYTES = 64 << 20
RESERVE_BYTES = 1 << 30  # of the disk, never filled by unpacking
MAX_TABLE_BYTES = tables.MAX_BYTES  # of an index
BATCH = 64  # rows of a parquet file at once: they hold pictures
NAMED = 6  # files that an error names


class Media:
    """A user's folder and the archives in it, as one set of files.

    Links that lead out of the folder are not followed, but for those of a snapshot of the hub. Archives
    (`ARCHIVES`) are unpacked into `work`, all of them together to no more than they may; an archive inside an
    archive is a plain file. Raises SplitError for a folder that is not there or holds nothing but links that lead
    out, and AssetError for an archive that is broken, unsafe or a bomb.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = _folder(folder)
        files = list(_files(self.folder))
        archives = [path for _, path in files if _archive_stem(path.name)]
        room = _Room(sum(path.stat().st_size for path in archives))
        found: dict[str, Path] = {}
        for relative, path in files:
            if stem := _archive_stem(path.name):
                inside = work / hashlib.sha256(relative.encode(errors="surrogateescape")).hexdigest()[:16]
                room.unpack(path, inside)
                place = PurePosixPath(relative).parent / stem
                found |= {f"{place / name}".removeprefix("./"): member for name, member in _files(inside)}
            else:
                found[relative] = path
        ordered = sorted(found, key=lambda name: (name.count("/"), name))
        self._paths = {_plain(name): found[name] for name in ordered}
        self._digests: dict[str, str] = {}
        self._by_end: dict[tuple[str, str], list[str]] = {}  # of 300,000 names many end in `audio.wav`
        self._by_stem: dict[str, list[str]] = {}
        for name in self._paths:
            last = PurePosixPath(name)
            self._by_end.setdefault((last.parent.name, last.stem), []).append(name)
            self._by_stem.setdefault(last.stem, []).append(name)

    def names(self, suffix: str = "") -> list[str]:
        """The files' relative paths, those nearest to the top first; of the given suffix (`.parquet`) alone."""
        return [name for name in self._paths if name.lower().endswith(suffix)]

    def path(self, name: str) -> Path:
        """The file of one of `names`."""
        return self._paths[name]

    def find(self, name: str, kind: Kind | None = None) -> Path | None:
        """The file that an index calls `name`, or None.

        By the exact relative path; else the end of a path; else the file's name and the folder that it lies in;
        else the name alone; else its stem with another suffix, one of `kind` (of "audio" a video's too, where
        there is no sound). Of several that are the same the one nearest to the top, then the first by name.
        `name` is looked up and never joined to a path, so it cannot lead anywhere. Raises SplitError for several
        that differ, unless `--prefer` tells which is meant: one of them may be a system's output.
        """
        exact = self._exact(name, kind)
        if exact is not None:
            return exact
        wanted = PurePosixPath(_plain(name.replace("\\", "/")))
        kinds = [SUFFIXES[kind]] if kind else [tuple(each for suffixes in SUFFIXES.values() for each in suffixes)]
        kinds += [SUFFIXES["video"]] if kind == "audio" else []
        for order in kinds:
            # A name without a suffix may hold a dot: Path("Mr. X").stem is "Mr".
            for stem in (wanted.stem, wanted.name):
                suffixes = {each: PurePosixPath(each).suffix.lower() for each in self._by_stem.get(stem, [])}
                fit = [each for each, suffix in suffixes.items() if suffix in order]
                if fit:
                    return self.choose(name, sorted(fit, key=lambda each: order.index(suffixes[each])))
        return None

    def _exact(self, name: str, kind: Kind | None = None) -> Path | None:
        """The file of that very name, by as much of its path as helps. A file of another suffix of the kind that
        lies elsewhere may be meant too: `choose` refuses it where it differs."""
        wanted = PurePosixPath(_plain(name.replace("\\", "/")))
        if wanted.is_absolute() or ".." in wanted.parts or not wanted.name:
            return None
        if str(wanted) in self._paths:
            return self._paths[str(wanted)]
        nearly = self._by_end.get((wanted.parts[-2], wanted.stem), []) if len(wanted.parts) > 1 else []
        ends = [each for each in nearly if _bare(PurePosixPath(each)).endswith(f"/{_bare(wanted)}")]
        for some in (ends, nearly, self._by_stem.get(wanted.stem, [])):
            named = [each for each in some if PurePosixPath(each).name == wanted.name]
            if named:
                folders = {PurePosixPath(each).parent for each in named}
                suffixes = SUFFIXES[kind] if kind else ()
                others = [each for each in map(PurePosixPath, some) if each.suffix.lower() in suffixes]
                return self.choose(name, named + [str(each) for each in others if each.parent not in folders])
        return None

    def choose(self, name: str, candidates: list[str]) -> Path:
        """The first of the files, given as of `names`, that an index's `name` may mean. Raises SplitError where
        they differ, unless `--prefer` tells which is meant."""
        prefer = wishes.current().prefer
        meant = [each for each in candidates if prefer and fnmatch.fnmatchcase(each, prefer)] or candidates
        if len(meant) > 1 and self._differ(meant):
            shown = ", ".join(meant[:NAMED]) + (f" and {len(meant) - NAMED} more" if len(meant) > NAMED else "")
            raise SplitError(
                f"--media {self.folder}: {name!r} may mean different files: {shown}; leave one, or say which are "
                f"meant with --prefer PATTERN, such as --prefer '{PurePosixPath(meant[-1]).parent}/*'"
            )
        return self._paths[meant[0]]

    def _differ(self, names: list[str]) -> bool:
        if len({self._paths[each].stat().st_size for each in names}) > 1:
            return True
        for each in names:
            if each not in self._digests:
                self._digests[each] = sha256(self._paths[each])
        return len({self._digests[each] for each in names}) > 1

    def read_json(self, name: str) -> Any | None:
        """The content of a JSON file, or None where there is none. Raises SplitError for one that is broken."""
        path = self._table(name)
        if path is None:
            return None
        try:
            return json.loads(tables.text(path))
        except (ValueError, RecursionError) as error:
            raise SplitError(f"{path}: cannot be read as JSON ({error}); get the file again") from error

    def read_csv(self, name: str) -> list[dict[str, str]] | None:
        """The rows of a CSV file by its header, or None where there is none; cells that lack are empty.

        Raises SplitError for a file that is broken.
        """
        path = self._table(name)
        return None if path is None else tables.records(path)

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
    digest = hashlib.sha256()
    for relative, path in sorted(_files(_folder(folder))):
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


def _bare(path: PurePosixPath) -> str:
    """A path without its suffix."""
    return str(path.with_suffix(""))


def _plain(name: str) -> str:
    """One spelling for names that look the same: file systems differ in how they compose accents."""
    return unicodedata.normalize("NFC", name)


def _folder(folder: Path) -> Path:
    """The user's folder, resolved. Raises SplitError where it is none, cannot be read or has only links that lead
    out of it."""
    try:
        if not folder.is_dir():
            raise SplitError(f"--media {folder}: no such folder")
        root = folder.resolve()
        first = next(_files(root), None)
        out = next((path for path in _links(root) if not stays_inside(path, root)), None) if not first else None
    except OSError as error:
        raise SplitError(
            f"--media {error.filename or folder}: cannot be read ({error.strerror or error})"
        ) from error
    if out is not None:
        raise SplitError(
            f"--media {folder}: has no files, only links that lead out of it, such as {out.name}; give the folder "
            f"that they lead to, or a copy (cp -rL)"
        )
    return root


def _links(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        yield from (path for name in (*names, *folders) if (path := Path(here, name)).is_symlink())


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of each regular file below `folder`, without what a desktop leaves and what leads
    out. Pipes and devices are no files."""
    start = len(str(folder)) + 1
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__MACOSX"]
        for name in names:
            path = Path(here, name)
            if name.startswith("._") or name == ".DS_Store" or not path.is_file():
                continue
            if path.is_symlink() and not stays_inside(path, folder):
                continue
            yield str(path)[start:], path


def _archive_stem(name: str) -> str:
    """The archive's name without its suffix; empty for what is no archive."""
    return next((name[: -len(suffix)] for suffix in ARCHIVES if name.lower().endswith(suffix)), "")


class _Room:
    """How much the archives of a folder may unpack to, all together."""

    def __init__(self, packed_bytes: int) -> None:
        self._left_bytes = max(LIMIT_FLOOR_BYTES, LIMIT_RATIO * packed_bytes)

    def unpack(self, archive: Path, into: Path) -> None:
        """Unpack one of them. Raises SplitError where the disk has no room, AssetError for an archive that is
        refused."""
        try:
            into.mkdir(parents=True)
            disk_bytes = shutil.disk_usage(into).free - RESERVE_BYTES
            if disk_bytes < archive.stat().st_size:
                raise SplitError(
                    f"{archive}: no room to unpack it into {into}; set SIGHTSOUND_CACHE to a larger disk"
                )
            self._left_bytes -= unpack_all(archive, into, min(self._left_bytes, disk_bytes))
        except OSError as error:
            raise SplitError(f"{archive}: cannot be unpacked into {into} ({error.strerror or error})") from error


def _batches(path: Path, columns: list[str] | None) -> Iterator[list[dict[str, Any]]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            if lacking := set(columns or ()) - set(file.schema_arrow.names):
                raise SplitError(f"{path}: cannot be read as parquet with the column {min(lacking)}: it has none")
            for batch in file.iter_batches(BATCH, columns=columns):
                yield batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise SplitError(f"{path}: cannot be read as parquet ({' '.join(str(error).split())[:200]})") from error
