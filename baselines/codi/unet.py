"""The audio UNet of CoDi: predicts the noise in a latent spectrogram, told the time step and a condition.

Tang et al., Any-to-Any Generation via Composable Diffusion, 2023, arXiv:2305.11846; sizes and names of the weights
after github.com/microsoft/i-Code, i-Code-V3, core/models/latent_diffusion/diffusion_unet.py and its configuration
openai_unet_2d_audio. The connectors, which only joint generation of two media uses, are left out.

A condition is one vector, so that the softmax of every cross-attention is over a single key and always 1: what
the block adds is out(value(condition)), whatever the query. `UNet.hear` computes it once for all steps; the
queries, the keys and the norm before them have no effect, and their weights are not even loaded.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 8  # of the latent
WIDTHS = (1, 2, 4, 4)  # of the levels, in units of the model's width
ATTENDING = (True, True, True, False)  # levels that attend
BLOCKS = 2  # residual blocks of a level on the way down, one more on the way up
HEADS = 8
GROUPS = 32
LONGEST_PERIOD = 10000.0

PREFIX = "model.diffusion_model.unet_audio."
UNUSED = (
    r"(connecters_out|(in|out)put_block_connecters_in)\."
    r"|.*\.transformer_blocks\.0\.(norm2\.(weight|bias)|attn2\.to_[qk]\.weight)$"
)
"""Weights of the file that single generation does without."""

Heard = dict[nn.Module, Tensor]
"""What each transformer block adds for the condition, `[batch, 1, width]`."""


class UNet(nn.Module):
    """Noise of a latent `[batch, 8, frames, bands]`; frames and bands are multiples of 8."""

    def __init__(self, width: int = 192, context: int = 768) -> None:
        """`width`: channels of the first level, a multiple of 32. `context`: dimensions of a condition."""
        super().__init__()
        self.width = width
        embedding = width * 4
        self.time_embed = nn.Sequential(nn.Linear(width, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        channels, skips = width, [width]
        down = [Stage([nn.Conv2d(CHANNELS, width, 3, padding=1)])]
        for level, factor in enumerate(WIDTHS):
            for _ in range(BLOCKS):
                layers: list[nn.Module] = [Residual(channels, embedding, factor * width)]
                channels = factor * width
                if ATTENDING[level]:
                    layers.append(Transformer(channels, context))
                down.append(Stage(layers))
                skips.append(channels)
            if level < len(WIDTHS) - 1:
                down.append(Stage([Downsample(channels)]))
                skips.append(channels)
        self.input_blocks = nn.ModuleList(down)
        self.middle_block = Stage(
            [
                Residual(channels, embedding, channels),
                Transformer(channels, context),
                Residual(channels, embedding, channels),
            ]
        )
        up = []
        for level, factor in reversed(list(enumerate(WIDTHS))):
            for block in range(BLOCKS + 1):
                layers = [Residual(channels + skips.pop(), embedding, factor * width)]
                channels = factor * width
                if ATTENDING[level]:
                    layers.append(Transformer(channels, context))
                if level > 0 and block == BLOCKS:
                    layers.append(Upsample(channels))
                up.append(Stage(layers))
        self.output_blocks = nn.ModuleList(up)
        self.out = nn.Sequential(
            nn.GroupNorm(GROUPS, channels), nn.SiLU(), nn.Conv2d(channels, CHANNELS, 3, padding=1)
        )

    def hear(self, context: Tensor) -> Heard:
        """What the conditions `[batch, context]` change in each block, the same at every step."""
        return {block: block.attn2(context)[:, None] for block in self.modules() if isinstance(block, Block)}

    def forward(self, latent: Tensor, time: int, heard: Heard) -> Tensor:
        """The noise in `latent` at a time step of 0..999, for conditions of the same batch."""
        wave = waves(time, self.width).to(latent)
        embedding = self.time_embed(wave)  # one row for the whole batch
        kept = []
        for stage in self.input_blocks:
            latent = stage(latent, embedding, heard)
            kept.append(latent)
        # The authors' list of skips shares its last entry with the running value, so that the first stage on the
        # way up is given the middle's output twice and never the last stage's; the weights were trained with it.
        kept[-1] = latent = self.middle_block(latent, embedding, heard)
        for stage in self.output_blocks:
            latent = stage(torch.cat([latent, kept.pop()], dim=1), embedding, heard)
        return self.out(latent)


def waves(time: int, dim: int) -> Tensor:
    """Cosines, then sines, of a time step at dim/2 periods from 2 pi to 2 pi 10000: `[1, dim]`, float32."""
    rates = torch.exp(-math.log(LONGEST_PERIOD) * torch.arange(dim // 2, dtype=torch.float32) / (dim // 2))
    angles = (time * rates)[None]
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class Stage(nn.ModuleList):
    """Layers of one stage; residual layers are told the time, transformers the condition."""

    def forward(self, x: Tensor, embedding: Tensor, heard: Heard) -> Tensor:
        for layer in self:
            if isinstance(layer, Residual):
                x = layer(x, embedding)
            elif isinstance(layer, Transformer):
                x = layer(x, heard)
            else:
                x = layer(x)
        return x


class Residual(nn.Module):
    """Two convolutions, between which the time's embedding `[1, embedding]` is added."""

    def __init__(self, channels: int, embedding: int, out: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, channels), nn.SiLU(), nn.Conv2d(channels, out, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, out))
        # the third is where the authors have a dropout: it keeps the published number of the convolution
        self.out_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, out), nn.SiLU(), nn.Identity(), nn.Conv2d(out, out, 3, padding=1)
        )
        self.skip_connection = nn.Identity() if out == channels else nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.in_layers(x) + self.emb_layers(embedding)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(hidden)


class Downsample(nn.Module):
    """Half as many frames and bands."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


class Upsample(nn.Module):
    """Twice as many frames and bands."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class Transformer(nn.Module):
    """Every place of `[batch, channels, frames, bands]` attends to all."""

    def __init__(self, channels: int, context: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels, eps=1e-6)
        self.proj_in = nn.Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([Block(channels, context)])
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, heard: Heard) -> Tensor:
        places = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            places = block(places, heard[block])
        return x + self.proj_out(places.transpose(1, 2).unflatten(2, x.shape[2:]))


class Block(nn.Module):
    """Self-attention, the condition, and a gated layer, each added to its input."""

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.attn1 = SelfAttention(width)
        self.ff = Gated(width)
        self.attn2 = OneKey(context, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)

    def forward(self, x: Tensor, heard: Tensor) -> Tensor:
        x = x + self.attn1(self.norm1(x)) + heard
        return x + self.ff(self.norm3(x))


class SelfAttention(nn.Module):
    """`[batch, places, width]` -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(width, width, bias=False)
        self.to_v = nn.Linear(width, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            project(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for project in (self.to_q, self.to_k, self.to_v)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.to_out(mixed.transpose(1, 2).flatten(2))


class OneKey(nn.Module):
    """Cross-attention to a single vector: `[batch, context]` -> `[batch, width]`."""

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.to_v = nn.Linear(context, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, context: Tensor) -> Tensor:
        return self.to_out(self.to_v(context))


class Gated(nn.Module):
    """Four times as wide inside, half of it gating the other (GEGLU)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(GeGlu(width, width * 4), nn.Identity(), nn.Linear(width * 4, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class GeGlu(nn.Module):
    """`[..., width]` -> `[..., out]`."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, out * 2)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * functional.gelu(gate)
