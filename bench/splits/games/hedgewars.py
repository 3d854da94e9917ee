"""Scenes of Hedgewars: its themes, its maps and its missions, each with the music of the theme that it is set in.

A theme is shown by its background as the game paints it, and once more in sudden death where it has other music
for that; a map by its land before its theme's background; a mission by the picture and the text that the game's
menu shows, with the theme that its script sets. Scripts are searched for that one line, never run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from sightsound.bench.splits.games.files import LeftOutError, inside, joined, safe_id
from sightsound.bench.splits.games.hedgewars_painting import paint, parts
from sightsound.bench.splits.games.hedgewars_theme import Theme, read_theme
from sightsound.bench.splits.games.scene import Scene

_GFDL = ("Graphics", "Themes/Olympics", "Themes/Cave", "Themes/Cheese", "Maps/Cheese")
"""What the package's copyright file puts under GFDL-1.3; everything else is under GPL-2."""

_THEME = re.compile(r'^[ \t]*Theme[ \t]*=[ \t]*"([^"\n]+)"', re.MULTILINE)
_TEXT = re.compile(r"^(?P<key>[\w-]+)\.(?P<kind>name|desc)=(?P<text>.*)$", re.MULTILINE)

Place = tuple[str, Callable[[], Scene]]
"""What a place is called, and what makes its scene or raises LeftOutError."""


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    game = folder.resolve()
    themes, left_out = _read_themes(game)
    found: list[Scene] = []
    for place, make in (*_themes(game, themes), *_maps(game, themes), *_missions(game, themes)):
        try:
            found.append(make())
        except LeftOutError as error:
            left_out.append(f"{place}: {error}")
    return found, left_out


def _read_themes(game: Path) -> tuple[dict[str, Theme], list[str]]:
    themes: dict[str, Theme] = {}
    left_out: list[str] = []
    for folder in sorted(path for path in (game / "Themes").iterdir() if path.is_dir()):
        try:
            themes[folder.name] = read_theme(folder)
        except LeftOutError as error:
            left_out.append(f"theme {folder.name}: {error}")
    return themes, left_out


def _themes(game: Path, themes: dict[str, Theme]) -> Iterator[Place]:
    for theme in themes.values():
        yield f"theme {theme.name}", partial(_painted, game, theme, f"theme_{safe_id(theme.name)}")
        if theme.said.get("sd-music", theme.said.get("music")) != theme.said.get("music"):
            name = f"sudden_death_{safe_id(theme.name)}"
            yield f"sudden death in {theme.name}", partial(_painted, game, theme, name, sudden_death=True)


def _maps(game: Path, themes: dict[str, Theme]) -> Iterator[Place]:
    for folder in sorted(path for path in (game / "Maps").iterdir() if path.is_dir()):
        yield f"map {folder.name}", partial(_map, game, themes, folder)


def _map(game: Path, themes: dict[str, Theme], folder: Path) -> Scene:
    """A map: the first line of its map.cfg is its theme."""
    lines = inside(folder, "map.cfg").read_text(encoding="utf-8").splitlines()
    if not (folder / "map.png").is_file():
        raise LeftOutError("no picture of its land: a script builds it")
    theme = _theme(themes, lines[0].strip() if lines else "")
    return _painted(game, theme, f"map_{safe_id(folder.name)}", land=inside(folder, "map.png"))


def _missions(game: Path, themes: dict[str, Theme]) -> Iterator[Place]:
    texts = _texts(game)
    for script in sorted((game / "Missions").rglob("*.lua")):
        yield f"mission {script.relative_to(game / 'Missions')}", partial(_mission, game, themes, texts, script)


def _mission(game: Path, themes: dict[str, Theme], texts: dict[str, str], script: Path) -> Scene:
    path = script.relative_to(game / "Missions").with_suffix("")
    key = f"{path.parent.name}-{path.name}" if path.parts[0] == "Campaign" else path.name
    if key not in texts:
        raise LeftOutError("the game's menu has no text for it")
    picture = inside(game / "Graphics/Missions", f"{path}@2x.png")
    code = script.read_text(encoding="utf-8")
    named = set(_THEME.findall(code))
    if len(named) != 1:
        raise LeftOutError(f"its script names {len(named)} themes, not one")
    if "PlayMusicSound" in code:
        raise LeftOutError("its script plays music of its own")
    music = _theme(themes, named.pop()).track(game, "music")
    return Scene(
        game="hedgewars",
        name=f"mission_{safe_id(key)}",
        picture=picture,
        painted=None,
        picture_source=picture.relative_to(game).as_posix(),
        music=music,
        text=texts[key],
        licence=_licence(game, [picture, music]),
    )


def _texts(game: Path) -> dict[str, str]:
    """Name and description of each mission, as the menu shows them in English."""
    said: dict[tuple[str, str], str] = {}
    for name in ("missions_en.txt", "campaigns_en.txt"):
        for match in _TEXT.finditer(inside(game / "Locale", name).read_text(encoding="utf-8")):
            said[match["key"], match["kind"]] = match["text"].strip().strip('"').strip()
    described = [key for key, kind in said if kind == "desc"]
    return {key: f"{said[key, 'name']}\n{said[key, 'desc']}" for key in described if (key, "name") in said}


def _theme(themes: dict[str, Theme], name: str) -> Theme:
    if name not in themes:
        raise LeftOutError(f"its theme {name!r} is not among the game's themes")
    return themes[name]


def _painted(
    game: Path, theme: Theme, name: str, *, sudden_death: bool = False, land: Path | None = None
) -> Scene:
    """The scene of a painted picture. Raises LeftOutError for music that is missing and for an empty picture."""
    files = [*parts(game, theme, sudden_death=sudden_death), *([land] if land else [])]
    if land is None and not any(path.name.startswith(("Sky", "horizont")) for path in files):
        raise LeftOutError("neither a sky nor a horizon")
    music = theme.track(game, "sd-music" if sudden_death else "music")
    return Scene(
        game="hedgewars",
        name=name,
        picture=None,
        painted=partial(paint, game, theme, sudden_death=sudden_death, land=land),
        picture_source=joined(game, [path for path in files if not path.name.endswith("Water.png")]),
        music=music,
        text=None,
        licence=_licence(game, [*files, music]),
    )


def _licence(game: Path, files: list[Path]) -> str:
    """The licences of the files, the one of the package first."""
    names = [path.relative_to(game).as_posix() for path in files]
    free = [any(name.startswith(f"{folder}/") for folder in _GFDL) for name in names]
    return ", ".join(licence for licence, here in (("GPL-2", not all(free)), ("GFDL-1.3", any(free))) if here)
