"""Is what lies in a folder what the catalogue says? One line for each fault."""

from __future__ import annotations

import fnmatch
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sightsound.bench.assets.digests import Seen, tree_digest
from sightsound.bench.assets.errors import AssetError
from sightsound.metrics.asset import Asset, AssetFile

Hash = Callable[[Path], str]
SeenBelow = Callable[[Path], dict[Path, Seen]]


def listing(folder: Path, tree: AssetFile) -> list[str]:
    """The relative paths, with `/`, of the files below `folder` that belong to `tree`, sorted."""
    start = len(str(folder)) + 1  # strings, not Paths: a tree has thousands of files, and this is at each start
    found = [f"{here}/{name}"[start:] for here, _, names in os.walk(folder) for name in names]
    return sorted(name for name in found if tree.keeps(name))


def members(root: Path, file: AssetFile) -> dict[str, Path]:
    """The files of one entry that lie in the asset's folder `root`, by path relative to the entry ("" for a
    single file)."""
    base = root / file.path
    if file.is_tree:
        return {name: base / name for name in listing(base, file)}
    return {"": base} if base.is_file() else {}


def _nothing_seen(_: Path) -> dict[Path, Seen]:
    return {}


def faults(root: Path, file: AssetFile, hash_of: Hash, seen_below: SeenBelow = _nothing_seen) -> list[str]:
    """What is wrong with one entry in the asset's folder `root`; one line a fault, empty when it is good.

    `seen_below` gives the files below a path as they were when they were good, so that the
    damaged one can be named.
    Raises AssetError for a file that can't be read.
    """
    try:
        found = members(root, file)
        if not found:
            return [f"{root / file.path} is missing"]
        if not file.sha256:
            return _structure(root, file, found)
        return _content(root, file, found, hash_of, seen_below)
    except OSError as error:
        raise AssetError(f"{error.filename}: {error.strerror}; make it readable") from error


def asset_digest(root: Path, asset: Asset, hash_of: Hash) -> str:
    """Digest of all the asset's files in `root`, as of one tree."""
    return tree_digest(
        (PurePosixPath(file.path, name).as_posix(), hash_of(path))
        for file in asset.files
        for name, path in members(root, file).items()
    )


def _content(
    root: Path, file: AssetFile, found: dict[str, Path], hash_of: Hash, seen_below: SeenBelow
) -> list[str]:
    """Faults by digest."""
    digests = {name: hash_of(path) for name, path in found.items()}
    total = tree_digest(digests.items()) if file.is_tree else digests[""]
    if total in file.sha256:
        return []
    seen = seen_below(root / file.path)
    lines = [f"{path} is missing" for path in seen if path not in found.values()]
    for name, path in found.items():
        good = seen.get(path)
        if good and good.sha256 != digests[name]:
            have = path.stat().st_size
            what = f"truncated: {have} of {good.size_bytes} bytes" if have < good.size_bytes else "changed"
            lines.append(f"{path} is {what} (sha256 {digests[name]})")
    expected = " or ".join(file.sha256)
    return lines or [f"{root / file.path} has the wrong sha256: {total} instead of {expected}"]


def _structure(root: Path, file: AssetFile, found: dict[str, Path]) -> list[str]:
    """Faults that show without a digest: what must be there and is not, and tensors cut short."""
    lines = [f"{root / file.path / want} is missing" for want in file.need if not fnmatch.filter(found, want)]
    for path in found.values():
        try:
            if path.suffix == ".safetensors" and path.stat().st_size != safetensors_bytes(path):
                lines.append(f"{path} is truncated: {path.stat().st_size} of {safetensors_bytes(path)} bytes")
            elif path.name.endswith(".safetensors.index.json"):
                shards = {str(shard) for shard in json.loads(path.read_text())["weight_map"].values()}
                lines += [
                    f"{path.parent / name} is missing"
                    for name in sorted(shards)
                    if not (path.parent / name).is_file()
                ]
        except (ValueError, KeyError, TypeError, AttributeError, struct.error):
            lines.append(f"{path} is truncated or damaged: its header can't be read")
    return lines


def safetensors_bytes(path: Path) -> int:
    """Length that a .safetensors file says it has: 8 + header + the last tensor's end.

    Format: an unsigned little-endian 64-bit header length, a JSON header whose entries hold `data_offsets`, then
    the data. Raises ValueError, KeyError, TypeError, AttributeError or struct.error for a header that is none.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, path.stat().st_size)))
    return (
        8
        + length
        + max((entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"), default=0)
    )
