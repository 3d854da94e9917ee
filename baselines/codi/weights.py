"""The published checkpoints, converted to safetensors: read part by part, mapped, straight to the device.

The authors load four files into one network with strict=False, so that a file that lacks the audio UNet gives
noise (i-Code issue 57). Here each part takes the names under its own prefix, and they must be all there and no
others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from sightsound.baselines.parts.mapped import MappedFile
from sightsound.metrics.networks.common.checkpoint import check_layout

Network = TypeVar("Network", bound=nn.Module)

NONE = r"$^"  # matches no name


class Checkpoint:
    """A file of several parts; its tensors stay on the disk until a part is asked for."""

    def __init__(self, path: Path, device: str) -> None:
        """ValueError where the file is missing or of another kind."""
        self.path = path
        self._file = MappedFile(path)
        self._device = device
        self.shapes = self._file.shapes

    def part(self, prefix: str, unused: str = NONE) -> dict[str, torch.Size]:
        """Names and shapes under `prefix`, without it, but for those that the pattern `unused` matches.

        ValueError where there are none.
        """
        skipped = re.compile(unused)
        found = {
            name.removeprefix(prefix): shape for name, shape in self.shapes.items() if name.startswith(prefix)
        }
        if not found:
            raise ValueError(f"{self.path} has no weights named {prefix}...; is it another part of CoDi?")
        return {name: shape for name, shape in found.items() if not skipped.match(name)}

    def shape(self, name: str, dims: int) -> torch.Size:
        """Shape of a tensor of so many dimensions, from which a network's size is read. ValueError without it."""
        shape = self.shapes.get(name)
        if shape is None or len(shape) != dims:
            raise ValueError(f"{self.path} has no {name} of {dims} dimensions; is it another part of CoDi?")
        return shape

    def tensors(self, prefix: str, unused: str = NONE, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """What `part` names, on the device, in the file's dtype or another."""
        return {name: self._file.take(prefix + name, self._device, dtype) for name in self.part(prefix, unused)}

    def filled(self, build: Callable[[], Network], prefix: str, dtype: torch.dtype, unused: str = NONE) -> Network:
        """The network that `build` makes with the weights under `prefix`, ready to run.

        ValueError unless those are exactly the network's names and shapes.
        """
        with torch.device("meta"):  # no memory and no random numbers for weights that are replaced
            network = build()
        given = {
            prefix + name: torch.empty(shape, device="meta") for name, shape in self.part(prefix, unused).items()
        }
        wanted = {prefix + name: value.shape for name, value in network.state_dict().items()}
        check_layout(given, wanted, self.path)
        network.load_state_dict(self.tensors(prefix, unused, dtype), strict=True, assign=True)
        return network.eval().requires_grad_(False)
