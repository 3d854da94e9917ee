"""The decoder of AudioLDM's autoencoder: a latent becomes a log-mel spectrogram.

Liu et al., AudioLDM, ICML 2023, arXiv:2301.12503; sizes and names of the weights after
github.com/microsoft/i-Code, i-Code-V3, configs/model/audioldm.yaml. The encoder, which generation does without, is
left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 8  # of the latent
WIDTHS = (1, 2, 4)  # of the levels, from the spectrogram to the latent, in units of the model's width
BLOCKS = 3  # residual blocks of a level
GROUPS = 32
EPS = 1e-6

PREFIX = "audioldm."
UNUSED = r"(encoder|quant_conv|vocoder|fn_STFT)\."
SCALE = 0.9228  # latents of the diffusion are those of the autoencoder times this
WILD = 100.0  # a latent with a larger value is held to -10..10
HELD = 10.0


class Autoencoder(nn.Module):
    """`[batch, 8, frames, bands]` -> `[batch, 1, 4 frames, 4 bands]`."""

    def __init__(self, width: int = 128) -> None:
        """`width`: channels of the level of the spectrogram, a multiple of 32."""
        super().__init__()
        self.decoder = Decoder(width)
        self.post_quant_conv = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, latent: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(latent))


class Decoder(nn.Module):
    """The decoder proper."""

    def __init__(self, width: int) -> None:
        super().__init__()
        channels = width * WIDTHS[-1]
        self.conv_in = nn.Conv2d(CHANNELS, channels, 3, padding=1)
        self.mid = Middle(channels)
        levels = []
        for level, factor in reversed(list(enumerate(WIDTHS))):
            levels.append(Level(channels, width * factor, grow=level > 0))
            channels = width * factor
        self.up = nn.ModuleList(levels[::-1])  # numbered from the spectrogram
        self.norm_out = nn.GroupNorm(GROUPS, channels, eps=EPS)
        self.conv_out = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(functional.silu(self.norm_out(x)))


class Middle(nn.Module):
    """What happens at the latent's size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = Residual(channels, channels)
        self.attn_1 = Attention(channels)
        self.block_2 = Residual(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Level(nn.Module):
    """Residual blocks, and twice the size if it is to grow."""

    def __init__(self, channels: int, out: int, *, grow: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList([Residual(out if i else channels, out) for i in range(BLOCKS)])
        if grow:
            self.upsample = Grow(out)
        self._grows = grow

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        return self.upsample(x) if self._grows else x


class Grow(nn.Module):
    """Twice as many frames and bands."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class Residual(nn.Module):
    """Two convolutions, added to the input."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, channels, eps=EPS)
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1)
        self.norm2 = nn.GroupNorm(GROUPS, out, eps=EPS)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self._same = channels == out
        if not self._same:
            self.nin_shortcut = nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(functional.silu(self.norm1(x)))
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        return (x if self._same else self.nin_shortcut(x)) + hidden


class Attention(nn.Module):
    """Every place attends to all, in one head."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels, eps=EPS)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        query, key, value = (
            project(normed).flatten(2).transpose(1, 2)[:, None] for project in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)[:, 0]
        return x + self.proj_out(mixed.transpose(1, 2).unflatten(2, x.shape[2:]))


def unscaled(latent: Tensor) -> Tensor:
    """Latents of the diffusion as the autoencoder takes them; one with a value beyond 100 is held to -10..10.

    The authors hold the whole batch where one of its latents is so; here each goes by its own values.
    """
    largest = latent.abs().flatten(1).amax(1)[:, None, None, None]
    return torch.where(largest > WILD, latent.clamp(-HELD, HELD), latent) / SCALE
