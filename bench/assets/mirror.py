"""Where the files of an asset lie in the user's mirror: `--mirror DIR` or SIGHTSOUND_MIRROR.

A file of the hub is looked for at DIR/owner/repo/path, and every file at DIR/<asset's name>/<file's path>. What a
mirror at a URI has of an asset is copied here when that is asked for, and then used like any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from sightsound.bench.assets.check import faults, listing
from sightsound.bench.assets.digests import sha256
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.uri import parse
from sightsound.bench.core import locks
from sightsound.bench.core.cache import expanded
from sightsound.bench.core.types import Report
from sightsound.bench.remote import copies
from sightsound.bench.remote import uri as uris
from sightsound.bench.remote.place import Listed, Place, RemoteError
from sightsound.bench.remote.sync import Synced
from sightsound.metrics.asset import Asset, AssetFile


def mirror_dir(given: Path | None) -> Path | None:
    """The mirror in use: the given one, else that of the environment; of one at a URI what is copied of it.

    Raises AssetError if it is no folder.
    """
    named = given or os.environ.get("SIGHTSOUND_MIRROR")
    if not named:
        return None
    if uri := uris.of(named):
        return copies.place_of(uri)
    folder = expanded(named, "the mirror").absolute()
    if not _looked_at(folder, Path.is_dir):
        raise AssetError(f"the mirror {folder} is not a folder; check --mirror or SIGHTSOUND_MIRROR")
    return folder


@dataclass(frozen=True)
class _Offer:
    """Where a mirror at a URI has a file, or a tree of files, of an asset."""

    root: str
    """Folder in the mirror."""
    file: AssetFile
    """The file with its path in that folder."""
    listed: Mapping[str, Listed]
    """What there is of it, by name in the mirror."""


def bring(asset: Asset, given: Path | None, report: Report) -> bool:
    """Copy what a mirror at a URI has of the asset, where that is not here already; whether that is all of it.

    Raises AssetError where the mirror cannot be reached, and for a file that is not the catalogue's, which is not
    kept; for a mirror that is a folder here nothing is done.
    """
    if not (uri := uris.of(given or os.environ.get("SIGHTSOUND_MIRROR"))):
        return False
    try:
        offers = _offers(asset, Place(uri))
        folder = copies.noted(uri)
        with locks.hold(folder.parent / ".lock"):
            for offer in offers:
                if Synced(folder, Place(uri)).bring(offer.listed, report):
                    _check(asset, folder, offer)
    except RemoteError as error:
        raise AssetError(f"the mirror: {error}") from error
    return len(offers) == len(asset.files)


def _check(asset: Asset, folder: Path, offer: _Offer) -> None:
    if lines := faults(folder / offer.root, offer.file, sha256):
        for name in offer.listed:
            (folder / name).unlink(missing_ok=True)
        raise AssetError(f"asset {asset.name}: {lines[0]}; replace it in the mirror")


def offers(asset: Asset, given: Path | None) -> bool:
    """Whether a mirror at a URI has all files of the asset. Raises AssetError where it cannot be reached."""
    uri = uris.of(given or os.environ.get("SIGHTSOUND_MIRROR"))
    try:
        return uri is not None and len(_offers(asset, Place(uri))) == len(asset.files)
    except RemoteError as error:
        raise AssetError(f"the mirror: {error}") from error


def _offers(asset: Asset, mirror: Place) -> list[_Offer]:
    """For each file that a mirror at a URI has, the first of its places that has some of it."""
    listed: dict[str, dict[str, Listed]] = {}
    found = []
    for file in asset.files:
        for folder, relative in _places(asset, file, Path()):
            root = folder.as_posix()
            if root not in listed:
                listed[root] = mirror.files(root)
            there = replace(file, path=f"{relative}{'/' * file.is_tree}")
            if some := {name: one for name, one in listed[root].items() if _is_of(name, root, there)}:
                found.append(_Offer(root, there, some))
                break
    return found


def _is_of(name: str, root: str, file: AssetFile) -> bool:
    """Whether a file of the mirror, by its name there, is one of `file` in the folder `root`."""
    base = (PurePosixPath(root) / file.path).as_posix()
    if not file.is_tree:
        return name == base
    return name.startswith(f"{base}/") and file.keeps(name[len(base) + 1 :])


def usable_in_place(asset: Asset, mirror: Path) -> Path | None:
    """A folder of the mirror that is laid out as the asset's own folder, with every file."""
    roots = dict.fromkeys(root for file in asset.files for root, _ in _places(asset, file, mirror))
    for root in roots:
        if all(_has(root / file.path, file) for file in asset.files):
            return root
    return None


def copy_of(asset: Asset, file: AssetFile, mirror: Path) -> Path | None:
    """The mirror's copy of one file, whatever its name there."""
    for root, relative in _places(asset, file, mirror):
        if _has(root / relative, file):
            return root / relative
    return None


def place(asset: Asset, file: AssetFile) -> str:
    """Path of the file in a mirror, for messages."""
    root, relative = _places(asset, file, Path())[0]
    return f"{root / relative}{'/' * file.is_tree}"


def _places(asset: Asset, file: AssetFile, mirror: Path) -> list[tuple[Path, PurePosixPath]]:
    """(folder, path in it) of the places where the mirror may hold the file."""
    sources = [parse(uri) for uri in file.uris]
    hub = [
        (mirror / source.package.partition("@")[0], PurePosixPath(source.member))
        for source in sources
        if source.scheme == "hf"
    ]
    return [*hub, (mirror / asset.name, PurePosixPath(file.path))]


def _has(path: Path, file: AssetFile) -> bool:
    return bool(listing(path, file)) if file.is_tree else _looked_at(path, Path.is_file)


def _looked_at(path: Path, test: Callable[[Path], bool]) -> bool:
    """What the test says of a path. Raises AssetError for one in a folder that this user may not look into."""
    try:
        return test(path)
    except OSError as error:
        raise AssetError(
            f"the mirror: {path}: {error.strerror or error}; make it readable, or give another --mirror"
        ) from error
