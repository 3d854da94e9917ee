"""The three stages of MusFlow's training and its random mask of conditions: the paper's sections 3.3 and 4.1.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sightsound.baselines.musflow import layout
from sightsound.baselines.musflow.adapters import KINDS, Adapters, Mean
from sightsound.baselines.musflow.data import Item
from sightsound.baselines.musflow.flow import on_path
from sightsound.baselines.musflow.pipeline import velocity
from sightsound.baselines.parts.training import Loss

STAGES = {"alignment": (True, False), "generation": (False, True), "joint": (True, True)}
"""Whether the adapters are trained, and whether the UNet is."""
EPOCHS = (50, 250, 100)
BATCH = 24
RATE = 1e-4
ALIGNMENT = 1.0
"""The paper's lambda, the weight of the alignment in the joint stage. It states no value."""
GUIDES = {"aligned": "musflow", "raw": "musflow_raw", "music": "musflow_music"}
"""What guides the UNet -> the folder of its weights: the adapters' mean, the paper's way; the mean of the vectors
themselves; the music's own CLAP vector. The last two are the ablations of figure 4 and have one stage."""


class Network(nn.Module):
    """What is trained."""

    def __init__(self, unet_config: Mapping[str, Any], seed: int, guide: str = "aligned") -> None:
        """New weights, the same for a seed. `guide`: one of GUIDES."""
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.adapters: nn.Module = Adapters() if guide == "aligned" else Mean()
            self.unet = layout.build_unet(unet_config)
        self.guide = guide

    def enter(self, stage: str) -> None:
        """Freeze what the stage does not train."""
        adapters, unet = STAGES[stage]
        self.adapters.requires_grad_(adapters)
        self.unet.requires_grad_(unet).train()


def loss_of(stage: str, network: Network, alignment: float) -> Loss:
    """What the stage makes small: equation 3, 8 or 9 (8 + `alignment` * 3), as means over all numbers."""

    def loss(items: Sequence[Item], generator: torch.Generator) -> Tensor:
        device = next(network.unet.parameters()).device
        vectors = torch.from_numpy(np.stack([vectors for vectors, _ in items]))
        kept = random_mask(~vectors[:, : len(KINDS), 0].isnan(), generator).to(device)
        vectors = vectors.to(device)
        guide = vectors[:, -1] if network.guide == "music" else network.adapters(vectors[:, : len(KINDS)], kept)
        apart = mse_loss(guide, vectors[:, -1])
        if stage == "alignment":
            return apart
        latents = torch.from_numpy(np.stack([latent for _, latent in items]))
        times = torch.rand(len(items), generator=generator).to(device)
        noise = torch.randn(latents.shape, generator=generator).to(device)
        points, target = on_path(noise, latents.to(device), times)
        flow = mse_loss(velocity(network.unet, points, times, guide), target)
        return flow if stage == "generation" else flow + alignment * apart

    return loss


def random_mask(present: Tensor, generator: torch.Generator) -> Tensor:
    """Which conditions are kept, bool `[batch, 3]`: every non-empty part of those present is as likely.

    Seven parts where all three are present. Every row has one present.
    """
    kept = torch.zeros_like(present)
    while (empty := ~kept.any(1)).any():
        kept[empty] = (present & (torch.rand(present.shape, generator=generator) < 0.5))[empty]
    return kept


def lengths(epochs: Sequence[int], steps: int | None, per_epoch: int) -> tuple[int, int, int]:
    """Steps of each stage: those epochs, or `steps` shared among the stages as they are. ValueError for none."""
    if min(epochs) < 0 or not sum(epochs) or (steps is not None and steps < 1):
        raise ValueError(f"--epochs {' '.join(map(str, epochs))} --steps {steps}: that is no training")
    total = sum(epochs) * per_epoch if steps is None else steps
    first, second = (round(total * sum(epochs[:stages]) / sum(epochs)) for stages in (1, 2))
    return first, second - first, total - second
