"""The picture tower of the Perception Encoder: a vision transformer with rotary positions, pooled by attention.

Bolya et al.: Perception Encoder, 2025, arXiv:2504.13181. PE-AV's published files name its tensors as
github.com/huggingface/pytorch-image-models does (timm 1.0.31, models/eva.py, vit_pe_core_*, with
layers/attention_pool.py and layers/pos_embed_sincos.py). That package needs torchvision; the network stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

EPS = 1e-5
POOL_HEADS = 8
MLP_RATIO = 4
TEMPERATURE = 10000.0  # of the rotary positions


@dataclass(frozen=True)
class VisionSize:
    """Size of a tower."""

    image: int
    """Side of a picture in pixels."""
    patch: int
    """Side of a patch in pixels."""
    width: int
    """Channels of a token."""
    blocks: int
    """Transformer blocks."""
    heads: int
    """Attention heads of a block; a head has a multiple of 4 channels."""
    out: int
    """Numbers that come out."""
    reference: int
    """Patches along a side of the picture that it was trained on: rotary positions are stretched to it."""


ARCHITECTURES = {
    "vit_pe_core_tiny_patch16_384": VisionSize(384, 16, 192, 12, 3, 512, 24),
    "vit_pe_core_small_patch16_384": VisionSize(384, 16, 384, 12, 6, 512, 24),
    "vit_pe_core_base_patch16_224": VisionSize(224, 16, 768, 12, 12, 1024, 14),
    "vit_pe_core_large_patch14_336": VisionSize(336, 14, 1024, 24, 16, 1024, 24),
}


class PeVision(nn.Module):
    """Pictures `[batch, 3, image, image]` in -1..1 to features `[batch, out]`."""

    def __init__(self, size: VisionSize) -> None:
        super().__init__()
        self.side = size.image // size.patch
        self.reference = size.reference
        self.head_dim = size.width // size.heads
        patches = nn.Conv2d(3, size.width, size.patch, size.patch, bias=False)
        self.patch_embed = nn.ModuleDict({"proj": patches})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, size.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.side**2, size.width))
        self.norm_pre = nn.LayerNorm(size.width, eps=EPS)
        self.blocks = nn.ModuleList(_Block(size.width, size.heads) for _ in range(size.blocks))
        self.norm = nn.LayerNorm(size.width, eps=EPS)
        self.attn_pool = _AttentionPool(size.width)
        self.head = nn.Linear(size.width, size.out)

    def forward(self, pictures: Tensor) -> Tensor:
        tokens = self.patch_embed["proj"](pictures).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1) + self.pos_embed
        tokens = self.norm_pre(tokens)
        turns = [turn.to(tokens.device) for turn in rotations(self.side, self.head_dim, self.reference)]
        for block in self.blocks:
            tokens = block(tokens, *turns)
        return self.head(self.attn_pool(self.norm(tokens)))


def rotations(side: int, head_dim: int, reference: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine for each patch and each pair of a head's channels, `[side * side, head_dim / 2]`.

    The first half of the pairs turns with the column, the other with the row; both count from 1, stretched so that
    the last one is `reference`.
    """
    bands = 1 / TEMPERATURE ** (torch.arange(head_dim // 4).float() / (head_dim // 4))
    place = (torch.arange(side).float() + 1) / side * reference
    along = place[:, None] * bands
    columns, rows = along.repeat(side, 1), along.repeat_interleave(side, dim=0)
    angles = torch.cat([columns, rows], dim=1)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Each pair of neighbouring channels of `x` `[..., tokens, channels]` turned by its angle."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPS)
        self.attn = _Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPS)
        self.mlp = _Mlp(width)

    def forward(self, tokens: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        tokens = tokens + self.attn(self.norm1(tokens), cosine, sine)
        return tokens + self.mlp(self.norm2(tokens))


class _Attention(nn.Module):
    """All tokens but the first, the class token, are turned by their place."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        q, k, v = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = (torch.cat([x[:, :, :1], rotated(x[:, :, 1:], cosine, sine)], dim=2) for x in (q, k))
        seen = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(seen.transpose(1, 2).flatten(2))


class _Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, MLP_RATIO * width)
        self.fc2 = nn.Linear(MLP_RATIO * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(tokens)))


class _AttentionPool(nn.Module):
    """One learnt question to all tokens, and a step of its own on the answer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.zeros(1, 1, width))
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=EPS)
        self.mlp = _Mlp(width)

    def forward(self, tokens: Tensor) -> Tensor:
        q = self.q(self.latent.expand(len(tokens), -1, -1)).unflatten(-1, (POOL_HEADS, -1)).transpose(1, 2)
        k, v = self.kv(tokens).unflatten(-1, (2, POOL_HEADS, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        pooled = self.proj(seen)
        return (pooled + self.mlp(self.norm(pooled)))[:, 0]
