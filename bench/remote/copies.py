"""Copies of what lies at a URI, to read: `<cache>/remote/copies/<digest of the URI>/<last part of the URI>`.

A copy is brought up to date once for each question that is asked of it; what did not change there is not read
again. Its last part is that of the URI, since splits and references are called by the names of their folders.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sightsound.bench.core import console, locks, store
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Report
from sightsound.bench.remote import uri as uris
from sightsound.bench.remote.place import Place, RemoteError
from sightsound.bench.remote.sync import Synced, Wanted

COPIES, RUNS = "copies", "runs"
"""Kinds of folders below `<cache>/remote`: what is read, and what is worked in."""
ADDRESS = "uri"  # beside the folder: where it belongs
_seen: set[Path] = set()  # copies that this process has brought up to date


def silent(what: str, done: int, total: int | None) -> None:
    """A Report that tells nobody."""


def place_of(uri: str, kind: str = COPIES) -> Path:
    """Where the folder for a URI is, whether there is one yet or not."""
    digest = hashlib.sha256(uri.encode()).hexdigest()[:16]
    return cache_dir().absolute() / "remote" / kind / digest / uris.name(uri)


def noted(uri: str, kind: str = COPIES) -> Path:
    """As `place_of`; the folder above it is made, with a note of the URI."""
    folder = place_of(uri, kind)
    if not (folder.parent / ADDRESS).is_file():
        store.write_text(folder.parent / ADDRESS, f"{uri}\n")
    if kind == COPIES:
        console.copied[folder] = uri
    return folder


def is_known(uri: str) -> bool:
    """Whether this process has brought the copy of a folder up to date before."""
    return place_of(uri) in _seen


def folder(uri: str, report: Report = silent, wanted: Wanted = lambda name: True, what: str = "file") -> Path:
    """The copy of a folder, up to date; only what is `wanted` of it, which errors call `what`.

    RemoteError for what cannot be had, and for a folder without any.
    """
    found = noted(uri)
    with locks.hold(found.parent / ".lock"):
        synced = Synced(found, Place(uri))
        synced.pull(lambda name: _is_file_of_theirs(name) and wanted(name), report)
    if not found.is_dir():
        raise RemoteError(f"{uri}: holds no {what}; look at the address")
    _seen.add(found)
    return found


def file(uri: str) -> Path:
    """The copy of one file. RemoteError where there is none."""
    above, _, name = uri.rpartition("/")
    found = noted(above) / name
    with locks.hold(found.parent.parent / ".lock"):
        Place(uri).get("", found)
    return found


def here(named: Path | str, report: Report = silent) -> Path:
    """A path as it is; for the URI of a folder or of a file its copy, up to date."""
    uri = uris.of(named)
    if uri is None:
        return Path(named)
    return file(uri) if Place(uri).is_file() else folder(uri, report)


def _is_file_of_theirs(name: str) -> bool:
    """Whether it is no temporary file and no lock of a run."""
    last = name.rpartition("/")[2]
    return not last.startswith(store.TEMPORARY) and last != store.LOCK
