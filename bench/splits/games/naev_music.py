"""Which track Naev plays on landing and in flight: the tables of dat/snd/music.lua of 0.8.2 (GPL-3.0-or-later).

Where the script draws among several tracks, a hash of the place's name draws here: the tracks are spread as in the
game, and each run draws the same.
"""

from __future__ import annotations

from sightsound.bench.splits.games.files import draw
from sightsound.bench.splits.games.naev_galaxy import Planet

LOADING = "machina"
INTRODUCTION = "intro"

_BY_CLASS = {"M": "agriculture", "O": "ocean", "P": "snow"}  # choose_land
_INHABITED = ("cosmostation", "upbeat")
_UNINHABITED = "agriculture"

_NEUTRAL = (  # ambient_neutral
    *("ambient2", "mission", "peace1", "peace2", "peace4", "peace6", "void_sensor", "ambiphonic", "ambient4"),
    *("terminal", "eureka", "ambient2_5"),
)
_NEUTRAL_SHARE = 0.6  # of what is played in the space of a faction of _MIXED
_MIXED = ("Empire", "Sirius", "Dvaered", "Za'lek")
_FACTIONAL = {  # factional
    "Collective": ("collective1", "automat"),
    "Pirate": ("pirate1_theme1", "pirates_orchestra", "ambient4", "terminal"),
    "Empire": ("empire1", "empire2"),
    "Sirius": ("sirius1", "sirius2"),
    "Dvaered": ("dvaered1", "dvaered2"),
    "Za'lek": ("zalek1", "zalek2"),
    "Thurion": ("motherload", "dark_city", "ambient1", "ambient3"),
    "Proteron": ("heartofmachine", "imminent_threat", "ambient4"),
}


def landing_track(planet: Planet) -> str:
    """The track of a planet's landing screen, by its class, then by whether it is inhabited."""
    if planet.kind in _BY_CLASS:
        return _BY_CLASS[planet.kind]
    return _drawn(_INHABITED, planet.name) if planet.inhabited else _UNINHABITED


def flight_track(system: str, faction: str | None) -> str:
    """The track of a system that no nebula fills, by the faction that is strongest in it."""
    own = _FACTIONAL.get(faction or "")
    if own is None or (faction in _MIXED and draw(system, "neutral music") < _NEUTRAL_SHARE):
        return _drawn(_NEUTRAL, system)
    return _drawn(own, system)


def _drawn(tracks: tuple[str, ...], place: str) -> str:
    return tracks[int(draw(place, "music") * len(tracks))]
