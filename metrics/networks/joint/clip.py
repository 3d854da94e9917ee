"""CLIP ViT-B/16 and ViT-B/32: pictures and sentences in one space of 512 dimensions.

Radford et al., ICML 2021, arXiv:2103.00020; github.com/openai/CLIP. The network is transformers' CLIPModel; the
picture is cropped (clip_pixels.py) and the text cut into tokens (clip_bpe.py) as OpenAI's code does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor
from transformers import CLIPModel

from sightsound.metrics.networks.common.batching import run_batches
from sightsound.metrics.networks.common.clip_bpe import FILE, ClipBpe
from sightsound.metrics.networks.common.clip_pixels import crop, normalised
from sightsound.metrics.networks.extractor import Features

DIM = 512
PATCHES = {"clip_vit_b16": 16, "clip_vit_b32": 32}  # asset -> side of a patch in pixels
BATCH = {"cpu": 4, "cuda": 128}  # pictures or texts in one forward pass


def load_b16_image(weights: Mapping[str, Path], device: str) -> ClipImageExtractor:
    """ViT-B/16 for pictures, from the asset `clip_vit_b16`."""
    return ClipImageExtractor(load_model(weights["clip_vit_b16"], PATCHES["clip_vit_b16"]), device)


def load_b32_image(weights: Mapping[str, Path], device: str) -> ClipImageExtractor:
    """ViT-B/32 for pictures, from the asset `clip_vit_b32`."""
    return ClipImageExtractor(load_model(weights["clip_vit_b32"], PATCHES["clip_vit_b32"]), device)


def load_b16_text(weights: Mapping[str, Path], device: str) -> ClipTextExtractor:
    """ViT-B/16 for sentences, from the assets `clip_vit_b16` and `clip_bpe`."""
    return _text(weights, "clip_vit_b16", device)


def load_b32_text(weights: Mapping[str, Path], device: str) -> ClipTextExtractor:
    """ViT-B/32 for sentences, from the assets `clip_vit_b32` and `clip_bpe`."""
    return _text(weights, "clip_vit_b32", device)


def _text(weights: Mapping[str, Path], asset: str, device: str) -> ClipTextExtractor:
    tokens = ClipBpe(weights["clip_bpe"] / FILE)
    return ClipTextExtractor(load_model(weights[asset], PATCHES[asset]), tokens, device)


def load_model(folder: Path, patch: int, dim: int = DIM) -> Any:
    """CLIPModel from a folder in transformers' layout.

    ValueError unless every weight is there and the patches and the embedding have the sizes `patch` and `dim`.
    """
    try:
        model, report = _from_pretrained(
            folder,
            local_files_only=True,
            dtype=torch.float32,
            attn_implementation="eager",
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise ValueError(f"{folder} holds no whole CLIP model ({reason}): fetch it again") from problem
    if missing := sorted(report["missing_keys"]):
        raise ValueError(f"{folder} lacks {missing[0]} and {len(missing) - 1} more tensors: fetch it again")
    # older files also hold the positions, which only count up from 0
    if odd := sorted(key for key in report["unexpected_keys"] if not key.endswith("position_ids")):
        raise ValueError(f"{folder} holds {odd[0]}, which CLIP has not: is it another model?")
    found = model.config.vision_config.patch_size, model.config.projection_dim
    if found != (patch, dim):
        raise ValueError(
            f"{folder} has patches of {found[0]} pixels and {found[1]} dimensions, not {patch} and {dim}"
        )
    return model.eval()


# transformers' own annotation leaves out that it returns two things when asked for the report
_from_pretrained: Any = CLIPModel.from_pretrained


class ClipImageExtractor:
    """See Extractor. Takes uint8 RGB pictures `[height, width, 3]`."""

    def __init__(self, model: Any, device: str) -> None:
        self._tower = model.vision_model.to(device)
        self._projection = model.visual_projection.to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 512] of each picture, as projected: not scaled to length 1."""
        items = [crop(picture, "clip")[None] for picture in clips]
        return run_batches(self._forward, items, self._batch, self._device)

    def _forward(self, pixels: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._projection(self._tower(pixel_values=normalised(pixels)).pooler_output)}


class ClipTextExtractor:
    """See Extractor. Takes sentences; only the first 75 tokens are read."""

    def __init__(self, model: Any, tokens: ClipBpe, device: str) -> None:
        self._tower = model.text_model.to(device)
        self._projection = model.text_projection.to(device)
        self._tokens = tokens
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 512] of each text, not of length 1. ValueError for what is no text or an empty one."""
        return run_batches(self._forward, [self._ids(text) for text in clips], self._batch, self._device)

    def _ids(self, text: Any) -> NDArray[np.int64]:
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"clip takes a text of at least one word, got {text!r}: leave it out")
        return np.array([self._tokens(text)], dtype=np.int64)

    def _forward(self, ids: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._projection(self._tower(input_ids=ids).pooler_output)}
