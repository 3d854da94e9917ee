"""Puts the picture of a Hedgewars theme together as the game does (DrawWorldStereo in uWorld.pas of 1.0).

From behind: the sky's colour, the sky (SkyL and SkyR beside it), the horizon (horizontL and horizontR beside it),
the land of a map, the water with one row of waves. Left out: clouds, flakes, the other rows of waves, and what the
game places by chance (generated land, objects on it, hedgehogs).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.splits.games.hedgewars_theme import RGB, Theme

if TYPE_CHECKING:
    from PIL.Image import Image

WINDOW = (1024, 768)  # the game's default window, in pixels
WATER_PX = 64  # what is seen of the water
SUNK_PX = 32  # how far sky and horizon reach below the water line (cWaveHeight)
LONGEST_PX = 1024  # pictures of maps are made smaller by a whole factor until they fit


def parts(game: Path, theme: Theme, *, sudden_death: bool = False) -> list[Path]:
    """The image files that the theme's picture is made of."""
    names = [f"{middle}{side}.png" for middle in ("Sky", "horizont") for side in ("", "L", "R")]
    found = [theme.image(name) for name in names] + [_waves(game, theme, sudden_death)]
    return [path for path in found if path]


def paint(game: Path, theme: Theme, *, sudden_death: bool = False, land: Path | None = None) -> Image:
    """The theme's picture in RGB: of the default window's size, or as wide as the map whose land is given.

    Raises OSError for an image that cannot be read.
    """
    from PIL import Image, ImageChops

    prefix = "sd-" if sudden_death else ""
    tint = theme.colours["sd-tint"] if sudden_death else (255, 255, 255)
    ground = Image.open(land).convert("RGBA") if land else None
    width, height = (ground.width, ground.height + WATER_PX) if ground else WINDOW
    water_y = height - WATER_PX
    picture = Image.new("RGB", (width, height), theme.colours["sky"])
    _background(picture, theme, "Sky", water_y + SUNK_PX)
    _background(picture, theme, "horizont", water_y + SUNK_PX)
    if sudden_death:
        picture = ImageChops.multiply(picture, Image.new("RGB", picture.size, tint))
    if ground:
        picture.paste(ground, (0, 0), ground)
    _water(picture, water_y, theme.colours[f"{prefix}water-top"], theme.colours[f"{prefix}water-bottom"])
    if waves := _waves(game, theme, sudden_death):
        wave = Image.open(waves).convert("RGBA")
        for x in range(0, width, wave.width):
            picture.paste(wave, (x, water_y), wave)
    return picture.reduce(-(-max(picture.size) // LONGEST_PX))


def _background(picture: Image, theme: Theme, name: str, bottom: int) -> None:
    """Lay a background over the width (DrawRepeated): repeated from the middle on, or, where the theme has a
    picture for its sides, once in the middle with the sides repeated beside it; the left serves for a missing
    right."""
    from PIL import Image

    path, left_path = theme.image(f"{name}.png"), theme.image(f"{name}L.png")
    if path is None:
        return
    middle = Image.open(path).convert("RGBA")
    centre = picture.width // 2
    if left_path is None:
        left, right, start = middle, middle, centre
    else:
        left = Image.open(left_path).convert("RGBA")
        right_path = theme.image(f"{name}R.png")
        right = Image.open(right_path).convert("RGBA") if right_path else left
        start = centre - middle.width // 2
        picture.paste(middle, (start, bottom - middle.height), middle)
    for x in range(start - left.width, -left.width, -left.width):
        picture.paste(left, (x, bottom - left.height), left)
    for x in range(start if left_path is None else start + middle.width, picture.width, right.width):
        picture.paste(right, (x, bottom - right.height), right)


def _water(picture: Image, top_y: int, top: RGB, bottom: RGB) -> None:
    """Fill from the water line to the lower edge, the surface's colour passing into the depth's."""
    depth = picture.height - top_y
    for row in range(depth):
        mixed = tuple((a * (depth - 1 - row) + b * row) // (depth - 1) for a, b in zip(top, bottom, strict=True))
        picture.paste(mixed, (0, top_y + row, picture.width, top_y + row + 1))


def _waves(game: Path, theme: Theme, sudden_death: bool) -> Path | None:
    """The theme's picture of a wave, or the game's."""
    name, common = ("SDWater.png", "SuddenDeath/SDWater.png") if sudden_death else ("BlueWater.png",) * 2
    path = game / "Graphics" / common
    return theme.image(name) or (path.resolve() if path.is_file() else None)
