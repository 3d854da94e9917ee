"""DDIM without noise (eta 0) and with classifier-free guidance.

Song, Meng, Ermon, ICLR 2021, arXiv:2010.02502; constants after github.com/microsoft/i-Code, i-Code-V3:
configs/model/codi.yaml and core/models/ddim. 1000 steps; the square roots of their betas rise evenly from those of
0.00085 to that of 0.012.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sightsound.baselines.codi.unet import UNet

TRAINED = 1000  # steps
FIRST_BETA, LAST_BETA = 0.00085, 0.012


class Step(NamedTuple):
    """One step of the way from noise to a latent."""

    time: int
    """Of 0..999, as the network is told."""
    kept: float
    """Share of the signal in the variance at `time` (the papers' alpha with a bar)."""
    kept_next: float
    """The same at the step that follows."""


def schedule(steps: int) -> list[Step]:
    """The steps from noise to signal: every (1000 // steps)th, one up, as the authors' `uniform` has them.

    Where `steps` doesn't divide 1000 they may be more than asked for: 400 gives 500. ValueError for none, and
    for a number with which the rule ends at step 1000, which is not there: beyond 500, 300 to 333, and a few.
    """
    if not 1 <= steps <= TRAINED:
        raise ValueError(f"steps: {steps} is not in 1..{TRAINED}")
    betas = np.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, TRAINED) ** 2
    kept = np.cumprod(1 - betas).astype(np.float32).astype(np.float64)  # the authors keep float32
    times = np.arange(0, TRAINED, TRAINED // steps) + 1
    if times[-1] == TRAINED:
        raise ValueError(f"steps: {steps} ends at step {TRAINED}, which is not there; take another, 50 say")
    before = [kept[0], *kept[times[:-1]]]
    return [Step(int(t), float(kept[t]), float(last)) for t, last in zip(times, before, strict=True)][::-1]


def sample(unet: UNet, noise: Tensor, condition: Tensor, nothing: Tensor, steps: int, guidance: float) -> Tensor:
    """Latents from `noise` `[batch, 8, frames, bands]`, float32, under conditions `[batch, context]`.

    `nothing` are the conditions of the same shape that stand for none. Both predictions come out of one pass of
    the network; with a guidance of 1 only the first is asked for. The latent stays float32, whatever the network
    computes in.
    """
    dtype = condition.dtype
    guided = guidance != 1
    heard = unet.hear(torch.cat([nothing, condition]) if guided else condition)
    latent = noise
    for step in schedule(steps):
        seen = latent.to(dtype)
        if guided:
            without, told = unet(torch.cat([seen, seen]), step.time, heard).float().chunk(2)
            predicted = without + guidance * (told - without)
        else:
            predicted = unet(seen, step.time, heard).float()
        clean = (latent - (1 - step.kept) ** 0.5 * predicted) / step.kept**0.5
        latent = step.kept_next**0.5 * clean + (1 - step.kept_next) ** 0.5 * predicted
    return latent
