"""A theme of Hedgewars: what its `theme.cfg` says of colours and music (uLandObjects.pas reads it in the game)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.splits.games.files import LeftOutError, inside

RGB = tuple[int, int, int]

_DEFAULTS: dict[str, RGB] = {  # uVariables.pas, for what a theme does not say
    "sky": (0, 0, 0),
    "water-top": (84, 92, 157),
    "water-bottom": (52, 60, 125),
    "sd-water-top": (182, 144, 201),
    "sd-water-bottom": (150, 112, 169),
    "sd-tint": (128, 128, 128),
}


@dataclass(frozen=True)
class Theme:
    """One theme: a look of the land, its sky and its water, and the music that is played in it."""

    name: str
    """Name of its folder."""
    folder: Path
    """Its folder."""
    said: dict[str, str]
    """`key = value` of its theme.cfg; of a key that is there several times the last."""

    def colour(self, key: str) -> RGB:
        """Red, green and blue, 0 to 255. Raises LeftOutError for what is no colour."""
        if key not in self.said:
            return _DEFAULTS[key]
        parts = [part.strip() for part in self.said[key].split(",")][:3]  # a tint has a fourth, its opacity
        numbers = [_number(part) for part in parts]
        if len(numbers) != 3 or any(number is None or number > 255 for number in numbers):
            raise LeftOutError(f"{key} = {self.said[key]!r} in its theme.cfg is no colour")
        return numbers[0] or 0, numbers[1] or 0, numbers[2] or 0

    def track(self, game: Path, key: str) -> Path:
        """The file of its music: what `key` names, or the fallback where that file is missing.

        `key`: `music`, or `sd-music` for sudden death. Raises LeftOutError where neither is there.
        """
        named = [self.said[name] for name in (key, f"fallback-{key}") if self.said.get(name)]
        if not named:
            raise LeftOutError(f"its theme.cfg names no {key}")
        for name in named[:-1]:
            if (game / "Music" / name).is_file():
                return inside(game / "Music", name)
        return inside(game / "Music", named[-1])

    def image(self, name: str) -> Path | None:
        """One of its pictures, or None where it has none of that name."""
        try:
            return inside(self.folder, name)
        except LeftOutError:
            return None


def read_theme(folder: Path) -> Theme:
    """The theme in `folder`. Raises LeftOutError where it has no theme.cfg."""
    lines = inside(folder, "theme.cfg").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith(";") and "=" in line)
    return Theme(folder.name, folder.resolve(), {key.strip(): value.strip() for key, _, value in pairs})


def _number(text: str) -> int | None:
    """A number in decimal, or in hexadecimal after a `$`; None for anything else."""
    if re.fullmatch(r"\d{1,3}", text):
        return int(text)
    return int(text[1:], 16) if re.fullmatch(r"\$[0-9A-Fa-f]{1,2}", text) else None
