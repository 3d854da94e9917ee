"""The feature store: what the networks gave for a file, a picture or a text, kept by content for all runs."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import of_machine
from sightsound.bench.core.packs import Arrays, DamagedError, Packs

_SHA256 = re.compile(r"[0-9a-f]{64}")


class FeatureStore:
    """Features by (extractor signature, content hash), in a folder of packs a network (bench/core/packs.py).

    Stores of before have a small file a clip, `KEY[:2]/KEY.npz`; these are read where they are.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, Folder] = {}

    def folder(self, signature: str) -> Path:
        """Where the features of an extractor's signature lie."""
        name = re.sub(r"[^A-Za-z0-9._-]", "_", signature.split("|")[0])
        digest = hashlib.sha256(signature.encode()).hexdigest()[:16]
        return self.root / f"{name}-{digest}"

    def has(self, signature: str, key: str) -> bool:
        """Whether they are there."""
        return self._of(signature).has(key)

    def get(self, signature: str, key: str, output: str) -> NDArray[np.float32] | None:
        """One output's array; None where there is none or the entry is damaged, which then counts as not there, to
        be made again."""
        return self._of(signature).get(key, output)

    def require(self, signature: str, key: str, output: str) -> NDArray[np.float32]:
        """As `get`; BenchError for an entry that is gone or damaged."""
        found = self.get(signature, key, output)
        if found is None:
            raise BenchError(f"{self.folder(signature)}: damaged features of {key[:12]}; run the command again")
        return found

    def put(self, signature: str, key: str, features: Arrays) -> None:
        """Keep a clip's features."""
        self._of(signature).put(key, features)

    def _of(self, signature: str) -> Folder:
        if signature not in self._folders:
            self._folders[signature] = Folder(self.folder(signature))
        return self._folders[signature]


class Folder:
    """The features of one network's signature."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packs = Packs(path)
        self._damaged: set[str] = set()
        self._held: dict[str, Arrays] | None = None
        """What a folder of somebody else's lacks, kept for as long as this object lives; None where it is
        written."""
        self._single = path.is_dir() and any(len(each.name) == 2 for each in path.iterdir())

    def has(self, key: str) -> bool:
        """Whether the content's features are there."""
        if key in self._damaged:
            return False
        if self._held and key in self._held:
            return True
        return self._packs.has(_bytes(key)) or (self._single and self._file(key).is_file())

    def get(self, key: str, output: str) -> NDArray[np.float32] | None:
        """See FeatureStore."""
        if key in self._damaged:
            return None
        if self._held and key in self._held:
            return self._held[key].get(output)
        try:
            found = self._packs.get(_bytes(key), output)
            return self._from_file(key, output) if found is None and self._single else found
        except DamagedError:
            self._damaged.add(key)
            return None

    def put(self, key: str, features: Arrays) -> None:
        """See FeatureStore."""
        arrays = {name: np.asarray(array, np.float32) for name, array in features.items()}
        if self._held is None:
            try:
                self._packs.put(_bytes(key), arrays)
            except PermissionError:
                self._held = {}
        if self._held is not None:
            self._held[key] = arrays
        self._damaged.discard(key)

    def _file(self, key: str) -> Path:
        return self._path / key[:2] / f"{key}.npz"

    def _from_file(self, key: str, output: str) -> NDArray[np.float32] | None:
        path = self._file(key)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found: NDArray[np.float32] = arrays[output]
                return found
        except FileNotFoundError:
            return None
        except Exception as error:  # zip, zlib and numpy each have errors of their own for damaged bytes
            if fault := of_machine(error):
                raise fault from error
            raise DamagedError(str(path)) from error


def _bytes(key: str) -> bytes:
    """A content key as 32 bytes: itself where it is a sha256."""
    return bytes.fromhex(key) if _SHA256.fullmatch(key) else hashlib.sha256(key.encode()).digest()
