"""Scenes of SuperTux: its levels, each with its first screen and the music of its first sector."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sightsound.bench.splits.games import copyright as packages
from sightsound.bench.splits.games.files import SEPARATOR, LeftOutError, inside, joined, safe_id
from sightsound.bench.splits.games.scene import Scene
from sightsound.bench.splits.games.sexp import Node, parse
from sightsound.bench.splits.games.supertux_painting import ambient_light, backdrop_file, camera_of, paint

DARK = 0.3  # ambient light below which next to nothing is seen
OVERLAYS = ("misc/", "halloween/fog.png", "halloween/vignette.png")
"""Backdrops that only veil what lies behind them: no picture that levels share."""


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    game = folder.resolve()
    terms = packages.read(game / packages.NAME)
    found: list[Scene] = []
    left_out: list[str] = []
    for level in sorted((game / "levels").glob("*/*.stl")):
        try:
            found.append(_scene(game, level, terms))
        except (LeftOutError, UnicodeDecodeError) as error:
            left_out.append(f"level {level.relative_to(game / 'levels')}: {error}")
    return _with_backdrop(found, left_out)


def _with_backdrop(found: list[Scene], left_out: list[str]) -> tuple[list[Scene], list[str]]:
    """The scenes, those of colours and tiles alone only where their track has no others."""
    plain = {scene.name for scene in found if SEPARATOR not in scene.picture_source}
    better = {scene.music for scene in found if scene.name not in plain}
    dropped = {scene.name for scene in found if scene.name in plain and scene.music in better}
    left_out += [
        f"level {name}: no backdrop, and other levels with its track have one" for name in sorted(dropped)
    ]
    return [scene for scene in found if scene.name not in dropped], left_out


def _scene(game: Path, level: Path, terms: packages.Copyright) -> Scene:
    """The scene of one level. Raises LeftOutError where it has no music or something is missing."""
    sectors = list(parse(level.read_text(encoding="utf-8")).all("sector"))
    sector = next((one for one in sectors if one.word("name") == "main"), None)
    if sector is None:
        raise LeftOutError("no sector to begin in")
    music = _music(game, sector)
    camera_of(sector)
    if max(ambient_light(sector)) < DARK:
        raise LeftOutError("it is dark but for lamps, which are not painted")
    backdrops = _backdrops(game, sector)
    named = [path.relative_to(game).as_posix() for path in (music, level, *backdrops)]
    return Scene(
        game="supertux",
        name=safe_id(f"{level.parent.name}_{level.stem}"),
        picture=None,
        painted=partial(paint, game, sector),
        picture_source=joined(game, (level, *backdrops)),
        music=music,
        text=None,
        licence=", ".join(dict.fromkeys(terms.of(f"data/{path}").licence for path in named)),
    )


def _music(game: Path, sector: Node) -> Path:
    """The sound file that the sector plays: named itself, or by a `.music` file beside it."""
    said = sector.first("music")
    name = (said.word("file") or next((one for one in said.items if isinstance(one, str)), "")) if said else ""
    if not name:
        raise LeftOutError("no music")
    file = inside(game, name.lstrip("/"))
    if file.suffix == ".music":
        named = parse(file.read_text(encoding="utf-8")).word("file")
        file = inside(game, (file.parent / named).relative_to(game).as_posix())
    return file


def _backdrops(game: Path, sector: Node) -> list[Path]:
    """The pictures of its backdrops, without those that only veil."""
    named = [
        backdrop_file(game, name)
        for layer in sector.all("background")
        for part in ("image", "image-top", "image-bottom")
        if (name := layer.word(part))
    ]
    below = game / "images/background"
    return [path for path in dict.fromkeys(named) if not path.relative_to(below).as_posix().startswith(OVERLAYS)]
