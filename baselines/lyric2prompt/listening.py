"""What the system knows of the music beside the lyrics: a caption, given or made of musicnn's tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.networks.pocket import musicnn
from sightsound.metrics.networks.pocket.through_text import top_names

RATE_HZ = 16000


class Tags:
    """The five surest of MagnaTagATune's tags as a sentence. The thesis has LP-MusicCaps here."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        self._tagger = musicnn.load_mtt(weights, device)

    def caption(self, clips: Sequence[NDArray[np.float32]]) -> list[str]:
        """A sentence for each clip, mono at `RATE_HZ`. ValueError for one that musicnn does not take."""
        named = [top_names(features["logits"], musicnn.MTT_TAGS) for features in self._tagger(clips)]
        return [f"music with the tags {', '.join(names)}" for names in named]
