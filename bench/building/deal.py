"""Pairs of pictures and music within one emotion, and how they are dealt to training, validation and test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sightsound.bench.building.sources import Source

PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Piece(NamedTuple):
    """A piece of music."""

    source: Source
    """The file."""
    song: str
    """The song that it is cut from."""


class Pair(NamedTuple):
    """A picture and a piece."""

    picture: Source
    piece: Piece


def leaky(
    pictures: Sequence[Source], pieces: Sequence[Piece], rng: np.random.Generator, seed: int
) -> dict[str, list[Pair]]:
    """The paper's way: pairs at random, then 80/10/10 over the pairs whatever song they have.

    As scikit-learn's train_test_split does it twice with random_state `seed`: the first ceil(n x share) of a
    permutation by MT19937 are held out, 20 % and then half of these.
    """
    pairs = _zipped(pictures, pieces, rng)
    train, held_out = _held_out(pairs, 0.2, seed)
    validation, test = _held_out(held_out, 0.5, seed)
    return {"train": train, "validation": validation, "test": test}


def _held_out(items: list[Any], share: float, seed: int) -> tuple[list[Any], list[Any]]:
    order = np.random.RandomState(seed).permutation(len(items))
    out = math.ceil(len(items) * share)
    return [items[at] for at in order[out:]], [items[at] for at in order[:out]]


def grouped(
    pictures: Sequence[Source], pieces: Sequence[Piece], rng: np.random.Generator, where: dict[str, str]
) -> dict[str, list[Pair]]:
    """Whole songs dealt to the parts, largest shortfall from 80/10/10 first, then pairs within each part.

    `where` remembers the part of each song: a song that comes again under another emotion stays in its part.
    """
    by_song: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_song.setdefault(piece.song, []).append(piece)
    dealt: dict[str, list[Piece]] = {part: [] for part in PARTS}
    names = sorted(by_song)
    drawn = [names[at] for at in rng.permutation(len(names))]
    # songs that have a part already come first; then each part without gets one, so that few songs reach all three
    for song in sorted(drawn, key=lambda song: song not in where):
        short = {part: share * len(pieces) - len(dealt[part]) for part, share in PARTS.items()}
        empty = [part for part in PARTS if not dealt[part]]
        part = where.setdefault(song, (empty or sorted(PARTS, key=lambda part: -short[part]))[0])
        dealt[part] += by_song[song]
    left = [pictures[at] for at in rng.permutation(len(pictures))]
    shares = _shares(len(left), {part: len(some) for part, some in dealt.items()})
    found = {}
    for part, some in dealt.items():
        here, left = left[: shares[part]], left[shares[part] :]
        found[part] = _zipped(here, some, rng)
    return found


def _shares(pictures: int, pieces: Mapping[str, int]) -> dict[str, int]:
    """How many pictures each part gets: as many as it has pieces, or its share of what there is (largest
    remainders)."""
    total = sum(pieces.values())
    if pictures >= total:
        return dict(pieces)
    exact = {part: pictures * count / total for part, count in pieces.items()}
    shares = {part: math.floor(value) for part, value in exact.items()}
    for part in sorted(exact, key=lambda part: shares[part] - exact[part])[: pictures - sum(shares.values())]:
        shares[part] += 1
    return shares


def _zipped(pictures: Sequence[Source], pieces: Sequence[Piece], rng: np.random.Generator) -> list[Pair]:
    """Random pairs, as many as possible without taking anything twice."""
    n = min(len(pictures), len(pieces))
    first, second = rng.permutation(len(pictures))[:n], rng.permutation(len(pieces))[:n]
    return [Pair(pictures[a], pieces[b]) for a, b in zip(first, second, strict=True)]
