"""Of the places of a game that share tracks and pictures, so many that components stay small."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from sightsound.bench.splits.games.files import SEPARATOR
from sightsound.bench.splits.games.scene import Scene


def thin(scenes: Sequence[Scene], most: int, unshared: Iterable[str] = ()) -> tuple[list[Scene], list[str]]:
    """At most `most` scenes a track, with as few pictures shared between tracks as can be; and why not the others.

    Tracks take a scene each in turns, those with the fewest scenes first. A track passes over a scene with a
    picture that another track has already, unless it would have none at all. It prefers pictures that few scenes
    show, scenes without one (only colours and tiles) come last. `unshared`: files that do not count as pictures.
    """
    ignored = set(unshared)
    pictures = {scene.name: frozenset(scene.picture_source.split(SEPARATOR)) - ignored for scene in scenes}
    shown = Counter(picture for has in pictures.values() for picture in has)
    tracks: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        tracks[scene.music.as_posix()].append(scene)
    for waiting in tracks.values():
        waiting.sort(key=lambda one: (_shared(pictures[one.name], shown), one.name))
    owner: dict[str, str] = {}
    kept: list[Scene] = []
    order = sorted(tracks, key=lambda track: (len(tracks[track]), track))
    for turn in range(most):
        for track in order:
            free = [one for one in tracks[track] if all(owner.get(p, track) == track for p in pictures[one.name])]
            taken = next(iter(free or (tracks[track] if turn == 0 else [])), None)
            if taken is None:
                continue
            tracks[track].remove(taken)
            kept.append(taken)
            for picture in pictures[taken.name]:
                owner.setdefault(picture, track)
    names = {scene.name for scene in kept}
    why = f"its track has {most} places already, or its picture belongs to another track"
    return (
        [scene for scene in scenes if scene.name in names],
        [f"{scene.game}.{scene.name}: {why}" for scene in scenes if scene.name not in names],
    )


def _shared(pictures: frozenset[str], shown: Counter[str]) -> tuple[bool, int]:
    """Whether there is none, and how many scenes show the one of them that most show."""
    return not pictures, max((shown[picture] for picture in pictures), default=0)
