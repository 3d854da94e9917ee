"""Scenes of Fish Fillets: its rooms, each with its picture, its music, and its name and conversation in English.

The scripts of a room are searched for the few calls that name these things, never run. A room is painted as it
begins: its background and its things where they lie, without the two fish that the player moves.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.splits.games.files import LeftOutError, inside, joined, safe_id
from sightsound.bench.splits.games.scene import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

FIELD = 15  # pixels of a field of the room's grid
LARGE = 2  # pictures that make a room: its background and its walls; the things in it recur in other rooms
_LICENCE = "GPL-2"  # of all but the font, says the package's copyright file

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_FILE = r'"images/"\s*\.\.\s*codename\s*\.\.\s*"/([^"]+)"'
_PLAYED = re.compile(r"sound_playMusic\(([^)]*)\)")
_ROOM = re.compile(rf"createRoom\(\s*\d+\s*,\s*\d+\s*,\s*{_FILE}")
_THING = re.compile(
    r'^[ \t]*(?P<made>\w+)\s*=\s*addModel\(\s*"\w+"\s*,\s*(?P<x>\d+)\s*,\s*(?P<y>\d+)\s*,'
    rf"|^[ \t]*addItemAnim\(\s*(?P<shown>\w+)\s*,\s*{_FILE}\s*\)",
    re.MULTILINE,
)
_SAID = re.compile(rf'dialogId\(\s*"[^"]*"\s*,\s*"[^"]*"\s*,\s*{_TEXT}\s*\)')
_NAMED = re.compile(rf'worldmap_addDesc\(\s*"([^"]+)"\s*,\s*"en"\s*,\s*{_TEXT}')

Placed = tuple[Path, int, int]
"""A picture and where its upper left corner is in the room, in pixels."""


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    game = folder.resolve()
    names = dict(_NAMED.findall(_code(game, "script/worlddesc.lua")))
    found: list[Scene] = []
    left_out: list[str] = []
    for room in sorted(path.parent for path in (game / "script").glob("*/models.lua")):
        try:
            found.append(_scene(game, room.name, names.get(room.name, "")))
        except LeftOutError as error:
            left_out.append(f"room {room.name}: {error}")
    return found, left_out


def _scene(game: Path, room: str, name: str) -> Scene:
    """The scene of one room. Raises LeftOutError where it has no music or something is missing."""
    played = set(_PLAYED.findall(_code(game, f"script/{room}/code.lua")))
    if len(played) != 1 or not (said := re.fullmatch(_TEXT, played.copy().pop())):
        raise LeftOutError(f"its script plays {len(played)} tracks, or one that it computes, not one by name")
    music = inside(game, said[1])
    placed = things(game, room)
    return Scene(
        game="fillets",
        name=safe_id(room),
        picture=None,
        painted=partial(paint, placed),
        picture_source=joined(game, dict.fromkeys(path for path, _, _ in placed[:LARGE])),
        music=music,
        text=_text(game, room, name),
        licence=_LICENCE,
    )


def things(game: Path, room: str) -> list[Placed]:
    """What a room shows, from the back to the front. Raises LeftOutError for a picture that is missing."""
    code = _code(game, f"script/{room}/models.lua")
    back = _ROOM.search(code)
    if not back:
        raise LeftOutError("no picture of its room")
    placed = [(inside(game, f"images/{room}/{back[1]}"), 0, 0)]
    at: dict[str, tuple[int, int]] = {}
    for call in _THING.finditer(code):
        if call["made"]:
            at[call["made"]] = int(call["x"]) * FIELD, int(call["y"]) * FIELD
        elif call["shown"] in at:  # the first picture of a thing; the others move it
            placed.append((inside(game, f"images/{room}/{call[5]}"), *at.pop(call["shown"])))
    return placed


def paint(placed: list[Placed]) -> Image:
    """The room: the first picture, the others laid over it where they belong."""
    from PIL import Image

    with Image.open(placed[0][0]) as opened:
        canvas = opened.convert("RGBA")
    for path, x, y in placed[1:]:
        with Image.open(path) as opened:
            layer = opened.convert("RGBA")
        canvas.alpha_composite(layer.crop((0, 0, max(canvas.width - x, 1), max(canvas.height - y, 1))), (x, y))
    black = Image.new("RGBA", canvas.size, "black")
    return Image.alpha_composite(black, canvas).convert("RGB")


def _text(game: Path, room: str, name: str) -> str | None:
    """The room's name and, a line each, all that the two fish may say in it; None where they say nothing."""
    if not (game / f"script/{room}/dialogs_en.lua").is_file():
        return None
    said = [_plain(line) for line in _SAID.findall(_code(game, f"script/{room}/dialogs_en.lua"))]
    said = list(dict.fromkeys(line for line in said if line))
    return "\n".join(([_plain(name), ""] if name else []) + said) if said else None


def _plain(text: str) -> str:
    """A Lua string's text on one line, without marks for values that the game puts in."""
    text = re.sub(r"\\(.)", lambda found: {"n": " ", "t": " "}.get(found[1], found[1]), text)
    return re.sub(r"\s+", " ", text).strip()


def _code(game: Path, path: str) -> str:
    """A script without its comments. Raises LeftOutError where it is missing or no UTF-8."""
    try:
        text = inside(game, path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LeftOutError(f"{path} is no UTF-8 text") from error
    return re.sub(r"^[ \t]*--.*$", "", text, flags=re.MULTILINE)
