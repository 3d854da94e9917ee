"""CLIP ViT-B/16 and ViT-B/32: pictures and sentences in one space of 512 dimensions.

Radford et al., ICML 2021, arXiv:2103.00020; github.com/openai/CLIP. The network is transformers' CLIPModel; the
picture is cropped (clip_pixels.py) and the text cut into tokens (clip_bpe.py) as OpenAI's code does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor
from transformers import CLIPModel

from sightsound.metrics.networks.common.batching import checked_text
from sightsound.metrics.networks.common.clip_bpe import FILE, ClipBpe
from sightsound.metrics.networks.common.clip_pixels import crop, normalised
from sightsound.metrics.networks.common.pretrained import in_dtype
from sightsound.metrics.networks.joint.projected import Projected

DIM = 512
PATCHES = {"clip_vit_b16": 16, "clip_vit_b32": 32}  # asset -> side of a patch in pixels
BATCH = {"cpu": 4, "cuda": 128}  # pictures or texts in one forward pass


def _loaders(asset: str) -> tuple[_Images, _Texts]:
    """The factories of one checkpoint, for pictures and for sentences."""

    def image(weights: Mapping[str, Path], device: str) -> ClipImageExtractor:
        return ClipImageExtractor(load_model(weights[asset], PATCHES[asset]), device)

    def text(weights: Mapping[str, Path], device: str) -> ClipTextExtractor:
        tokens = ClipBpe(weights["clip_bpe"] / FILE)
        return ClipTextExtractor(load_model(weights[asset], PATCHES[asset]), tokens, device)

    return image, text


def load_model(folder: Path, patch: int, dim: int = DIM) -> Any:
    """CLIPModel from a folder in transformers' layout.

    ValueError unless every weight is there and the patches and the embedding have the sizes `patch` and `dim`.
    """
    try:
        model, report = _from_pretrained(
            folder,
            local_files_only=True,
            attn_implementation="eager",
            output_loading_info=True,
            **in_dtype(torch.float32),
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


class ClipImageExtractor(Projected):
    """Takes uint8 RGB pictures `[height, width, 3]`; `embedding` [1, 512] as projected: not of length 1."""

    def __init__(self, model: Any, device: str) -> None:
        super().__init__(model.vision_model, model.visual_projection, device, BATCH)

    def _rows(self, clip: Any) -> NDArray[np.uint8]:
        return crop(clip, "clip")[None]

    def _pooled(self, rows: Tensor) -> Tensor:
        return self._tower(pixel_values=normalised(rows)).pooler_output


class ClipTextExtractor(Projected):
    """Takes sentences, of which the first 75 tokens are read; `embedding` [1, 512] not of length 1."""

    def __init__(self, model: Any, tokens: ClipBpe, device: str) -> None:
        super().__init__(model.text_model, model.text_projection, device, BATCH)
        self._tokens = tokens

    def _rows(self, clip: Any) -> NDArray[np.int64]:
        return np.array([self._tokens(checked_text(clip, "clip"))], dtype=np.int64)

    def _pooled(self, rows: Tensor) -> Tensor:
        return self._tower(input_ids=rows).pooler_output


_Images = Callable[[Mapping[str, Path], str], ClipImageExtractor]
_Texts = Callable[[Mapping[str, Path], str], ClipTextExtractor]

load_b16_image, load_b16_text = _loaders("clip_vit_b16")
load_b32_image, load_b32_text = _loaders("clip_vit_b32")
