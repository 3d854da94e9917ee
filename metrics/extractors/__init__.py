"""The networks that turn audio, pictures and text into features, one file a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Features = dict[str, NDArray[np.float32]]


class Extractor(Protocol):
    """A loaded network. Made by the factory that its ExtractorCard names."""

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """Features of each clip, in order.

        `clips`: audio, mono float32 arrays `[samples]` at the card's rate; image, uint8 RGB arrays
        `[height, width, 3]`; text, strings. Audio and image outputs are `[frames, dim]` float32 (an image has
        one frame); text outputs `[1, dim]`. The result for a clip does not depend on the other clips (1e-6).
        Raises ValueError for a clip that it cannot take.
        """
        ...
