"""The ViT that sees pictures and videos: Google's ViT-B/16 and ViViT-B/16x2, named as in the published checkpoint.

Dosovitskiy et al. 2021, arXiv:2010.11929; Arnab et al. 2021, arXiv:2103.15691 (model 1: all tokens of all tubelets
in one sequence). Written here because transformers has renamed these weights more than once. The two differ in the
shape of a patch, the rounding guard of their norms and the approximation of GELU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

HEAD_WIDTH = 64


@dataclass(frozen=True)
class Shape:
    """What is read from the weights."""

    layers: int
    width: int
    hidden: int
    """Width inside the perceptrons."""
    tokens: int
    """Patches and one."""
    patch: tuple[int, ...]
    """`(16, 16)` of a picture, `(2, 16, 16)` of a video."""


class Vit(nn.Module):
    """`[batch, 3, (frames,) side, side]` -> `[batch, tokens, width]`, after the last norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        video = len(shape.patch) == 3
        self.embeddings = _Embeddings(shape)
        self.encoder = _Layers(shape, video)
        self.layernorm = nn.LayerNorm(shape.width, eps=_eps(video))
        self.pooler = nn.ModuleDict({"dense": nn.Linear(shape.width, shape.width)})  # published, and not used here

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.as_tensor(self.layernorm(self.encoder(self.embeddings(pixels))))


class _Embeddings(nn.Module):
    """Pixels -> tokens, a class token before those of the patches."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, patch = shape.width, shape.patch
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.position_embeddings = nn.Parameter(torch.empty(1, shape.tokens, width))
        convolution: Any = nn.Conv3d if len(patch) == 3 else nn.Conv2d
        self.patch_embeddings = nn.ModuleDict({"projection": convolution(3, width, patch, patch)})

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.patch_embeddings["projection"](pixels).flatten(2).transpose(1, 2)
        return torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.position_embeddings


class _Layers(nn.Module):
    def __init__(self, shape: Shape, video: bool) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_Layer(shape, video) for _ in range(shape.layers))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layer:
            x = layer(x)
        return x


class _Layer(nn.Module):
    """Norm, attention, norm, perceptron, each pair added to what came in."""

    def __init__(self, shape: Shape, video: bool) -> None:
        super().__init__()
        width = shape.width
        self.attention = _Attention(width)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, shape.hidden)})
        self.output = nn.ModuleDict({"dense": nn.Linear(shape.hidden, width)})
        self.layernorm_before = nn.LayerNorm(width, eps=_eps(video))
        self.layernorm_after = nn.LayerNorm(width, eps=_eps(video))
        self._approximate = "tanh" if video else "none"  # transformers' gelu_fast and gelu

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.layernorm_before(x))
        hidden = self.intermediate["dense"](self.layernorm_after(x))
        return torch.as_tensor(x + self.output["dense"](functional.gelu(hidden, approximate=self._approximate)))


class _Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({name: nn.Linear(width, width) for name in ("query", "key", "value")})
        self.output = nn.ModuleDict({"dense": nn.Linear(width, width)})

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            self.attention[name](x).unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        seen = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return torch.as_tensor(self.output["dense"](seen))


def _eps(video: bool) -> float:
    return 1e-6 if video else 1e-12
