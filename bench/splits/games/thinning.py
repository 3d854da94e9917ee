"""Of the places of a game that share tracks and pictures, so many that components stay small."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What decides whether a place is taken."""

    id: str
    """Of the example."""
    track: str
    """Which track, by content."""
    pictures: frozenset[str]
    """Which files its picture is made from, by content; empty for a place with a text alone."""


def thin(places: Sequence[Place], most: int) -> dict[str, str]:
    """The ids of the places that are left out -> why; what stays has at most `most` places a track.

    Tracks take a place each in turns, those with the fewest places first. A track passes over a place with a
    picture that another track has already, unless it would have no place at all. It prefers places with a
    picture, then those whose picture the fewest places have, then the first by id.
    """
    shown = Counter(picture for place in places for picture in place.pictures)
    waiting: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        waiting[place.track].append(place)
    for here in waiting.values():
        here.sort(key=lambda one: (not one.pictures, max((shown[p] for p in one.pictures), default=0), one.id))
    owner: dict[str, str] = {}
    turns = sorted(waiting, key=lambda track: (len(waiting[track]), waiting[track][0].id))
    for turn in range(most):
        for track in turns:
            free = [one for one in waiting[track] if all(owner.get(p, track) == track for p in one.pictures)]
            taken = next(iter(free or (waiting[track] if turn == 0 else [])), None)
            if taken:
                waiting[track].remove(taken)
                for picture in taken.pictures:
                    owner.setdefault(picture, track)
    left_out: dict[str, str] = {}
    for track, others in waiting.items():
        for place in others:
            foreign = any(owner.get(picture, track) != track for picture in place.pictures)
            left_out[place.id] = (
                "its picture is shown with another track too"
                if foreign
                else f"its track has {most} places already"
            )
    return left_out
