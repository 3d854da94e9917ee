"""Music as tokens that Stable Diffusion's UNet attends to.

Section 6.1 of the thesis: the audio encoder of LAION-CLAP's music checkpoint, a linear layer, ten tokens as wide
as the UNet's cross-attention. That the layer reads CLAP's vector of length 1, as laion_clap gives it, is inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import ClapAudioModelWithProjection

from sightsound.bench.core.media import load_audio
from sightsound.metrics.networks.joint import clap

TOKENS = 10


class MusicTokens(nn.Module):
    """Log-mel windows `[batch, 1, frames, 64]` to tokens `[batch, 10, width]`."""

    def __init__(self, config: Any, width: int) -> None:
        """`config`: transformers' ClapAudioConfig; `width`: of the UNet's cross-attention."""
        super().__init__()
        self.width = width
        self.clap = ClapAudioModelWithProjection(config)
        self.projection = nn.Linear(config.projection_dim, TOKENS * width)

    def forward(self, mels: Tensor) -> Tensor:
        """The tokens."""
        vectors = functional.normalize(self.embedding(mels), dim=-1)
        return torch.as_tensor(self.projection(vectors)).unflatten(1, (TOKENS, -1))

    def embedding(self, mels: Tensor) -> Tensor:
        """CLAP's vector, `[batch, 512]`, before it is brought to length 1."""
        longer = torch.zeros(len(mels), 1, device=mels.device)  # no window is; only fusion models ask
        pooled = self.clap.audio_model(input_features=mels, is_longer=longer).pooler_output
        return torch.as_tensor(self.clap.audio_projection(pooled))


def heard(path: Path) -> NDArray[np.float32]:
    """The first 10 s of a file as CLAP takes them, `[480000]`. MediaError or ValueError where it takes nothing."""
    clip = load_audio(path, [clap.RATE_HZ])[clap.RATE_HZ]
    window: NDArray[np.float32] = clap.windows(clip[: clap.WINDOW])[0]
    return window


class Ear:
    """Tokens of windows; the mel filters are no part of what is trained."""

    def __init__(self, network: MusicTokens, device: str) -> None:
        self.device = torch.device(device)
        self.network = network.to(self.device)
        self._log_mel = clap.LogMel().to(self.device)

    def __call__(self, windows: Sequence[NDArray[np.float32]]) -> Tensor:
        """`[windows, 10, width]`, float32."""
        audio = torch.from_numpy(np.stack(windows)).to(self.device)
        with torch.autocast(self.device.type, enabled=False):  # decibels span more than half a float holds
            mels = self._log_mel(audio)
            return torch.as_tensor(self.network(mels))
