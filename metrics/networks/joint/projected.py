"""What the networks of CLIP and CLAP share: a tower, and its projection into the joint space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sightsound.metrics.networks.common.batching import run_batches
from sightsound.metrics.networks.extractor import Features


class Projected(ABC):
    """See Extractor: one tower of transformers' model and its projection."""

    unit = False
    """Whether embeddings are scaled to length 1."""

    def __init__(self, tower: Any, projection: Any, device: str, batch: Mapping[str, int]) -> None:
        """`batch`: rows in one forward pass, by kind of device."""
        self._tower, self._projection = tower.to(device).eval(), projection.to(device).eval()
        self._device = device
        self._batch = batch[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [rows, 512] of each clip. ValueError for what the network can't take."""
        return run_batches(self._forward, [self._rows(clip) for clip in clips], self._batch, self._device)

    @abstractmethod
    def _rows(self, clip: Any) -> NDArray[Any]:
        """What the network is given of one clip, `[rows, ...]`."""

    @abstractmethod
    def _pooled(self, rows: Tensor) -> Tensor:
        """What the tower makes of a batch, `[batch, width]`."""

    def _forward(self, rows: Tensor) -> dict[str, Tensor]:
        embedding = self._projection(self._pooled(rows))
        return {"embedding": functional.normalize(embedding, dim=-1) if self.unit else embedding}
