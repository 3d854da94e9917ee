"""Files from outside: what they are, where they come from, whether they are here and whether they are right."""

from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.store import digest, expect, fetch, locate, verify

__all__ = ["AssetError", "digest", "expect", "fetch", "locate", "verify"]
