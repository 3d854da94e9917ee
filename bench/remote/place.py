"""A folder at a URI, and what can be done with its files. Whatever goes wrong there is one line.

Names of files are relative to the folder, with `/`. What a store lists is not trusted: a name that would lead out
of a folder here is refused.
"""

from __future__ import annotations

import datetime
import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, of_machine, one_line

_TAGS = (
    *("ETag", "etag", "md5Hash", "crc32c", "blob_id", "sha"),  # S3, Azure, GCS, the hub, GitHub: of the content
    *("mtime", "LastModified", "last_modified", "modified", "modify", "updated", "created"),  # when it was written
)
"""Facts of a file that change when it does, the best first; a file system has one of them."""
_WEB = ("http", "https")
_IN_EXTRA = ("s3", "s3a", "gs", "gcs")  # protocols whose packages the extra `remote` brings


class RemoteError(BenchError):
    """A place at a URI that cannot be reached, or refuses what is asked of it."""


@dataclass(frozen=True)
class Listed:
    """A file as a listing shows it."""

    size: int
    """In bytes."""
    tag: str
    """Another one when the content is another; empty where the file system tells nothing of it."""


class Place:
    """A folder at a URI."""

    def __init__(self, uri: str) -> None:
        """Raises RemoteError where no installed package knows the URI's protocol, and for a web server."""
        self.uri = uri
        if uri.partition(":")[0] in _WEB:  # their pages tell neither sizes nor what is a folder
            raise RemoteError(f"{uri}: a web server does not list its files; copy them here, or to a store")
        with told(uri):
            import fsspec

            self._fs, root = fsspec.core.url_to_fs(uri)
        self._root = str(root).rstrip("/")
        self._renames = self._root.startswith("/") and not uri.startswith("memory:")  # a disk, or what is like one

    def below(self, folder: str) -> Place:
        """The folder of that name in this one; itself for an empty name."""
        return Place(f"{self.uri}/{folder}") if folder else self

    def is_file(self) -> bool:
        """Whether the URI is that of a file."""
        with told(self.uri):
            self._fs.invalidate_cache()
            return bool(self._fs.isfile(self._root))

    def files(self, folder: str = "") -> dict[str, Listed]:
        """Every file below `folder`, by name in this place; none where there is no such folder."""
        base = self._path(folder) if folder else self._root
        with told(f"{self.uri}/{folder}" if folder else self.uri):
            self._fs.invalidate_cache()
            try:
                found: Mapping[str, Mapping[str, Any]] = self._fs.find(base, detail=True)
            except FileNotFoundError:  # no folder there; where one is needed, its user tells
                found = {}
        listed = {}
        for path, facts in found.items():
            name = self._name(str(path))
            if name and not name.endswith("/"):  # a key that ends so stands for a folder
                listed[name] = _listed(facts)
        return listed

    def _name(self, path: str) -> str:
        """The name of a listed path. RemoteError for one that leads out of the folder, and for one that is another
        here: `a//b` is `a/b` on a disk."""
        path = path.rstrip("\n") if path == self._root else path
        inside = path.startswith(f"{self._root}/")
        name = path[len(self._root) + 1 :] if inside else path
        parts = PurePosixPath(name).parts
        if (not inside and path != self._root) or name.startswith("/") or ".." in parts or set("\0\\") & set(name):
            raise RemoteError(f"{self.uri}: lists {path[:200]!r}, which leads out of the folder; refused")
        if name.rstrip("/") != "/".join(parts) and path != self._root:
            raise RemoteError(f"{self.uri}: lists {path[:200]!r}, which no folder here can hold; rename it")
        return "" if path == self._root else name

    def half_written(self, folder: str = "") -> list[str]:
        """Files below `folder` that a process which was killed, or is at work, has not given their names."""
        there = self.files(folder) if self._renames else ()
        return [name for name in there if name.rpartition("/")[2].startswith(store.TEMPORARY)]

    def get(self, name: str, target: Path, listed: Listed | None = None) -> None:
        """Bring a file here, the place itself where the name is empty; it has its name when it is whole, which
        `listed` tells."""
        with told(f"{self.uri}/{name}".rstrip("/")), store.atomic(target) as temporary:
            self._fs.get_file(self._path(name), str(temporary))
            came = temporary.stat().st_size
            if listed is not None and came != listed.size:
                raise RemoteError(f"{self.uri}/{name}: {came:,} of {listed.size:,} bytes came")

    def put(self, source: Path, name: str) -> Listed:
        """Send a file there; how a listing shows it. Nobody sees half of it: an object store shows a file when it
        is whole, on other file systems it gets its name then."""
        with told(f"{self.uri}/{name}"):
            path = self._path(name)
            self._whole(path, lambda at: self._fs.put_file(str(source), at))
            self._fs.invalidate_cache(path)
            return _listed(self._fs.info(path))

    def _whole(self, path: str, write: Callable[[str], object]) -> None:
        """Write a file; on what is like a disk under another name, which it has until it is whole."""
        if not self._renames:
            return self._in_folder(path, lambda: write(path))
        folder, _, last = path.rpartition("/")
        temporary = f"{folder}/{store.TEMPORARY}{uuid.uuid4().hex[:8]}-{last}"
        try:
            self._in_folder(path, lambda: write(temporary))
            try:
                self._fs.mv(temporary, path)
            except FileExistsError:  # SMB: a new name must be free
                self._fs.rm_file(path)
                self._fs.mv(temporary, path)
        except BaseException:
            with suppress(Exception):  # what cannot be removed now is when the next run holds the folder
                self._fs.rm_file(temporary)
            raise

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        with told(f"{self.uri}/{name}"):
            try:
                found: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError:
                return None
            return found

    def write(self, name: str, data: bytes) -> None:
        """Write a file of these bytes in the place of what is there."""
        with told(f"{self.uri}/{name}"):
            self._whole(self._path(name), lambda at: self._fs.pipe_file(at, data))

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that is not there yet; False where it is.

        Of two that do it at the same time one gets False, where the file system can do that.
        """
        with told(f"{self.uri}/{name}"):
            own = getattr(self._fs, "_pipe_file", self._fs.pipe_file)
            path, mode = self._path(name), {}
            if "mode" in inspect.signature(own).parameters:
                mode = {"mode": "create"}  # an object put on condition that there is none
            if self._fs.exists(path):
                return False
            try:
                self._in_folder(path, lambda: self._fs.pipe_file(path, data, **mode))
            except Exception:  # each file system has an error of its own for a file that is there
                self._fs.invalidate_cache()
                if self._fs.exists(path):
                    return False
                raise
            return True

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        with told(f"{self.uri}/{name}"):
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def _in_folder(self, path: str, write: Callable[[], object]) -> None:
        """Write a file, whose folder is made where there are folders. A bucket is not made."""
        try:
            write()
        except FileNotFoundError:
            bucket = path.partition("/")[0]
            if bucket and not self._fs.exists(bucket):
                raise
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            write()

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root


@contextmanager
def told(where: str) -> Iterator[None]:
    """What a file system of somebody else's raises, whatever its type, as one RemoteError; a full disk here as
    what it is."""
    try:
        yield
    except BenchError:
        raise
    except ImportError as error:  # fsspec's line names the package
        extra = "; pip install 'sightsound-bench[remote]'" if where.partition(":")[0] in _IN_EXTRA else ""
        raise RemoteError(f"{where}: {one_line(error)}{extra}") from error
    except Exception as error:
        if isinstance(error, OSError) and error.filename and (fault := of_machine(error)):
            raise fault from error
        raise RemoteError(
            f"{where}: {_why(error)}; look at the address, the credentials and the network"
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there"
    if isinstance(error, PermissionError):
        return f"access is refused ({named(error)})"
    return named(error)


def _listed(facts: Mapping[str, Any]) -> Listed:
    value = next((facts[key] for key in _TAGS if facts.get(key) not in (None, "")), "")
    tag = value.isoformat() if isinstance(value, datetime.datetime) else str(value)
    return Listed(int(facts.get("size") or 0), tag)
