"""In the place of the networks that metrics read, which no test can download: vectors drawn from what is given.

Each output has the width that the network's card states, and the same clip has the same vectors. Whether the real
networks find what theirs find is shown in tests/metrics.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sightsound.bench.core import registry
from sightsound.metrics.card import ExtractorCard

ROWS = 3  # vectors of an output that says no number
PITCHED = "harmonics"
"""It needs no weights, but the noise of a tiny network has no pitch, and so no THD."""
_STATED = re.compile(r"\[(\d+),")


def accept(patch: pytest.MonkeyPatch) -> None:
    """Let them stand for every network whose weights must be fetched."""
    networks = registry.cards("network")
    for name, card in list(networks.items()):
        if card.assets or name == PITCHED:
            small = dataclasses.replace(card, entry=f"{__name__}:{name}", assets=())
            patch.setitem(networks, name, small)


def __getattr__(name: str) -> Any:
    card = registry.cards("network").get(name)
    if card is None:
        raise AttributeError(name)
    return lambda weights, device: Drawn(card)


class Drawn:
    """See sightsound.metrics.networks.extractor.Extractor."""

    def __init__(self, card: ExtractorCard) -> None:
        self.card = card

    def __call__(self, clips: Sequence[Any]) -> list[Mapping[str, NDArray[np.float32]]]:
        """A random vector, or three, for each output of each clip."""
        return [{name: self._vectors(name, clip) for name in self.card.outputs} for clip in clips]

    def frame_indices(self, count: int, rate_hz: float) -> list[int]:
        """Of a video its first frame and its middle."""
        return [0, count // 2]

    def prepare(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame."""
        return frame

    def _vectors(self, output: str, clip: Any) -> NDArray[np.float32]:
        seed = hashlib.sha256(f"{self.card.spaces}{output}".encode() + _bytes(clip)).digest()
        random = np.random.default_rng(int.from_bytes(seed[:8], "big"))
        stated = _STATED.match(self.card.outputs[output])
        rows = int(stated[1]) if stated else ROWS
        if self.card.name == PITCHED:
            return np.full((rows, 1), 1.0 if output == "voiced" else 1.8, np.float32)
        return random.standard_normal((rows, self.card.width(output) or 1)).astype(np.float32)


def _bytes(clip: Any) -> bytes:
    if isinstance(clip, str):
        return clip.encode()
    return b"".join(np.ascontiguousarray(part).tobytes() for part in (clip if isinstance(clip, list) else [clip]))
