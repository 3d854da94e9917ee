"""Folders that are named by a URI, `s3://bucket/runs/a`, in the place of a path.

`Path` makes one slash of the two, `s3:/bucket/runs/a`. That is what becomes of a URI on its way through options
that are paths, so it means the same here, and a local folder cannot be called `s3:`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from sightsound.bench.core.errors import BenchError

_URI = re.compile(r"([a-z][a-z0-9+.-]+):/(.*)", re.DOTALL)  # two letters or more: `c:/` is a disk


def of(named: str | Path | None) -> str | None:
    """The URI that is meant, its end without `/`; None for a path of this machine. BenchError for a URI that is
    none: without a folder, or with `..` in it.

    >>> of("s3://bucket/a/"), of(Path("s3://bucket/a")), of("runs/a"), of("module:NAME")
    ('s3://bucket/a', 's3://bucket/a', None, None)
    """
    found = _URI.fullmatch(str(named)) if named else None
    if found is None:
        return None
    scheme, rest = found[1], found[2].removeprefix("/")
    if scheme == "file":
        rest = f"/{rest.lstrip('/')}"
    parts = [part for part in rest.split("/") if part]
    if not parts or ".." in parts or "\0" in rest:
        raise BenchError(f"{named}: is no URI of a folder; write {scheme}://BUCKET/FOLDER, without `..` in it")
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
