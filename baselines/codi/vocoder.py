"""HiFi-GAN: a log-mel spectrogram becomes sound at 16 kHz.

Kong, Kim, Bae, NeurIPS 2020, arXiv:2010.05646; sizes and names of the weights (weight norm removed) after
github.com/microsoft/i-Code, i-Code-V3, .../vae/audioldm_modules/hifigan/utilities.py, HIFIGAN_16K_64.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

RATE_HZ = 16000
BANDS = 64  # mel bands
RATES = (5, 4, 2, 2, 2)  # their product is the 160 samples of a frame
KERNELS = (16, 16, 8, 4, 4)
RESIDUAL_KERNELS = (3, 7, 11)
DILATIONS = (1, 3, 5)
SLOPE = 0.1

PREFIX = "audioldm.vocoder."


class Vocoder(nn.Module):
    """`[batch, 64, frames]` -> `[batch, samples]` in -1..1; 1024 frames give 163,872 samples, 10.24 s."""

    def __init__(self, width: int = 1024) -> None:
        """`width`: channels of the first layer, a multiple of 32; each stage halves them."""
        super().__init__()
        self.conv_pre = nn.Conv1d(BANDS, width, 7, padding=3)
        ups, blocks = [], []
        for rate, kernel in zip(RATES, KERNELS, strict=True):
            ups.append(nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2))
            width //= 2
            blocks += [Residual(width, size) for size in RESIDUAL_KERNELS]
        self.ups = nn.ModuleList(ups)
        self.resblocks = nn.ModuleList(blocks)
        self.conv_post = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.conv_pre(mel)
        for stage, up in enumerate(self.ups):
            x = up(functional.leaky_relu(x, SLOPE))
            first = stage * len(RESIDUAL_KERNELS)
            blocks = list(self.resblocks)[first : first + len(RESIDUAL_KERNELS)]
            x = sum(block(x) for block in blocks) / len(blocks)
        # the last slope is torch's own 0.01, in the authors' code too
        return torch.tanh(self.conv_post(functional.leaky_relu(x)))[:, 0]


class Residual(nn.Module):
    """Three pairs of convolutions, the first of each dilated."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=step, padding=(kernel - 1) * step // 2)
            for step in DILATIONS
        )
        self.convs2 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding=(kernel - 1) // 2) for _ in DILATIONS
        )

    def forward(self, x: Tensor) -> Tensor:
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            hidden = dilated(functional.leaky_relu(x, SLOPE))
            x = x + plain(functional.leaky_relu(hidden, SLOPE))
        return x
