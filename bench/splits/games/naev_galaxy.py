"""What Naev's XML says of its planets and star systems, and which faction is strongest in a system.

As space.c of 0.8 reads it: what is read of an asset, which services make it inhabited, how presence spreads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from sightsound.bench.splits.games.files import LeftOutError

_INHABITED = ("refuel", "bar", "missions", "commodity", "outfits", "shipyard")


@dataclass(frozen=True)
class Planet:
    """A planet, a station, or a "virtual asset", which only stands for a faction's presence."""

    name: str
    exterior: str
    """Picture shown on landing, in gfx/planet/exterior; empty: none."""
    space: str
    """Its graphic as seen from a ship, in gfx/planet/space; empty: none."""
    kind: str
    """Its class: M, O, P, A, 0 and so on."""
    description: str
    """The text of the landing screen; empty: none."""
    lands: bool
    """Ships can land."""
    inhabited: bool
    """Has a service beside landing."""
    population: int
    faction: str
    """Whose it is; empty: nobody's."""
    presence: float
    """How strong it makes its faction in its system."""
    reach: int
    """How many jumps away this is still felt."""


@dataclass(frozen=True)
class System:
    """A star system."""

    name: str
    nebula: float
    """Density of the nebula that fills it; 0: none."""
    planets: tuple[str, ...]
    """Names of what is in it."""
    jumps: tuple[str, ...]
    """Names of the systems that open jump points lead to."""


def planets(folder: Path) -> dict[str, Planet]:
    """The planets of a folder of XML files by name. Raises LeftOutError for a file that is refused or broken."""
    return {planet.name: planet for planet in map(_planet, _roots(folder))}


def systems(folder: Path) -> dict[str, System]:
    """The star systems of a folder of XML files by name. Raises LeftOutError as `planets` does."""
    return {system.name: system for system in map(_system, _roots(folder))}


def strongest(galaxy: Mapping[str, System], among: Mapping[str, Planet]) -> dict[str, str]:
    """By system the faction with the most presence, of equals the first by name; systems without any are absent.

    A planet's presence counts whole in its system and 1 / (1 + d) as much d jumps away, up to its reach.
    """
    presence: dict[str, dict[str, float]] = {name: {} for name in galaxy}
    for system in galaxy.values():
        for planet in (among[name] for name in system.planets if name in among):
            if planet.faction and planet.presence:
                for place, jumps in _within(galaxy, system.name, planet.reach):
                    before = presence[place].get(planet.faction, 0.0)
                    presence[place][planet.faction] = before + planet.presence / (1 + jumps)
    ranked = {
        name: min(held.items(), key=lambda item: (-item[1], item[0])) for name, held in presence.items() if held
    }
    return {name: faction for name, (faction, amount) in ranked.items() if amount > 0}


def _within(galaxy: Mapping[str, System], start: str, reach: int) -> Iterator[tuple[str, int]]:
    """The systems at most `reach` jumps from `start`, each with the number of jumps."""
    seen, ring = {start}, [start]
    for jumps in range(reach + 1):
        yield from ((name, jumps) for name in ring)
        ring = list(
            dict.fromkeys(to for name in ring for to in galaxy[name].jumps if to in galaxy and to not in seen)
        )
        seen.update(ring)


def _roots(folder: Path) -> Iterator[ElementTree.Element]:
    """The root of each XML file. Document types and entities, which could make it grow, are refused."""
    for path in sorted(folder.glob("*.xml")):
        try:
            text = path.read_text(encoding="utf-8")
            if re.search("<!(?!--)", text):
                raise LeftOutError(f"{path.name}: declares a document type or an entity; refused")
            yield ElementTree.fromstring(text)
        except (ElementTree.ParseError, UnicodeDecodeError) as error:
            raise LeftOutError(f"{path.name}: not XML in UTF-8 ({error})") from error


def _planet(root: ElementTree.Element) -> Planet:
    services = root.find("general/services")
    offered = {service.tag for service in services} if services is not None else set()
    return Planet(
        name=root.get("name", ""),
        exterior=_said(root, "GFX/exterior"),
        space=_said(root, "GFX/space"),
        kind=_said(root, "general/class"),
        description=_said(root, "general/description"),
        lands="land" in offered,
        inhabited=not offered.isdisjoint(_INHABITED),
        population=int(_number(root, "general/population")),
        faction=_said(root, "presence/faction"),
        presence=_number(root, "presence/value"),
        reach=int(_number(root, "presence/range")),
    )


def _system(root: ElementTree.Element) -> System:
    jumps = [jump for jump in root.iterfind("jumps/jump") if jump.find("hidden") is None]
    return System(
        name=root.get("name", ""),
        nebula=_number(root, "general/nebula"),
        planets=tuple((asset.text or "").strip() for asset in root.iterfind("assets/asset")),
        jumps=tuple(jump.get("target", "") for jump in jumps if jump.find("exitonly") is None),
    )


def _said(root: ElementTree.Element, path: str) -> str:
    return " ".join((root.findtext(path) or "").split())


def _number(root: ElementTree.Element, path: str) -> float:
    try:
        return float(root.findtext(path) or 0)
    except ValueError as error:
        raise LeftOutError(f"{root.get('name')}: {path} is no number ({error})") from error
