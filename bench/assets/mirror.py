"""Where the files of an asset lie in the user's mirror: `--mirror DIR` or SIGHTSOUND_MIRROR.

A file of the hub is looked for at DIR/owner/repo/path, and every file at DIR/<asset's name>/<file's path>.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sightsound.bench.assets.check import listing
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.uri import parse
from sightsound.bench.core.cache import expanded
from sightsound.metrics.asset import Asset, AssetFile


def mirror_dir(given: Path | None) -> Path | None:
    """The mirror in use: the given one, else that of the environment. Raises AssetError if it is no folder."""
    named = given or os.environ.get("SIGHTSOUND_MIRROR")
    if not named:
        return None
    folder = expanded(named, "the mirror").absolute()
    if not _looked_at(folder, Path.is_dir):
        raise AssetError(f"the mirror {folder} is not a folder; check --mirror or SIGHTSOUND_MIRROR")
    return folder


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
