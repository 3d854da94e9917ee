"""The feature store: what the networks gave for a file, a picture or a text, kept by content for all runs."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import of_machine
from sightsound.bench.core.packs import Arrays, DamagedError, Packs

RECENT_BYTES = 32 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FeatureStore:
    """Features by (extractor signature, content hash), in a folder of packs a network (bench/core/packs.py).

    Stores of before have a small file a clip, `KEY[:2]/KEY.npz`; these are read where they are.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, Folder] = {}

    def __reduce__(self) -> tuple[type[FeatureStore], tuple[Path]]:
        """For a worker in another process: the same folder, files and locks of its own."""
        return FeatureStore, (self.root,)

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

    def get_all(self, signature: str, keys: Sequence[str], output: str) -> list[NDArray[np.float32] | None]:
        """`get` of many contents, in their order: read in one go."""
        return self._of(signature).get_all(keys, output)

    def recent(self) -> Recent:
        """A reader that has what it read lately at hand."""
        return Recent(self)

    def require(self, signature: str, key: str, output: str) -> NDArray[np.float32]:
        """As `get`; BenchError for an entry that is gone or damaged."""
        found = self.get(signature, key, output)
        if found is None:
            raise BenchError(f"{self.folder(signature)}: damaged features of {key[:12]}; run the command again")
        return found

    def put(self, signature: str, key: str, features: dict[str, NDArray[np.float32]]) -> None:
        """Keep a clip's features."""
        self._of(signature).put(key, features)

    def take(self, other: FeatureStore, wanted: Iterable[tuple[str, str]] | None = None) -> None:
        """Keep what another store has and this one lacks: all of it, or the `wanted` (signature, content)."""
        if wanted is not None:
            for signature, key in wanted:
                self._of(signature).take(other._of(signature), [key])
        elif other.root.is_dir():
            for path in sorted(other.root.iterdir()):
                if path.is_dir():
                    theirs = Folder(path)
                    Folder(self.root / path.name).take(theirs, theirs.keys())

    def _of(self, signature: str) -> Folder:
        if signature not in self._folders:
            self._folders[signature] = Folder(self.folder(signature))
        return self._folders[signature]


class Recent:
    """Features of many contents, of which those that were read lately are still there: several metrics read the
    same, one after another."""

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._held: dict[tuple[str, str, tuple[str, ...]], list[NDArray[np.float32] | None]] = {}
        self._bytes = 0

    def get_all(self, signature: str, keys: Sequence[str], output: str) -> list[NDArray[np.float32] | None]:
        """See FeatureStore. Nobody may write into the arrays."""
        about = signature, output, tuple(keys)
        found = self._held.pop(about, None)
        if found is None:
            found = self._store.get_all(signature, keys, output)
            self._bytes += _size(found)
        self._held[about] = found
        while self._bytes > RECENT_BYTES:
            self._bytes -= _size(self._held.pop(next(iter(self._held))))
        return found


def _size(arrays: Iterable[NDArray[np.float32] | None]) -> int:
    return sum(array.nbytes for array in arrays if array is not None)


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

    def get_all(self, keys: Sequence[str], output: str) -> list[NDArray[np.float32] | None]:
        """See FeatureStore."""
        if self._damaged or self._held:
            return [self.get(key, output) for key in keys]
        found = self._packs.get_all([_bytes(key) for key in keys], output)
        return [self.get(key, output) if each is None else each for key, each in zip(keys, found, strict=True)]

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

    def keys(self) -> list[str]:
        """Contents that have features here, as texts that the other methods take."""
        single = (path.stem for path in self._path.glob("??/*.npz"))
        return sorted({*(key.hex() for key in self._packs.all_keys()), *single})

    def take(self, other: Folder, keys: Iterable[str]) -> None:
        """Keep what another folder of the same network has of these contents and this one lacks; what is damaged
        there is as if it were not there."""
        for key in keys:
            if not self.has(key):
                found = {name: other.get(key, name) for name in other._outputs(key)}
                whole = {name: array for name, array in found.items() if array is not None}
                if found and len(whole) == len(found):
                    self.put(key, whole)

    def _outputs(self, key: str) -> list[str]:
        """Names of what the network gave for a content; none where there is nothing whole."""
        if self._held and key in self._held:
            return list(self._held[key])
        try:
            found = self._packs.outputs(_bytes(key))
        except DamagedError:
            return []
        if found or not self._single:
            return found
        try:
            with np.load(self._file(key), allow_pickle=False) as arrays:
                return list(arrays)
        except (OSError, ValueError, zipfile.BadZipFile):
            return []

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
