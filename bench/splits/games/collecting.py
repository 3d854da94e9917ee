"""All scenes of the games, what each shares with others, and which part of the split it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core.files import sha256
from sightsound.bench.splits.components import components
from sightsound.bench.splits.games.files import SEPARATOR
from sightsound.bench.splits.games.index import GAMES, Game
from sightsound.bench.splits.games.scene import Scene
from sightsound.bench.splits.games.thinning import Place, thin

MOST = 4  # places a track in one game
PARTS = (("training", 0.6), ("validation", 0.7), ("test", 1.0))
"""Parts of the split, each up to which draw of a component."""


@dataclass(frozen=True)
class Entry:
    """A scene as an example of the split."""

    scene: Scene
    """What the reader gave."""
    folder: Path
    """Of the game's asset."""
    music_sha256: str
    """Of the track's file."""
    picture_sha256: Mapping[str, str]
    """Of each file that the picture is made from, by its path; empty where there is no picture."""

    @property
    def id(self) -> str:
        """Of the example."""
        return f"{self.scene.game}.{self.scene.name}"

    @property
    def keys(self) -> frozenset[str]:
        """What it shares with every other scene that has the same: track, files of the picture, text."""
        text = " ".join((self.scene.text or "").split()).casefold()
        told = [f"text:{hashlib.sha256(text.encode()).hexdigest()}"] if text else []
        return frozenset(
            [f"track:{self.music_sha256}", *map("picture:{}".format, self.picture_sha256.values()), *told]
        )


def collect(assets: Mapping[str, Path], games: Sequence[Game] = GAMES) -> tuple[list[Entry], list[str]]:
    """The scenes of the games that are taken, by id, and a line for each place left out, with the reason.

    `assets` are the folders of the games' assets by name. Which scenes of a game are taken: thinning.py.
    """
    entries: list[Entry] = []
    left_out: list[str] = []
    for game in games:
        folder = assets[game.name].resolve()
        scenes, out = game.scenes(folder)
        found = [_entry(folder, scene) for scene in scenes]
        places = [Place(one.id, one.music_sha256, frozenset(one.picture_sha256.values())) for one in found]
        why = thin(places, MOST)
        entries += [one for one in found if one.id not in why]
        left_out += [
            f"{game.name}: {line}" for line in (*out, *(f"{name}: {reason}" for name, reason in why.items()))
        ]
    return sorted(entries, key=lambda entry: entry.id), left_out


def _entry(folder: Path, scene: Scene) -> Entry:
    names = scene.picture_source.split(SEPARATOR) if scene.picture_source else []
    return Entry(scene, folder, sha256(scene.music), {name: sha256(folder / name) for name in names})


def parts(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """The component of each entry, called by the first of its ids, and the part of the split that it falls into.

    A component's part is drawn by the sha256 of all that is in it: 60% training, 10% validation, 30% test of
    the components. It stays where it is whatever is added elsewhere.
    """
    found = components([entry.keys for entry in entries])
    contents: dict[int, set[str]] = {}
    names: dict[int, str] = {}
    for index, entry in zip(found, entries, strict=True):
        contents.setdefault(index, set()).update(entry.keys)
        names[index] = min(names.get(index, entry.id), entry.id)
    drawn = {index: part_of(keys) for index, keys in contents.items()}
    return [(names[index], drawn[index]) for index in found]


def part_of(keys: Iterable[str]) -> str:
    """The part that a component with these contents falls into."""
    digest = hashlib.sha256("\n".join(sorted(keys)).encode()).digest()
    draw = int.from_bytes(digest[:6]) / 2**48
    return next(name for name, end in PARTS if draw < end)
