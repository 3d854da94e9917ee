"""The alignment: one MLP a kind of condition, into CLAP's space of music; their mean is what guides the music.

MusFlow, section 3.1.1 and equation 3. The paper states four layers; that they are 512 wide with GELU between them,
as in LLaVA-1.5's projector, is inferred.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KINDS = ("image", "story", "caption")
"""Conditions, in the order of every array of them."""
DIM = 512
LAYERS = 4


class Adapters(nn.Module):
    """Vectors of what was given, `[batch, 3, 512]`, to one vector, `[batch, 512]`."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds = nn.ModuleDict({kind: _mlp() for kind in KINDS})

    def forward(self, vectors: Tensor, given: Tensor) -> Tensor:
        """The mean over the conditions for which `given`, bool `[batch, 3]`, is true: one at least in each row.

        What stands in `vectors` for the others, NaN included, plays no part.
        """
        vectors = vectors.masked_fill(~given[..., None], 0)
        mapped = torch.stack([self.kinds[kind](vectors[:, place]) for place, kind in enumerate(KINDS)], 1)
        return (mapped * given[..., None]).sum(1) / given.sum(1, keepdim=True)


class Mean(nn.Module):
    """No alignment: the mean of the vectors themselves, as the ablation of the paper's figure 4 has it."""

    def forward(self, vectors: Tensor, given: Tensor) -> Tensor:
        """As Adapters."""
        return (vectors.masked_fill(~given[..., None], 0) * given[..., None]).sum(1) / given.sum(1, keepdim=True)


def _mlp() -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(DIM, DIM)]
    for _ in range(LAYERS - 1):
        layers += [nn.GELU(), nn.Linear(DIM, DIM)]
    return nn.Sequential(*layers)
