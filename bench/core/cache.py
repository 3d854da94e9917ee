"""The one folder outside the run folder that the suite writes to."""

import os
from pathlib import Path

from sightsound.bench.core.errors import BenchError


def cache_dir() -> Path:
    """`SIGHTSOUND_CACHE`, else `sightsound` under the user's cache folder. Not created here.

    Raises BenchError where that needs a home folder and none is known, and for a URI.
    """
    if given := os.environ.get("SIGHTSOUND_CACHE"):
        if "://" in given:
            raise BenchError(
                f"SIGHTSOUND_CACHE={given}: the cache is a folder of this machine; SIGHTSOUND_SHARED takes a URI "
                "for what hosts share (docs/remote.md)"
            )
        return expanded(given, "SIGHTSOUND_CACHE")
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "the cache") / "sightsound"


def expanded(path: str | Path, what: str) -> Path:
    """The path with its `~` replaced. Raises BenchError where that user's home folder is not known."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # no HOME, and no entry of this user among the system's
        raise BenchError(
            f"{what}: {path} needs a home folder and this user has none; set SIGHTSOUND_CACHE to a folder"
        ) from error
