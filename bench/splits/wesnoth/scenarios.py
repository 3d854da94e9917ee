"""What the campaigns of Battle for Wesnoth tell, show and play before each scenario.

Pure reading: the game's folder in, one `Scenario` each out. Which of it becomes an example is build.py's.
The music rules follow the comments in the game's own `data/core/macros/sound-utils.cfg`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightsound.bench.splits.wesnoth import wml
from sightsound.bench.splits.wesnoth.wml_preprocessor import Macro, Preprocessor

GAME_VERSION = "1.16.9"  # what `#ifver WESNOTH_VERSION` compares with
DIFFICULTY = "NORMAL"  # scenarios are read as on this difficulty
NO_MUSIC = {"", "none", "silence.ogg"}
TO_THE_PLAYER = "Note:"  # begins a page on how to play, which is no part of the story
DEFAULT_PLAYLISTS = ("DEFAULT_MUSIC_PLAYLIST_NO_EVENT", "FULL_MUSIC_PLAYLIST_NO_EVENT")


@dataclass(frozen=True)
class Part:
    """One page of a story: a text over a picture."""

    text: str
    """Without markup; empty for a page that only shows something."""
    picture: str
    """As the game names it, image functions removed; empty for none, a map, or one put together of several."""
    music: str
    """Track that starts with this page, or empty."""


@dataclass(frozen=True)
class Scenario:
    """What comes before one scenario."""

    campaign: str
    """Name of the campaign's folder."""
    id: str
    """The game's id, unique in the campaign."""
    parts: tuple[Part, ...]
    """Pages in order."""
    intro: str
    """Track that its makers chose for the story, or empty."""
    playlist: tuple[str, ...]
    """Tracks that its makers chose for the play, in order; empty where it is the game's default list."""

    @property
    def story(self) -> str:
        """All of its text, pages apart by a blank line."""
        return "\n\n".join(part.text for part in self.parts if part.text)

    def track_at(self, index: int) -> str:
        """The track that goes with page `index`: the last one that a page up to it started, else the intro, else
        the first of the playlist; empty where nobody chose any."""
        started = [part.music for part in self.parts[: index + 1] if part.music not in NO_MUSIC]
        if started:
            return started[-1]
        return self.intro or (self.playlist[0] if self.playlist else "")


def read_scenarios(game: Path) -> list[Scenario]:
    """Every scenario of every campaign below `game/data/campaigns`, by campaign, in the campaign's order.

    Raises WmlError for WML that cannot be read.
    """
    data = game / "data"
    macros = {DIFFICULTY: Macro(""), "WESNOTH_VERSION": Macro(GAME_VERSION)}
    for core in ("core/terrain-graphics", "core/macros"):
        if (data / core).is_dir():
            macros = wml.load(data, core, macros)[1]
    defaults = _default_playlists(data, macros)
    found: list[Scenario] = []
    for main in sorted((data / "campaigns").glob("*/_main.cfg")):
        name = main.parent.name
        campaign = next(wml.load(data, f"campaigns/{name}", macros)[0].all("campaign"), None)
        if campaign is None:
            continue  # a multiplayer campaign
        own = [campaign.get("define"), *campaign.get("extra_defines").split(",")]
        known = macros | {word.strip(): Macro("") for word in own if word.strip()}
        tree = wml.load(data, f"campaigns/{name}", known)[0]
        found += [_scenario(name, scenario, defaults) for scenario in tree.all("scenario")]
    return found


def _default_playlists(data: Path, macros: dict[str, Macro]) -> list[set[str]]:
    preprocessor = Preprocessor(data, macros)
    lists = [preprocessor.expand(f"{{{name}}}\n") for name in DEFAULT_PLAYLISTS if name in macros]
    return [{music.get("name") for music in wml.parse(one).all("music")} for one in lists]


def _scenario(campaign: str, scenario: wml.Tag, defaults: list[set[str]]) -> Scenario:
    pages = [page for story in scenario.all("story") for page in _pages(story)]
    certain = [_part(page) for page, branch in pages if branch == 0]
    if not any(part.text for part in certain):
        certain = [_part(page) for page, branch in pages if branch == 1]
    intro = [music for music in scenario.all("music") if music.get("immediate") == "yes"]
    playlist = _playlist(scenario)
    if any(default and default <= set(playlist) for default in defaults):
        playlist = []
    return Scenario(
        campaign=campaign,
        id=scenario.get("id"),
        parts=tuple(certain),
        intro=next(iter(_tracks(intro)), ""),
        playlist=tuple(playlist),
    )


def _pages(story: wml.Tag) -> Iterator[tuple[wml.Tag, int]]:
    """Each [part] with 0, or with n where it stands in the n-th branch that depends on a condition."""
    branches = 0
    for child in story.children:
        if child.name == "part":
            yield child, 0
        elif child.name in ("if", "switch"):
            for branch in child.children:
                if branch.name in ("then", "elseif", "else", "case"):
                    branches += 1
                    yield from ((page, branches) for page in branch.all("part"))


def _playlist(scenario: wml.Tag) -> list[str]:
    """The tracks set when the play begins, else those of the scenario itself.

    A scenario's own [music] without `immediate` is what SCENARIO_MUSIC puts there for every story; it counts only
    where no event sets another.
    """
    for moment in ("prestart", "start"):
        events = [event for event in scenario.all("event") if moment in re.split(r"\s*,\s*", event.get("name"))]
        if tracks := _tracks([music for event in events for music in event.all("music")]):
            return tracks
    return _tracks([music for music in scenario.all("music") if music.get("immediate") != "yes"])


def _tracks(music: list[wml.Tag]) -> list[str]:
    names = [one.get("name") for one in music if one.get("play_once") != "yes"]
    return [name for name in names if name not in NO_MUSIC]


def _part(page: wml.Tag) -> Part:
    layers = [page.get("background"), *(layer.get("image") for layer in page.all("background_layer"))]
    pictures = [picture for layer in layers if (picture := picture_name(layer))]
    text = plain_text(page.get("story"))
    if text.startswith(TO_THE_PLAYER):
        text = ""
    return Part(text, pictures[0] if pictures else "", page.get("music"))


def picture_name(layer: str) -> str:
    """The file that a layer names, or the empty string for a map and for a picture put together by BLIT.

    >>> picture_name("story/fall.jpg~SCALE(100,100)"), picture_name("maps/httt.png"), picture_name("low-map.png")
    ('story/fall.jpg', '', '')
    """
    name, _, functions = layer.partition("~")
    path = PurePosixPath(name)
    if "BLIT(" in functions or "maps" in path.parts[:-1] or re.search(r"(^|[-_])(big)?map$", path.stem):
        return ""
    return name


def plain_text(story: str) -> str:
    """Text without Pango markup, one space between words, line ends kept.

    >>> plain_text(" <i>Fight  no one</i> &amp; wait ")
    'Fight no one & wait'
    """
    text = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", story))
    return re.sub(r" *\n *", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()
