"""Scenes of SuperTuxKart: its tracks, arenas and cutscenes, each with the picture and the music of its menu entry.

`track.xml` names both. A `.music` file, beside the track or in `music/`, names the sound file; the faster version
for the last lap is not used.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from sightsound.bench.splits.games import copyright as packages
from sightsound.bench.splits.games.files import LeftOutError, inside, safe_id
from sightsound.bench.splits.games.scene import Scene

_ELEMENT = re.compile(r'<[A-Za-z][\w-]*((?:\s+[\w-]+\s*=\s*"[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    game = folder.resolve()
    terms = packages.read(game / packages.NAME)
    found: list[Scene] = []
    left_out: list[str] = []
    for track in sorted((game / "data/tracks").glob("*/track.xml")):
        try:
            found.append(_scene(game, track.parent, terms))
        except LeftOutError as error:
            left_out.append(f"track {track.parent.name}: {error}")
    return found, left_out


def _scene(game: Path, track: Path, terms: packages.Copyright) -> Scene:
    """The scene of one track. Raises LeftOutError where its makers chose no picture or no music, or it is gone."""
    said = _attributes(track / "track.xml")
    if not said.get("screenshot"):
        raise LeftOutError("no picture")
    if not said.get("music"):
        raise LeftOutError("no music")
    picture = inside(game, f"data/tracks/{track.name}/{said['screenshot']}")
    music = _music(game, track, said["music"])
    sources = [path.relative_to(game).as_posix() for path in (music, picture)]
    return Scene(
        game="supertuxkart",
        name=safe_id(track.name),
        picture=picture,
        painted=None,
        picture_source=sources[1],
        music=music,
        text=None,
        licence=", ".join(dict.fromkeys(terms.of(path).licence for path in sources)),
    )


def _music(game: Path, track: Path, name: str) -> Path:
    """The sound file of a `.music` file, which is looked for beside the track before `music/`."""
    for place in (f"data/tracks/{track.name}", "data/music"):
        if (game / place / name).is_file():
            described = inside(game, f"{place}/{name}")
            file = _attributes(described).get("file")
            if not file:
                raise LeftOutError(f"{name} names no sound file")
            return inside(game, f"{place}/{file}")
    raise LeftOutError(f"its music {name} is not among the game's files")


def _attributes(path: Path) -> dict[str, str]:
    """The attributes of the outermost element of an XML file. Some of the game's files have a bare `&` in a value,
    which its own reader takes as it is and a strict one refuses."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise LeftOutError(f"{path.name} cannot be read ({error.strerror or error})") from error
    element = _ELEMENT.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    if not element:
        raise LeftOutError(f"{path.name} holds no element")
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(element[1])}
