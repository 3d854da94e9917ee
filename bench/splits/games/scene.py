"""What a reader of a game gives: places for which the game's makers chose a picture and music."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Scene:
    """One place of a game for which its makers chose a picture and music."""

    game: str
    """Its name in index.py."""
    name: str
    """Id within the game: letters, digits, _ and - (made safe by the reader)."""
    picture: Path | None
    """An image file of the game, taken as it is; or None."""
    painted: Callable[[], Image] | None
    """Instead of `picture`: puts the picture together as the game does (PIL RGB), called when it is written."""
    picture_source: str
    """Paths in the game's folder of the files that it shows, apart by files.SEPARATOR. What recurs in many
    pictures (tiles, props, water, veils) is not named: scenes that share a named file are dependent."""
    music: Path
    """The track's file."""
    text: str | None
    """English text that belongs to the place: a description, a conversation; None where there is none."""
    licence: str
    """Of the files, as the package's copyright file or the file's own metadata says."""
