"""CLIP ViT-B/16 of pictures as torch-fidelity's `clip-vit-b-16` sees them: stretched to a square, not cropped.

The network is that of clip.py; only the picture is prepared in another way (feature_extractor_clip.py in
torch-fidelity 0.4.0), so the embeddings of a picture that isn't square differ from those of `clip_vit_b16_image`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sightsound.metrics.networks.common.batching import run_batches
from sightsound.metrics.networks.common.clip_pixels import MEAN, SIZE, STD
from sightsound.metrics.networks.common.stretch import stretched
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.networks.joint.clip import BATCH, PATCHES, load_model


def load(weights: Mapping[str, Path], device: str) -> ClipStretchedExtractor:
    """The network, from the asset `clip_vit_b16`."""
    return ClipStretchedExtractor(load_model(weights["clip_vit_b16"], PATCHES["clip_vit_b16"]), device)


class ClipStretchedExtractor:
    """See Extractor. Takes uint8 RGB pictures `[height, width, 3]`."""

    def __init__(self, model: Any, device: str) -> None:
        self._tower = model.vision_model.to(device)
        self._projection = model.visual_projection.to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 512] of each picture, as projected: not scaled to length 1."""
        items = [stretched(picture, SIZE, "clip")[None] for picture in clips]
        return run_batches(self._forward, items, self._batch, self._device)

    def _forward(self, pixels: Tensor) -> dict[str, Tensor]:
        mean, std = (torch.tensor(values, device=pixels.device) * 255 for values in (MEAN, STD))
        normalised = ((pixels - mean) / std).permute(0, 3, 1, 2)
        return {"embedding": self._projection(self._tower(pixel_values=normalised).pooler_output)}
