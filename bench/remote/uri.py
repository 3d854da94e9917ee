"""Folders that are named by a URI, `s3://bucket/runs/a`, in the place of a path.

`Path` makes one slash of the two, `s3:/bucket/runs/a`. That is what becomes of a URI on its way through options
that are paths, so it means the same here, and a local folder cannot be called `s3:`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from sightsound.bench.core.errors import BenchError

_SCHEME = "[A-Za-z][A-Za-z0-9+._-]+"  # two letters or more: `c:/` is a disk
_URI = re.compile(rf"({_SCHEME}(?:::{_SCHEME})*):(?:/(.*))?", re.DOTALL)  # `Path` makes `s3:` of `s3://`
_DISK = ("file", "local")  # fsspec's two names for the disk


def of(named: str | Path | None) -> str | None:
    """The URI that is meant, its end without `/`; None for a path of this machine. BenchError for a URI that is
    none: without a folder, or with `..` in it; and for protocols in a chain.

    >>> of("s3://bucket/a/"), of(Path("S3://bucket/a")), of("runs/a"), of("module:NAME")
    ('s3://bucket/a', 's3://bucket/a', None, None)
    """
    found = _URI.fullmatch(str(named)) if named else None
    if found is None:
        return None
    if "::" in found[0]:
        raise BenchError(f"{named}: is a chain of protocols, which is not taken; give the URI of a folder alone")
    scheme, rest = found[1].lower(), (found[2] or "").removeprefix("/")
    host = bool(re.match("[^:]+://[^/]", found[0]))  # of `file://host/folder`; a `Path` no longer tells
    if scheme in _DISK:
        scheme, rest = "file", f"/{rest.lstrip('/')}"
    parts = [part for part in rest.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in rest or (scheme == "file" and (host or parts[0] == "~")):
        whole = "file:///PATH, the whole path" if scheme == "file" else f"{scheme}://BUCKET/FOLDER"
        raise BenchError(f"{named}: is no URI of a folder; write {whole}, without `..` in it")
    return f"{scheme}://{'/' * rest.startswith('/')}{'/'.join(parts)}"


def is_one(named: str | Path | None) -> bool:
    """Whether it is a URI, right or wrong."""
    return bool(named) and _URI.fullmatch(str(named)) is not None


def name(uri: str) -> str:
    """The last part of a URI."""
    return PurePosixPath(uri).name


def absolute(named: str | Path) -> str:
    """The URI as it is, a path as an absolute one: what names the same from every folder."""
    return of(named) or str(Path(named).absolute())
