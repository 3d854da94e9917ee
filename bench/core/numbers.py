"""Numbers that were worked out before, under a digest of all that they depend on: small files of the cache."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import store

Numbers = Mapping[str, NDArray[Any]]
"""Arrays by name, of numbers or of text."""


class NumberStore:
    """A folder with a file a digest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, digest: str) -> Numbers | None:
        """What was kept; None where there is nothing or the file is damaged, which is then worked out anew."""
        try:
            with np.load(self._path(digest), allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # numpy's words for a file that is not whole
            return None

    def put(self, digest: str, numbers: Numbers) -> None:
        """Keep them. A disk that takes nothing more, or a cache of somebody else's, costs time only: the next run
        works them out again."""
        try:
            with store.atomic(self._path(digest)) as path, path.open("wb") as file:
                np.savez(file, **numbers)  # type: ignore[arg-type]  # numpy's stub takes its options for names
        except OSError:
            return

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / f"{digest}.npz"
