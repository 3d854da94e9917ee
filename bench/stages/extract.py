"""From clips to features: a network called so that one odd clip costs itself alone, and what it gave, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sightsound.bench.core import memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, of_machine
from sightsound.bench.core.types import chunks
from sightsound.metrics.card import ExtractorCard
from sightsound.metrics.networks.extractor import Extractor, Features

CHUNK = 16  # clips decoded and embedded together on a CPU: about 30 MB of samples at 48 kHz
CARD_CHUNK = 64  # on a card, whose batches are larger: of what is put through one, less only fills it up


class Windows(tuple[Any, ...]):
    """In the place of a clip: the pieces in which it is heard."""


def by_clip(network: Extractor, clips: list[Any]) -> list[Features | str]:
    """Features of each clip, those of its windows one after another, or why the network does not take it."""
    if not any(isinstance(clip, Windows) for clip in clips):
        return _extract(network, clips)
    pieces = [piece for clip in clips for piece in clip]
    found = iter([each for some in chunks(pieces, CHUNK) for each in _extract(network, list(some))])
    return [_joined([next(found) for _ in clip]) for clip in clips]


def _joined(pieces: Sequence[Features | str]) -> Features | str:
    whole: list[Features] = []
    for piece in pieces:
        if isinstance(piece, str):
            return piece
        whole.append(piece)
    return {name: np.concatenate([piece[name] for piece in whole]) for name in whole[0]}


def _extract(network: Extractor, clips: list[Any]) -> list[Features | str]:
    """Features of each clip, or why the network does not take it."""
    if not clips:
        return []
    try:
        found = [_finite(features) for features in network(clips)]
    except Exception as error:  # networks and the libraries under them raise what they like for odd clips
        if fault := of_machine(error):
            raise fault from error
        if memory.ran_out(error):
            raise memory.RanOut(f"{type(network).__name__}: memory ran out on {len(clips)} clips") from error
        if len(clips) == 1:
            return [named(error)]
        return [found for clip in clips for found in _extract(network, [clip])]
    if len(found) != len(clips):
        raise BenchError(f"{type(network).__name__} gave features of {len(found)} clips for {len(clips)}")
    return found


def checked(card: ExtractorCard, features: Features) -> Features:
    """The features. BenchError where they are not the outputs that the card states, each `[frames, dim]`."""
    for name in card.outputs:
        if name not in features:
            raise BenchError(f"network {card.name}: its card states an output {name!r} that it does not give")
        if np.ndim(features[name]) != 2:
            shape = list(np.shape(features[name]))
            raise BenchError(f"network {card.name}: its output {name!r} has the shape {shape}; give [frames, dim]")
        said, found = card.width(name), features[name].shape[1]
        if said not in (0, found):
            raise BenchError(
                f"network {card.name}: its output {name!r} has {found} dimensions and its card says {said}"
            )
    return features


def _finite(features: Features) -> Features | str:
    """The features, or why they are none: what is not finite must not reach a mean."""
    if all(np.isfinite(array).all() for array in features.values()):
        return features
    return "the network gives features that are not finite for it"
