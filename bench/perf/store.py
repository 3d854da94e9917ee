"""`bench perf store`: what keeping features takes, and reading them again, beside one small file a clip."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.store import atomic
from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure

NET = "made|w:none"
SHAPES = {"embedding": (3, 200), "logits": (3, 50)}  # musicnn's of ten seconds
LEAST = 2.0  # times as fast, reading
MOST_FILES = 3  # a pack, its index, its lock


def measure(count: int, report: Report) -> list[Figure]:
    """`count` clips put, and one output of each read by a new store, in their order and in another one."""
    rng = np.random.default_rng(0)
    clips = {
        hashlib.sha256(str(number).encode()).hexdigest(): {
            name: rng.standard_normal(shape, np.float32) for name, shape in SHAPES.items()
        }
        for number in range(count)
    }
    mixed = [list(clips)[at] for at in rng.permutation(count)]
    with TemporaryDirectory() as name:
        packed, single = Path(name) / "packed", Path(name) / "single"
        report("features", 0, 5)
        began = time.perf_counter()
        store = FeatureStore(packed)
        for key, arrays in clips.items():
            store.put(NET, key, arrays)
        put_s = time.perf_counter() - began
        report("features", 1, 5)
        began = time.perf_counter()
        for key, arrays in clips.items():
            with atomic(single / key[:2] / f"{key}.npz") as path, path.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
        single_put_s = time.perf_counter() - began
        report("features", 2, 5)
        single_s, theirs = _timed(lambda key: _single(single, key), list(clips))
        report("features", 3, 5)
        read_s, ours = _timed(_reader(packed), list(clips))
        report("features", 4, 5)
        mixed_s, _ = _timed(_reader(packed), mixed)
        files = sum(path.is_file() for path in packed.rglob("*"))
        report("features", 5, 5)
    same = bool(np.array_equal(ours, theirs))
    return [
        Figure(f"{count} clips put, times as fast as one file a clip", single_put_s / put_s, LEAST,
               single_put_s >= LEAST * put_s),
        Figure(f"{count} clips read again, times as fast as one file a clip", single_s / read_s, LEAST,
               same and single_s >= LEAST * read_s),
        Figure("microseconds a clip, read in their order", 1e6 * read_s / count, np.nan, same),
        Figure("microseconds a clip, read in another order", 1e6 * mixed_s / count, np.nan, same),
        Figure("files", files, MOST_FILES, files <= MOST_FILES),
    ]  # fmt: skip


def _single(root: Path, key: str) -> NDArray[np.float32]:
    with np.load(root / key[:2] / f"{key}.npz", allow_pickle=False) as arrays:
        found: NDArray[np.float32] = arrays["embedding"]
        return found


def _reader(root: Path) -> Callable[[str], NDArray[np.float32]]:
    store = FeatureStore(root)
    return lambda key: store.require(NET, key, "embedding")


def _timed(read: Callable[[str], NDArray[np.float32]], keys: Sequence[str]) -> tuple[float, list[float]]:
    """Seconds that reading took, and a number of each array."""
    began = time.perf_counter()
    found = [float(read(key)[-1, -1]) for key in keys]
    return time.perf_counter() - began, found
