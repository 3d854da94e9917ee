"""Scenes of Naev: landings, flights, the introduction and the loading screen.

A landing shows a planet's landing picture and description with the track of its kind of planet; of the planets
with the same picture one is taken, of those that play what most of them play. A flight shows a planet before its
system's nebula, with the planet's description and the track of the faction that is strongest in the system. Each
track has at most FLIGHTS_PER_TRACK flights; the tracks take their systems in turns, the one with the fewest first,
and each planet and each graphic of a planet is used once. Where equals are left, a hash of the name chooses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from sightsound.bench.splits.games.files import LeftOutError, draw, inside, joined, safe_id
from sightsound.bench.splits.games.naev_galaxy import Planet, System, planets, strongest, systems
from sightsound.bench.splits.games.naev_licences import read_all
from sightsound.bench.splits.games.naev_music import INTRODUCTION, LOADING, flight_track, landing_track
from sightsound.bench.splits.games.naev_painting import nebula_of, paint
from sightsound.bench.splits.games.scene import Scene

FLIGHTS_PER_TRACK = 4

_TEXT_LICENCE = "GPL-3+"  # of everything that the package's copyright file does not name


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    reader = _Reader(folder.resolve())
    reader.landings()
    reader.flights()
    reader.introduction()
    reader.loading()
    return reader.found, reader.left_out


class _Reader:
    """Collects the scenes of one game folder."""

    def __init__(self, game: Path) -> None:
        self.found: list[Scene] = []
        self.left_out: list[str] = []
        self._game = game
        self._planets = planets(game / "dat/assets")
        self._systems = systems(game / "dat/ssys")
        self._licences = read_all(game)
        self._used: set[str] = set()  # names of planets
        self._shown: set[str] = set()  # graphics of planets

    def landings(self) -> None:
        """One landing for each landing picture."""
        open_to_ships = [planet for planet in self._planets.values() if _can_be_shown(planet)]
        self.left_out.append(
            f"{len(self._planets) - len(open_to_ships)} planets: nowhere to land, or no description"
        )
        for picture in sorted({planet.exterior for planet in open_to_ships}):
            alike = [planet for planet in open_to_ships if planet.exterior == picture]
            planet = _typical(alike)
            self._used.add(planet.name)
            others = sorted(other.name for other in alike if other != planet)
            self._add(
                f"landing on {planet.name}",
                f"land_{safe_id(planet.name)}",
                f"gfx/planet/exterior/{picture}",
                landing_track(planet),
                planet.description,
            )
            self.left_out += [f"landing on {name}: shows {picture} like {planet.name}" for name in others]

    def flights(self) -> None:
        """For each track of systems some flights, all before different planets."""
        rulers = strongest(self._systems, self._planets)
        waiting: dict[str, list[System]] = {}
        for system in sorted(self._systems.values(), key=lambda system: draw(system.name, "order")):
            if system.nebula > 0:
                self.left_out.append(f"flight in {system.name}: a nebula fills it, which the game computes")
            else:
                waiting.setdefault(flight_track(system.name, rulers.get(system.name)), []).append(system)
        turns = sorted(waiting, key=lambda track: (len(waiting[track]), track))
        for _ in range(FLIGHTS_PER_TRACK):
            for track in turns:
                while waiting[track] and not self._flight(waiting[track].pop(0), track):
                    pass
        for track, systems_left in waiting.items():
            self.left_out += [f"flight in {system.name}: enough others play {track}" for system in systems_left]

    def _flight(self, system: System, track: str) -> bool:
        """Keep a flight in the system; False where it has no planet left to be shown."""
        here = [self._planets[name] for name in system.planets if name in self._planets]
        left = [planet for planet in here if planet.space and planet.space not in self._shown]
        left = [planet for planet in left if planet.name not in self._used]
        if not left:
            self.left_out.append(f"flight in {system.name}: no planet that looks like none shown elsewhere")
            return False
        planet = min(left, key=lambda one: (not one.description, -one.population, draw(one.name, "flight")))
        self._shown.add(planet.space)
        self._used.add(planet.name)
        return self._add(
            f"flight in {system.name}",
            f"flight_{safe_id(system.name)}",
            f"gfx/planet/space/{planet.space}",
            track,
            planet.description or None,
            nebula=f"gfx/bkg/{nebula_of(system.name)}",
        )

    def introduction(self) -> None:
        """The introduction: its text, and the first of the pictures that are shown beside it."""
        lines = inside(self._game / "dat", "intro").read_text(encoding="utf-8").splitlines()
        pictures = [line[len("[fadein ") : -1] for line in lines if line.startswith("[fadein ")]
        text = "\n".join(line for line in lines if not line.startswith("["))
        if pictures:
            self._add("introduction", "introduction", pictures[0], INTRODUCTION, text.strip())

    def loading(self) -> None:
        """The loading screen, with one of the paintings that the game draws among."""
        paintings = sorted(path.name for path in (self._game / "dat/gfx/loading").glob("*.png"))
        if paintings:
            chosen = min(paintings, key=lambda name: draw(name, "loading"))
            self._add("loading screen", "loading", f"gfx/loading/{chosen}", LOADING, None)

    def _add(
        self, place: str, name: str, picture: str, track: str, text: str | None, *, nebula: str | None = None
    ) -> bool:
        """Keep a scene, or say why it is left out (False).

        `picture`, `nebula`: paths in dat; `track`: a name in dat/snd/music.
        """
        try:
            music = f"snd/music/{track}.ogg"
            files = [nebula, picture, music] if nebula else [picture, music]
            paths = {path: inside(self._game / "dat", path) for path in files}
            licences = dict.fromkeys(self._licence(path) for path in files)
        except LeftOutError as error:
            self.left_out.append(f"{place}: {error}")
            return False
        self.found.append(
            Scene(
                game="naev",
                name=name,
                picture=None if nebula else paths[picture],
                painted=partial(paint, paths[nebula], paths[picture]) if nebula else None,
                picture_source=joined(self._game, (paths[path] for path in files[:-1])),
                music=paths[music],
                text=text,
                licence=", ".join([*licences, *([f"{_TEXT_LICENCE} (text)"] if text else [])]),
            )
        )
        return True

    def _licence(self, path: str) -> str:
        if path not in self._licences:
            raise LeftOutError(f"the game's tables name no licence of {path}")
        return self._licences[path]


def _can_be_shown(planet: Planet) -> bool:
    return bool(planet.lands and planet.description and planet.exterior and planet.space)


def _typical(alike: Iterable[Planet]) -> Planet:
    """Of planets with the same picture, one that plays what most of them play; of equals by hash."""
    tracks: Mapping[str, str] = {planet.name: landing_track(planet) for planet in alike}
    played = Counter(tracks.values())
    return min(alike, key=lambda planet: (-played[tracks[planet.name]], draw(planet.name, "landing")))
