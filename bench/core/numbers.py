"""Numbers that were worked out before, under a digest of all that they depend on: small files of the cache.

A file is the sha256 of the rest, then what `numpy.savez` writes, whose own sums leave the arrays' names out.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import store

Numbers = Mapping[str, NDArray[Any]]
"""Arrays by name, of numbers or of text."""
_SUM_BYTES = hashlib.sha256().digest_size


class NumberStore:
    """A folder with a file a digest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, digest: str) -> Numbers | None:
        """What was kept; None where there is nothing or the file is damaged, which is then worked out anew."""
        try:
            data = self._path(digest).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data[_SUM_BYTES:]).digest() != data[:_SUM_BYTES]:
            return None
        with np.load(io.BytesIO(data[_SUM_BYTES:]), allow_pickle=False) as arrays:
            return dict(arrays)

    def put(self, digest: str, numbers: Numbers) -> None:
        """Keep them. A disk that takes nothing more, or a cache of somebody else's, costs time only: the next run
        works them out again."""
        written = io.BytesIO()
        np.savez(written, **numbers)  # type: ignore[arg-type]  # numpy's stub takes its options for names
        data = written.getvalue()
        try:
            with store.atomic(self._path(digest)) as path:
                path.write_bytes(hashlib.sha256(data).digest() + data)
        except OSError:
            return

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / f"{digest}.numbers"
