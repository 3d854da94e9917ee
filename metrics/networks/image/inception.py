"""Inception v3 of December 2015, the network behind the inception score and the Fréchet inception distance.

Szegedy et al. 2016; trained on ImageNet by TensorFlow's authors with 1008 outputs. Weights: torch-fidelity's and
pytorch-fid's conversion of their graph, one file under two names. Pictures are prepared as the graph does it:
stretched to 299 x 299 whatever their shape, as TensorFlow 1 resized, without antialiasing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sightsound.metrics.networks.common.batching import channels_last, run_batches
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle
from sightsound.metrics.networks.common.stretch import stretched
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.networks.image.inception_network import InceptionV3

SIZE = 299  # pixels
BATCH = {"cpu": 4, "cuda": 64}  # pictures in one forward pass
WEIGHTS = "inception-2015-12-05.pth"


def load(weights: Mapping[str, Path], device: str) -> InceptionExtractor:
    """The network, from the asset `inception`. ValueError unless the file is its, tensor by tensor."""
    path = weights["inception"] / WEIGHTS
    return InceptionExtractor(filled(InceptionV3, read_pickle(path), path), device)


class InceptionExtractor:
    """See Extractor. Takes uint8 RGB pictures `[height, width, 3]`."""

    def __init__(self, network: InceptionV3, device: str) -> None:
        self._network = channels_last(network, device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 2048] and `logits_unbiased` [1, 1008] of each picture."""
        pictures = [stretched(picture, SIZE, "inception")[None] for picture in clips]
        return run_batches(self._forward, pictures, self._batch, self._device)

    def _forward(self, pixels: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network((pixels.permute(0, 3, 1, 2) - 128) / 128)
        return {"embedding": embedding, "logits_unbiased": logits}
