"""What decides the numbers that a worker makes, beside its job: versions and code. Where a worker's are not the
driver's it is refused: half a table would be made by other code than the rest."""

from __future__ import annotations

import hashlib
import platform
import socket
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from sightsound.bench.core import maker, provenance
from sightsound.bench.core.errors import BenchError

HOST = "host"
PARTS = ("baselines", "bench", "metrics")  # beside each other, installed or not


@cache
def facts() -> dict[str, str]:
    """Name -> version or digest, of this process; and its host."""
    found = {"python": platform.python_version()}
    for name in dict.fromkeys((*provenance.PACKAGES, *maker.VERSIONS)):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | {"code of sightsound": _code(), HOST: socket.gethostname()}


def _code() -> str:
    """Digest of the suite's own sources as they lie on the disk."""
    root = Path(maker.__file__).parents[2]
    files = [path for part in PARTS for path in (root / part).rglob("*.py")]
    digests = {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return maker.digest_of(digests)[: maker.SHORT]


def code_of(entries: Sequence[str]) -> dict[str, str]:
    """Entry -> digest of the code from outside behind it, as this process finds it."""
    return {f"code of {entry}": code for entry in entries if (code := maker.outside_code(entry))}


def refuse_other(there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """BenchError, one line, where a worker has other versions or other code than the driver."""
    names = [name for name in {**here, **there} if name != HOST and here.get(name) != there.get(name)]
    if names:
        told = ", ".join(f"{name} {there.get(name, 'none')}, here {here.get(name, 'none')}" for name in names)
        where = f" on {there[HOST]}" if HOST in there else ""
        raise BenchError(f"a worker{where} has {told}: it would make other numbers; give both the same")
