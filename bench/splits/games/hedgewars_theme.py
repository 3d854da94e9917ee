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
    colours: dict[str, RGB]
    """`sky`, `water-top`, `water-bottom`, the same of water with `sd-` for sudden death, and `sd-tint`: red, green
    and blue, 0 to 255; the game's own where the theme says none."""

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
    """The theme in `folder`. Raises LeftOutError where it has no theme.cfg, and for a colour that is none."""
    lines = inside(folder, "theme.cfg").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith(";") and "=" in line)
    said = {key.strip(): value.strip() for key, _, value in pairs}
    colours = {key: _colour(key, said[key]) if key in said else default for key, default in _DEFAULTS.items()}
    return Theme(folder.name, folder.resolve(), said, colours)


def _colour(key: str, text: str) -> RGB:
    """Three numbers, decimal or hexadecimal after a `$`; the fourth of a tint is its opacity and not read."""
    found = re.fullmatch(r"\s*,\s*".join([r"(\d{1,3}|\$[0-9A-Fa-f]{1,2})"] * 3) + r"(?:\s*,.*)?", text)
    numbers = [int(part[1:], 16) if part[0] == "$" else int(part) for part in found.groups()] if found else [256]
    if max(numbers) > 255:
        raise LeftOutError(f"{key} = {text!r} in its theme.cfg is no colour")
    return numbers[0], numbers[1], numbers[2]
