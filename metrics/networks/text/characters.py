"""A text as numbers, for the metrics that read the words themselves (ROUGE, Jaccard).

Features are float32 arrays in one store for all metrics, so a text goes through it as its code points; all of
them (up to 1,114,111) are whole numbers that float32 holds exactly. metrics.formulas.text makes them a text again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.metrics.formulas.text import encoded
from sightsound.metrics.networks.extractor import Features


def load(weights: Mapping[str, Path], device: str) -> Characters:
    """No weights; the same on every device."""
    return Characters()


class Characters:
    """See Extractor. Takes texts, empty ones as well."""

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`code_points` [characters + 1, 1] of each text. ValueError for what is not a text."""
        if odd := [text for text in clips if not isinstance(text, str)]:
            raise ValueError(f"characters takes texts, got {odd[0]!r}: leave it out")
        return [{"code_points": encoded(text)} for text in clips]
