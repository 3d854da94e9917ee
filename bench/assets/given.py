"""The digest of weights that somebody holds in a folder, wherever it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sightsound.bench.assets.build import assets_dir
from sightsound.bench.assets.check import asset_digest, members
from sightsound.bench.assets.convert import DIGESTS
from sightsound.bench.assets.digests import Memory, tree_digest
from sightsound.bench.assets.store import ways
from sightsound.bench.core import registry


def folder_digest(name: str, folder: Path) -> str:
    """sha256 of the bytes of the asset `name` in the folder that `fetch` gave for it, or in one laid out like it.

    Of a converted asset by the digests that were noted when it was converted, which `fetch` holds it to. Of an
    asset that is not in the catalogue, by all files of the folder. Remembered as `digest` remembers. OSError for a
    file that cannot be read.
    """
    if (folder / DIGESTS).is_file():
        return hashlib.sha256((folder / DIGESTS).read_bytes()).hexdigest()
    memory = Memory(assets_dir() / ".digests" / f"{name}.json")
    known = ways(name) if name in registry.cards("asset") else ()
    for asset in known:
        if all(members(folder, file) for file in asset.files):
            found = asset_digest(folder, asset, memory.sha256)
            break
    else:
        paths = (path for path in folder.rglob("*") if path.is_file())
        found = tree_digest((path.relative_to(folder).as_posix(), memory.sha256(path)) for path in paths)
    memory.keep()
    return found
