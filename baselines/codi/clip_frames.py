"""The layers by which CoDi's CLIP attends along the frames of a video.

After github.com/microsoft/i-Code, i-Code-V3, core/models/encoders/clip_modules/modules_video.py. Learned
embeddings of the frames' positions and rate are in the checkpoint, but the code never adds them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HEAD = 64  # dimensions of a head
FLOOR = 1e-5  # of a variance, in float32
FLOOR_HALF = 1e-3  # and in float16


class OverFrames(nn.Module):
    """What a place sees of itself in the other frames: `[tracks, frames, width]` -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.temporal_attn = FrameAttention(width)
        self.temporal_rel_pos_bias = Distances(width // 2, width // HEAD)
        self.ff = FrameMlp(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.temporal_attn(x, self.temporal_rel_pos_bias(x))
        return x + self.ff(x)


class FrameAttention(nn.Module):
    """Attention between frames, with a bias for how far they are apart.

    The norm before it is over the frames, not over the channels: so it is in the code that the published weights
    were trained with.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = Gain((width,))
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_kv = nn.Linear(width, width * 2, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        normed = standard(x) * self.norm.g
        projected = self.to_q(normed), *self.to_kv(normed).chunk(2, dim=-1)
        query, key, value = (part.unflatten(2, (-1, HEAD)).transpose(1, 2) for part in projected)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return self.to_out(mixed.transpose(1, 2).flatten(2))


class Distances(nn.Module):
    """A number for each head and pair of frames, from the signed logarithm of how far apart they are."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        last = nn.Linear(width, heads)
        first, second = nn.Linear(1, width), nn.Linear(width, width)
        self.net = nn.ModuleList([nn.Sequential(first, nn.SiLU()), nn.Sequential(second, nn.SiLU()), last])

    def forward(self, tracks: Tensor) -> Tensor:
        """`[heads, frames, frames]` for `[tracks, frames, width]`."""
        at = torch.arange(tracks.shape[1], device=tracks.device)
        apart = (at[:, None] - at[None])[..., None]
        apart = (apart.sign() * (apart.abs() + 1).log()).to(tracks.dtype)
        for layer in self.net:
            apart = layer(apart)
        return apart.permute(2, 0, 1)


class FrameMlp(nn.Module):
    """A gated layer (GEGLU) 8/3 as wide inside, then normed over the channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = int(width * 4 * 2 / 3)
        self.proj_in = nn.Sequential(nn.Conv1d(width, inner * 2, 1, bias=False))
        self.proj_out = nn.Sequential(Gain((1, inner, 1)), nn.Conv1d(inner, width, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj_in(x.transpose(1, 2)).float().chunk(2, dim=1)
        return self.proj_out(standard(value * functional.gelu(gate)).to(x.dtype)).transpose(1, 2)


class Gain(nn.Module):
    """A factor for each channel."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.g


def standard(x: Tensor) -> Tensor:
    """Mean 0 and variance 1 along the second dimension; a variance below the floor counts as the floor."""
    floor = FLOOR if x.dtype == torch.float32 else FLOOR_HALF
    variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
    return (x - mean) * variance.clamp(min=floor).rsqrt()
