"""Files from outside: what they are, where they come from, whether they are here and whether they are right."""

from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.need import Need, check_room, free_bytes, needs, size
from sightsound.bench.assets.store import digest, expect, fetch, is_here, locate, verify

__all__ = [
    "AssetError",
    "Need",
    "check_room",
    "digest",
    "expect",
    "fetch",
    "free_bytes",
    "is_here",
    "locate",
    "needs",
    "size",
    "verify",
]
