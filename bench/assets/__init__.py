"""Files from outside: what they are, where they come from, whether they are here and whether they are right."""

from sightsound.bench.assets.catalogue import ASSETS
from sightsound.bench.assets.model import Asset, AssetError, AssetFile
from sightsound.bench.assets.store import digest, fetch, locate, verify

__all__ = ["ASSETS", "Asset", "AssetError", "AssetFile", "digest", "fetch", "locate", "verify"]
