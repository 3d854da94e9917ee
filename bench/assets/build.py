"""Bring the files of one asset together in the cache: all of them, checked, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from sightsound.bench.assets.check import faults, members
from sightsound.bench.assets.digests import sha256
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.growing import reported
from sightsound.bench.assets.mirror import place
from sightsound.bench.assets.sources import bring, forget
from sightsound.bench.assets.unpack import LIMIT_FLOOR_BYTES, LIMIT_RATIO
from sightsound.bench.assets.uri import Source
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Report
from sightsound.metrics.asset import Asset, AssetFile


def assets_dir() -> Path:
    """The folder of the cache that holds the assets."""
    return cache_dir() / "assets"


def build(asset: Asset, sources: Mapping[AssetFile, list[Source]], report: Report | None) -> Path:
    """The asset's folder in the cache, made from `sources`, which are tried in order for each file.

    The caller holds the asset's lock. Downloads of an earlier try that was killed are used; its half-unpacked
    files are thrown away. Raises AssetError where a file can't be had, and leaves the cache's copy as it was.
    """
    folder = assets_dir() / asset.name
    staging = assets_dir() / ".staging" / asset.name
    downloads = assets_dir() / ".downloads" / asset.name
    replaced = staging.with_name(f"{asset.name}.old")
    try:
        _remove(staging, replaced)  # what a killed fetch left
        staging.mkdir(parents=True)
        with reported(f"downloading {asset.name}", downloads, asset.size_bytes, report):
            _collect(asset, sources, staging, downloads)
        if folder.exists():
            folder.rename(replaced)
        staging.rename(folder)
        _remove(downloads)
    except OSError as error:
        raise AssetError(f"asset {asset.name}: {error.filename or folder}: {error.strerror or error}") from error
    finally:
        _remove(staging, replaced)
    return folder


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _collect(asset: Asset, sources: Mapping[AssetFile, list[Source]], staging: Path, downloads: Path) -> None:
    """Fill `staging`. What a download holds is taken out of it in one pass, for all files still missing."""
    left = {file: list(of_file) for file, of_file in sources.items()}
    reasons: dict[AssetFile, list[str]] = {file: [] for file in sources}
    limit_bytes = LIMIT_FLOOR_BYTES + LIMIT_RATIO * asset.size_bytes
    while left:
        first = next(iter(left))
        if not left[first]:
            raise AssetError(failure(asset, first, reasons[first]))
        source = left[first][0]
        wanted = {file: s.member for file, of_file in left.items() for s in of_file if s.key == source.key}
        try:
            bring(source, wanted, staging, downloads, limit_bytes)
            bad = {file: faults(staging, file, sha256) for file in wanted}
        except AssetError as error:
            bad = {file: [str(error)] for file in wanted}
        for file, lines in bad.items():
            if not lines:
                del left[file]
                continue
            left[file] = [other for other in left[file] if other.key != source.key]
            reasons[file].append(f"{source.key}: {lines[0].replace(f'{staging}/', '')}")
            for path in members(staging, file).values():
                path.unlink()
        if any(bad.values()):
            forget(source, downloads)


def failure(asset: Asset, file: AssetFile, reasons: list[str]) -> str:
    """The one line for a file that no source gave."""
    if not reasons and asset.by_hand:
        return f"asset {asset.name}: {asset.by_hand}; put it at DIR/{place(asset, file)} and pass --weights DIR"
    why = "; ".join(reasons) or "no source is known"
    remedy = f"try again with network, or put it at MIRROR/{place(asset, file)} and pass --mirror MIRROR"
    return f"asset {asset.name}, file {file.path}: {why}; {remedy}"
