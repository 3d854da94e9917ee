"""The one trained part of Art2Mus: from ImageBind's embedding of a picture to tokens for GPT-2.

Rinaldi et al. 2024, arXiv:2410.04906, section 4 and figure 2; github.com/justivanr/art2mus_ at 21ab344,
ImageProjectionLayer. The tensors have the published names, `projection1.weight` and so on.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from sightsound.metrics.networks.common.checkpoint import filled, read_safetensors
from sightsound.metrics.networks.joint.imagebind_network import DIM

WIDENED = 2  # times GPT-2's width, between the two layers


class ImageProjection(nn.Module):
    """`[pictures, 1024]` to `[pictures, tokens, width]`; `width` is GPT-2's, 768."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.projection1 = nn.Linear(DIM, WIDENED * width)
        self.projection2 = nn.Linear(WIDENED * width, tokens * width)
        self.shape = (tokens, width)

    def forward(self, embeddings: Tensor) -> Tensor:
        """See the class."""
        flat: Tensor = self.projection2(torch.tanh(self.projection1(embeddings)))
        return flat.unflatten(-1, self.shape)


def load(path: Path, tokens: int, width: int) -> ImageProjection:
    """With the weights of a safetensors file. ValueError unless it holds exactly these layers."""
    return filled(lambda: ImageProjection(tokens, width), read_safetensors(path), path)
