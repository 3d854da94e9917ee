"""CLIP ViT-B/16 of pictures as torch-fidelity's `clip-vit-b-16` sees them: stretched to a square, not cropped.

The network is that of clip.py; only the picture is prepared in another way (feature_extractor_clip.py in
torch-fidelity 0.4.0), so the embeddings of a picture that isn't square differ from those of `clip_vit_b16_image`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.metrics.networks.common.clip_pixels import MEAN, SIZE, STD
from sightsound.metrics.networks.common.stretch import stretched
from sightsound.metrics.networks.joint.clip import PATCHES, ClipImageExtractor, load_model


def load(weights: Mapping[str, Path], device: str) -> ClipStretchedExtractor:
    """The network, from the asset `clip_vit_b16`."""
    return ClipStretchedExtractor(load_model(weights["clip_vit_b16"], PATCHES["clip_vit_b16"]), device)


class ClipStretchedExtractor(ClipImageExtractor):
    """Takes uint8 RGB pictures `[height, width, 3]`; `embedding` [1, 512] as projected: not of length 1."""

    def _rows(self, clip: Any) -> NDArray[Any]:
        return stretched(clip, SIZE, "clip")[None]

    def _pooled(self, rows: Tensor) -> Tensor:
        mean, std = (torch.tensor(values, device=rows.device) * 255 for values in (MEAN, STD))
        return self._tower(pixel_values=((rows - mean) / std).permute(0, 3, 1, 2)).pooler_output
