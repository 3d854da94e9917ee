"""CLAP as CoDi has it: HTSAT-large, a sound as one vector in CLIP's space.

Wu et al., ICASSP 2023, arXiv:2211.06687; sizes and names after github.com/microsoft/i-Code, i-Code-V3,
core/models/encoders/clap.py and clap_modules/open_clip. The network is transformers' ClapAudioModel. The authors'
"fusion" of long sounds is switched off in their own configuration, so that only 10 s are heard.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import ClapAudioConfig, ClapAudioModelWithProjection

from sightsound.baselines.codi.weights import Checkpoint
from sightsound.metrics.networks.common.checkpoint import load_strictly
from sightsound.metrics.networks.joint.clap import RATE_HZ, WINDOW, LogMel
from sightsound.metrics.networks.joint.clap_weights import renamed

PREFIX = "clap.model."
UNUSED = (
    r"audio_transform\.|audio_branch\.(tscam_conv|head|spectrogram_extractor|logmel_extractor)\."
    r"|audio_branch\.layers\.\d+\.blocks\.\d+\.attn_mask$"
)
"""Weights of the classes that the tower was trained with, and what is computed anew."""
HEARD_HZ = 16000  # the authors take sound at this rate and raise it to 48 kHz


class Clap(nn.Module):
    """Windows of 10 s at 48 kHz, `[batch, 480000]` -> unit vectors `[batch, dim]`; float32."""

    def __init__(self, tower: Any) -> None:
        super().__init__()
        self.tower = tower
        self.log_mel = LogMel()

    def forward(self, audio: Tensor) -> Tensor:
        longer = torch.zeros(len(audio), 1, dtype=torch.bool, device=audio.device)
        embedded = self.tower(input_features=self.log_mel(audio), is_longer=longer).audio_embeds
        return functional.normalize(embedded, dim=-1)


def load(checkpoint: Checkpoint, device: str) -> Clap:
    """The tower in a checkpoint. ValueError unless it is there whole."""
    width = checkpoint.shape(f"{PREFIX}audio_branch.patch_embed.proj.weight", 4)[0]
    dim = checkpoint.shape(f"{PREFIX}audio_projection.2.weight", 2)[0]
    config = ClapAudioConfig(
        patch_embeds_hidden_size=width,
        hidden_size=width * 8,
        depths=depths(checkpoint),
        enable_fusion=False,
        projection_dim=dim,
    )
    config._attn_implementation = "eager"
    with torch.device("meta"):
        tower = ClapAudioModelWithProjection(config)
    state = renamed(checkpoint.tensors(PREFIX, UNUSED))
    return Clap(load_strictly(tower, state, checkpoint.path)).to(device).eval()


def depths(checkpoint: Checkpoint) -> list[int]:
    """Blocks of each stage: 2, 2, 12, 2 as published."""
    found = re.findall(
        rf"{re.escape(PREFIX)}audio_branch\.layers\.(\d+)\.blocks\.(\d+)\.", "\n".join(checkpoint.shapes)
    )
    stages = sorted({int(stage) for stage, _ in found})
    return [len({block for each, block in found if int(each) == stage}) for stage in stages]


def window(clip: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first 10 s of a mono clip at 48 kHz; a shorter one is repeated as often as it fits, then zeros follow.

    ValueError for an empty clip.
    """
    if clip.ndim != 1 or len(clip) == 0:
        raise ValueError(f"a sound to condition on is mono and of at least one sample, got shape {clip.shape}")
    repeated = np.tile(clip[:WINDOW], max(WINDOW // len(clip), 1))
    return np.pad(repeated, (0, WINDOW - len(repeated)))


__all__ = ["HEARD_HZ", "RATE_HZ", "Clap", "load", "window"]
