"""What a loaded network is: clips, pictures or texts in, features out."""

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
        `[height, width, 3]`; video, the frames that a VideoExtractor asked for; text, strings. Outputs are
        `[frames, dim]` float32; a picture, a video and a text have one frame. The result for a clip does not
        depend on the other clips (1e-6).
        Raises ValueError for a clip that it cannot take.
        """
        ...


class VideoExtractor(Extractor, Protocol):
    """A loaded network of modality `video`; a clip is a list, `prepare` of each of `frame_indices` in order."""

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The frames, from 0, that it looks at in a video of `frames` frames at `rate_hz`; one may come twice.

        ValueError for a video that it cannot take.
        """
        ...

    def prepare(self, frame: NDArray[np.uint8]) -> Any:
        """What is kept of a frame, uint8 RGB `[height, width, 3]`: itself, or it in the network's size.

        Called on a decoding thread, so that a long video's frames never lie in memory at full size. ValueError for
        what is no frame.
        """
        ...
