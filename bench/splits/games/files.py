"""What the readers share: files below a game's folder, names that are safe as ids, and why a place is no scene."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

SEPARATOR = " | "


class LeftOutError(Exception):
    """Why a place of a game is no scene."""


def inside(folder: Path, name: str) -> Path:
    """The file `name` below `folder`. Raises LeftOutError where it is not there or the name leads out of it."""
    folder = folder.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise LeftOutError(f"{name} is not among the game's files")
    return path


def joined(game: Path, files: Iterable[Path]) -> str:
    """The paths of files below the game's folder, as a scene's `picture_source` holds them."""
    return SEPARATOR.join(path.relative_to(game).as_posix() for path in files)


def safe_id(name: str) -> str:
    """The name with everything but letters, digits, _ and - as one underscore.

    >>> safe_id("Za'lek Prime")
    'Za_lek_Prime'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)


def draw(name: str, purpose: str) -> float:
    """A number in [0, 1) that only the name and the purpose decide: a draw that every run repeats."""
    return int.from_bytes(hashlib.sha256(f"{purpose}\0{name}".encode()).digest()[:6]) / 2**48
