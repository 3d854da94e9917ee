"""The one folder outside the run folder that the suite writes to."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """`SIGHTSOUND_CACHE`, else `sightsound` under the user's cache folder. Not created here."""
    if given := os.environ.get("SIGHTSOUND_CACHE"):
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sightsound"
