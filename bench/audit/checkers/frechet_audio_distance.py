"""frechet-audio-distance: the distance that it takes between the statistics of two sets of embeddings."""

from __future__ import annotations

from typing import Any

PACKAGE = "frechet-audio-distance"
SERVES = {"two_sets.frechet": "calculate_frechet_distance"}


def compute(formula: str, given: Any) -> float:
    """FAD of the vectors `generated` against `reference`, `[vectors, dim]` each."""
    from frechet_audio_distance import FrechetAudioDistance

    fad = FrechetAudioDistance.__new__(FrechetAudioDistance)  # its constructor would fetch a network
    sides = [fad.calculate_embd_statistics(given.arrays[side]) for side in ("generated", "reference")]
    return float(fad.calculate_frechet_distance(*sides[0], *sides[1]))
