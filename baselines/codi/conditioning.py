"""Pictures, videos, sentences and sounds as vectors of one space, and what stands for each when there is none.

After github.com/microsoft/i-Code, i-Code-V3, core/models/model_module_infer.py. Several conditions are averaged
with weights that sum to 1, and so is what stands for none: guidance leads away from the same mix of grey pictures,
empty sentences and silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.codi.clap import Clap
from sightsound.baselines.codi.clip import Clip
from sightsound.baselines.codi.preprocessing import FRAMES, grey
from sightsound.metrics.networks.common.clip_bpe import ClipBpe
from sightsound.metrics.networks.common.clip_pixels import normalised
from sightsound.metrics.networks.joint.clap import WINDOW

KINDS = ("image", "video", "text", "audio")
BATCH = 16  # pictures, sentences or sounds in one forward pass; a video counts as its frames


class Conditioner:
    """CLIP, and CLAP where sound is among the conditions."""

    def __init__(self, clip: Clip, tokens: ClipBpe, clap: Clap | None, device: torch.device) -> None:
        self.tokens = tokens
        self._clip = clip
        self._clap = clap
        self._device = device
        self._dtype = clip.visual_projection.weight.dtype
        self._nothing: dict[str, Tensor] = {}

    def __call__(self, kind: str, prepared: Sequence[NDArray[Any]]) -> Tensor:
        """Unit vectors `[items, dim]` of prepared pictures `[224, 224, 3]`, videos `[4, 224, 224, 3]`, token ids
        `[77]` or sounds `[480000]`, as `kind` says."""
        size = max(BATCH // FRAMES, 1) if kind == "video" else BATCH
        encode: Mapping[str, Callable[[Tensor], Tensor]] = {
            "image": self._pictures,
            "video": self._videos,
            "text": self._clip.read,
            "audio": self._sounds,
        }
        found = [
            encode[kind](torch.from_numpy(np.stack(prepared[at : at + size])).to(self._device))
            for at in range(0, len(prepared), size)
        ]
        return torch.cat(found)

    def nothing(self, kind: str) -> Tensor:
        """The vector `[dim]` that stands for no condition of a kind; made once."""
        if kind not in self._nothing:
            stand_in: NDArray[Any] = {
                "image": grey,
                "video": lambda: np.stack([grey()] * FRAMES),
                "text": lambda: np.array(self.tokens("")),
                "audio": lambda: np.zeros(WINDOW, np.float32),
            }[kind]()
            self._nothing[kind] = self(kind, [stand_in])[0]
        return self._nothing[kind]

    def _pictures(self, pixels: Tensor) -> Tensor:
        return self._clip.see(normalised(pixels).to(self._dtype))

    def _videos(self, pixels: Tensor) -> Tensor:
        frames = normalised(pixels.flatten(0, 1)).to(self._dtype)
        return self._clip.see(frames.unflatten(0, (-1, pixels.shape[1])))

    def _sounds(self, audio: Tensor) -> Tensor:
        if self._clap is None:
            raise ValueError("CLAP was not loaded, so sound cannot be a condition")
        return self._clap(audio).to(self._dtype)


def mixed(vectors: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The weighted mean of one example's vectors, by kind. ValueError where no weight is above 0."""
    total = sum(weights[kind] for kind in vectors)
    if not total > 0:
        raise ValueError(f"the weights of {', '.join(vectors) or 'no condition'} sum to {total:g}")
    return torch.stack([vector * (weights[kind] / total) for kind, vector in vectors.items()]).sum(0)
