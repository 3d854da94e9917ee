"""The first screen of a SuperTux level, put together as the game does.

Colour gradient, backdrops and tiles by their z-pos, seen by a camera where the player starts, in the colour of the
level's ambient light. Creatures, objects, particles, lamps, tile maps that move and layers that tint the light are
not painted. Rules after the game's sources (0.6): background.cpp, gradient.cpp, tilemap.cpp, camera.cpp,
tile_set_parser.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightsound.bench.splits.games.files import LeftOutError, inside
from sightsound.bench.splits.games.sexp import Node, number, parse

if TYPE_CHECKING:
    from PIL.Image import Image

SCREEN = (1280, 800)  # the game's own largest
TILE = 32
_BACK = -300.0  # z-pos of gradients and backdrops that name none

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Camera:
    """What the screen shows of a level, in pixels; sideways, then downwards."""

    start: tuple[float, float]
    """Upper left corner of the screen."""
    size: tuple[float, float]
    """Of the level."""


def camera_of(sector: Node) -> Camera:
    """The camera as a level begins: the player a third from the left, inside the level's edges; a level smaller
    than the screen is centred."""
    solid = [one for one in sector.all("tilemap") if one.word("solid") == "#t"]
    if not solid:
        raise LeftOutError("no solid tiles")
    width, height = (max(one.number(side, 0) for one in solid) * TILE for side in ("width", "height"))
    starts = list(sector.all("spawnpoint"))
    start = next((one for one in starts if one.word("name") == "main"), None)
    x, y = (start.number("x", 0), start.number("y", 0)) if start else (0.0, 0.0)
    left, top = (
        min(max(at, 0), room) if room >= 0 else room / 2
        for at, room in ((x - SCREEN[0] / 3, width - SCREEN[0]), (y - SCREEN[1] / 2, height - SCREEN[1]))
    )
    return Camera((left, top), (width, height))


def paint(game: Path, sector: Node) -> Image:
    """The first screen of a level. Raises LeftOutError where a file is missing."""
    from PIL import Image

    camera = camera_of(sector)
    canvas = Image.new("RGBA", SCREEN, "black")
    painters = {"gradient": _gradient, "background": _backdrop, "tilemap": _tiles}
    layers = [one for one in sector.items if isinstance(one, Node) and one.name in painters]
    for layer in sorted(layers, key=lambda one: z_pos(one)):
        if layer.word("target", layer.word("draw-target", "normal")) == "normal":
            canvas.alpha_composite(_tinted(painters[layer.name](game, layer, camera), layer))
    lit = np.asarray(canvas.convert("RGB"), dtype=np.float32) * np.asarray(ambient_light(sector))
    return Image.fromarray(np.clip(np.rint(lit), 0, 255).astype(np.uint8))


def ambient_light(sector: Node) -> list[float]:
    """The colour that everything is seen in: red, green, blue from 0 to 1."""
    light = sector.first("ambient-light")
    colour = (light.numbers("color") or [number(str(word)) for word in light.items]) if light else []
    return [*colour, 1.0, 1.0, 1.0][:3]


def z_pos(layer: Node) -> float:
    """What a layer lies behind (greater is nearer)."""
    default = 0.0 if layer.name == "tilemap" else _BACK
    return layer.number("z-pos", layer.number("layer", default))


def backdrop_file(game: Path, name: str) -> Path:
    """The file of a backdrop: older levels name it without the folder that it now lies in, as the game knows."""
    try:
        return inside(game, name.lstrip("/"))
    except LeftOutError:
        below = game / "images/background"
        found = sorted(below.glob(f"*/{Path(name).name}"), key=lambda path: (path.parent.name != "misc", path))
        if not found:
            raise
        return inside(game, found[0].relative_to(game).as_posix())


def _tinted(picture: Image, layer: Node) -> Image:
    """Times the layer's own colour and alpha."""
    from PIL import Image

    tint = [*(layer.numbers("color") if layer.name == "background" else layer.numbers("tint")), 1.0, 1.0, 1.0, 1.0]
    tint[3] *= layer.number("alpha", 1.0)
    if tint[:4] == [1.0] * 4:
        return picture
    return Image.fromarray(np.rint(np.asarray(picture) * np.clip(tint[:4], 0, 1)).astype(np.uint8))


def _gradient(game: Path, layer: Node, camera: Camera) -> Image:
    """From one colour to another, downwards or to the right, over the screen or over the whole level."""
    from PIL import Image

    direction = layer.word("direction", "vertical")
    side = 0 if direction.startswith("horizontal") else 1
    ends = (
        ("left_color", "right_color") if side == 0 and layer.first("left_color") else ("top_color", "bottom_color")
    )
    first, last = (
        np.array([*(layer.numbers(name) or default), 1.0][:4])
        for name, default in zip(ends, ([0.3, 0.4, 0.75], [1.0, 1.0, 1.0]), strict=True)
    )
    whole = direction.endswith("_sector")
    begin, size = (camera.start[side], camera.size[side]) if whole else (0.0, SCREEN[side])
    share = np.clip((np.arange(SCREEN[side]) + begin) / (size - 1), 0, 1)[:, None]
    line = np.rint(255 * np.clip(first * (1 - share) + last * share, 0, 1)).astype(np.uint8)
    shape = (SCREEN[1], SCREEN[0], 4)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(line if side == 0 else line[:, None], shape)))


def _backdrop(game: Path, layer: Node, camera: Camera) -> Image:
    """A picture repeated over the screen, moved by its share of the camera's way from the level's middle."""
    from PIL import Image

    canvas = Image.new("RGBA", SCREEN)
    if not layer.word("image"):
        return canvas
    pictures = {
        name: _opened(backdrop_file(game, layer.word(name)))
        for name in ("image", "image-top", "image-bottom")
        if layer.word(name)
    }
    picture = pictures["image"]
    across = layer.number("speed-x", layer.number("speed", 0.5))
    speeds = across, layer.number("speed-y", across)
    middle, edge = [], []  # of the picture on the screen; how far from there the ends of its way are
    for side, (at, size) in enumerate(zip(camera.start, camera.size, strict=True)):
        place = layer.number("xy"[side], size / 2) + layer.number(f"scroll-offset-{'xy'[side]}", 0)
        moved = place + (at - (size - SCREEN[side]) / 2) * (1 - speeds[side])
        middle.append(moved - at)
        edge.append(((1 - speeds[side]) * SCREEN[side] + size * speeds[side]) / 2)
    if layer.word("fill") == "#t":
        canvas.alpha_composite(picture.resize(SCREEN), (0, 0))
        return canvas
    alignment = layer.word("alignment", "none")
    first = [middle[0] - picture.width / 2, middle[1] - picture.height / 2]
    if alignment in ("left", "right"):
        first[0] = middle[0] - edge[0] if alignment == "left" else middle[0] + edge[0] - picture.width
    if alignment in ("top", "bottom"):
        first[1] = middle[1] - edge[1] if alignment == "top" else middle[1] + edge[1] - picture.height
    columns = [0] if alignment in ("left", "right") else _repeats(first[0], picture.width, SCREEN[0])
    rows = [0] if alignment in ("top", "bottom") else _repeats(first[1], picture.height, SCREEN[1])
    for row in rows:
        name = "image-top" if row < 0 else "image-bottom" if row > 0 else "image"
        shown = pictures.get(name if alignment == "none" else "image", picture)
        for column in columns:
            _put(canvas, shown, first[0] + column * picture.width, first[1] + row * picture.height)
    return canvas


def _repeats(first: float, size: int, room: int) -> range:
    """The numbers of the repeats of something at `first` that are on a screen of `room` pixels."""
    return range(-int(first // size) - 1, int((room - first) // size) + 1)


def _put(canvas: Image, picture: Image, left: float, top: float) -> None:
    """Lay a picture on the canvas, as much of it as is inside."""
    x, y = round(left), round(top)
    inside_box = (
        max(-x, 0),
        max(-y, 0),
        min(picture.width, canvas.width - x),
        min(picture.height, canvas.height - y),
    )
    if inside_box[0] < inside_box[2] and inside_box[1] < inside_box[3]:
        canvas.alpha_composite(picture, (max(x, 0), max(y, 0)), inside_box)


def _tiles(game: Path, layer: Node, camera: Camera) -> Image:
    """The tiles that are on the screen."""
    from PIL import Image

    canvas = Image.new("RGBA", SCREEN)
    if layer.first("path") or layer.first("path-ref"):
        return canvas  # it moves
    known = tile_images(game)
    width = int(layer.number("width", 0))
    speed = layer.number("speed", 1.0)
    left = camera.start[0] * layer.number("speed-x", speed)
    top = camera.start[1] * layer.number("speed-y", speed)
    for index, tile in enumerate(layer.words("tiles")):
        x, y = index % width * TILE - left, index // width * TILE - top
        if tile != "0" and tile in known and -4 * TILE < x < SCREEN[0] and -4 * TILE < y < SCREEN[1]:
            file, box = known[tile]
            picture = _opened(inside(game, f"images/{file}"))
            _put(canvas, picture.crop(box) if box else picture, x, y)
    return canvas


@lru_cache(maxsize=2)
def tile_images(game: Path) -> dict[str, tuple[str, Box | None]]:
    """Tile number -> the file below `images/` and the part of it that the tile shows (None: all of it)."""
    found: dict[str, tuple[str, Box | None]] = {}
    for one in parse((game / "images/tiles.strf").read_text(encoding="utf-8")).items:
        if not isinstance(one, Node) or one.name not in ("tile", "tiles"):
            continue
        shown = one.first("images") or one.first("image")
        if shown is None or not shown.items:
            continue
        file, box = _part(shown.items[0])
        if one.name == "tile":
            found[one.word("id")] = (file, box)
            continue
        width = int(one.number("width", 0))
        for index, tile in enumerate(one.words("ids")):
            left, top = index % width * TILE, index // width * TILE
            found[tile] = (file, (left, top, left + TILE, top + TILE))
    return found


def _part(shown: str | Node) -> tuple[str, Box | None]:
    """The file that a tile's first picture is in, and the part of it: `"file"`, `(region "file" x y width height)`
    or `(surface (diffuse-texture (file "file")) ...)`."""
    if isinstance(shown, str):
        return shown, None
    texture = shown.first("diffuse-texture")
    if texture:
        return texture.word("file"), None
    file, left, top, across, down = (str(word) for word in shown.items)
    box = tuple(int(number(word)) for word in (left, top, across, down))
    return file, (box[0], box[1], box[0] + box[2], box[1] + box[3])


@lru_cache(maxsize=256)
def _opened(path: Path) -> Image:
    from PIL import Image

    with Image.open(path) as opened:
        return opened.convert("RGBA")
