"""What an encoder hears or sees -> one token for LLaMA: M2UGen's understanding adapters.

M2UGen/llama/m2ugen.py, forward_audio, forward_image and forward_video: a 1x1 convolution blends the encoder's
rows (MERT's layers, ViT's patches) into one vector, which is brought to length 1, projected and passed through
three gated perceptrons.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sightsound.baselines.m2ugen.llama import rms_norm

BLOCKS = (1, 2, 3)
EPS = 1e-6
WEIGHT = 1 / (1 + 1e-6)  # the authors divide the weight of their only input by the sum of all, guarded


class Understanding(nn.Module):
    """`[batch, rows, features]` -> `[batch, width]`."""

    def __init__(self, rows: int, features: int, width: int) -> None:
        super().__init__()
        self.agg = nn.Conv1d(rows, 1, kernel_size=1)
        self.proj = nn.Linear(features, width)
        for i in BLOCKS:
            self.register_module(f"norm_{i}", _Norm(width))
            for j in (1, 2, 3):
                self.register_module(f"f{j}_{i}", nn.Linear(width, width, bias=False))

    def forward(self, rows: Tensor) -> Tensor:
        x = self.proj(functional.normalize(self.agg(rows)[:, 0], dim=-1) * WEIGHT)
        for i in BLOCKS:
            normed = self.get_submodule(f"norm_{i}")(x)
            gate, value = (self.get_submodule(f"f{j}_{i}")(normed) for j in (1, 3))
            x = x + self.get_submodule(f"f2_{i}")(functional.silu(gate) * value)
        return x


class _Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, EPS)
