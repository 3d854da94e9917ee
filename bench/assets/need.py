"""What is still to be downloaded and what room it takes, known without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.assets.build import assets_dir
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.store import is_here
from sightsound.bench.assets.uri import parse
from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.metrics.asset import Asset

GB = 1e9
PACKED = ("pypi", "deb")  # what is downloaded is an archive


@dataclass(frozen=True)
class Need:
    """One asset, as far as it is not here."""

    asset: Asset
    """Its card."""
    here: bool
    """Whether all of it is here, in the mirror or the cache."""
    download_bytes: int
    """Still to be downloaded: 0 where it is here or has to be brought by hand."""
    disk_bytes: int
    """Room that it takes in the cache while it is brought here: with the archive that it comes in, and with what
    it is converted to."""

    @property
    def to_bring(self) -> str:
        """How the user comes by it, where nothing downloads it and it is not here; else empty."""
        return "" if self.here else self.asset.by_hand

    @property
    def gate(self) -> str:
        """Whom to ask for it, where it is not here; else empty."""
        return "" if self.here else self.asset.gate


def needs(names: Iterable[str], mirror: Path | None = None) -> list[Need]:
    """Each asset once, in the order of the names. A damaged one counts as absent."""
    return [_need(name, mirror) for name in dict.fromkeys(names)]


def _need(name: str, mirror: Path | None) -> Need:
    asset = registry.asset(name)
    try:
        here = is_here(name, mirror)
    except AssetError:  # a wrong file in the mirror; whoever uses it is told
        here = False
    if here or asset.by_hand:
        return Need(asset, here, 0, 0)
    schemes = [parse(file.uris[0]) for file in asset.files]
    packed = any(s.scheme in PACKED or (s.scheme != "hf" and s.member) for s in schemes)
    begun = _begun(assets_dir() / ".downloads" / name)
    left = max(0, asset.size_bytes - begun)
    return Need(asset, False, left, left + asset.size_bytes * (packed + bool(asset.convert)))


def _begun(folder: Path) -> int:
    """Bytes of a download under way."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def free_bytes() -> int:
    """Room on the disk that holds the cache, which may not be there yet."""
    folder = cache_dir().absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_room(wanted: Sequence[Need]) -> None:
    """Raise AssetError where the disk has not the room for all of them, before any is downloaded."""
    need, free = sum(each.disk_bytes for each in wanted), free_bytes()
    if need > free:
        largest = sorted(wanted, key=lambda each: -each.disk_bytes)[:3]
        sizes = ", ".join(f"{each.asset.name} {size(each.disk_bytes)}" for each in largest if each.disk_bytes)
        raise AssetError(
            f"{size(need)} are to be brought here ({sizes}{' and more' if len(wanted) > 3 else ''}) and the disk "
            f"of {cache_dir()} has {size(free)} free; make room, or name another disk in SIGHTSOUND_CACHE"
        )


def size(count: float) -> str:
    """Bytes as people write them.

    >>> size(15_250_000_000), size(84_000_000), size(1200)
    ('15.2 GB', '84 MB', '1 kB')
    """
    for unit, worth in (("GB", 1e9), ("MB", 1e6)):
        if count >= worth:
            return f"{count / worth:.{1 if unit == 'GB' else 0}f} {unit}"
    return f"{count / 1e3:.0f} kB"
