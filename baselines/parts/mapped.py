"""Tensors of a safetensors file, one at a time: mapped from the disk, copied to the device, let go again.

Loading a checkpoint so takes the memory of the weights that are kept, and of one tensor. safetensors' own reader
leaves the file's pages with the process for as long as the file is open, which doubles what a load on the CPU
takes.
"""

from __future__ import annotations

import json
import mmap
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

CONVERT = "python -m sightsound.metrics.networks.common.checkpoint IN.pth OUT.safetensors"

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


class MappedFile:
    """Names, shapes and dtypes of the tensors of a file; `take` brings one."""

    def __init__(self, path: Path) -> None:
        """ValueError, naming the file, where it is missing, cut short or of another kind."""
        self.path = path
        try:
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(min(length, path.stat().st_size)))
                self._map = mmap.mmap(
                    file.fileno(), 0, access=mmap.ACCESS_COPY
                )  # writable for torch; never written
            header.pop("__metadata__", None)
            self._begin = 8 + length
            self._span = {name: tuple(entry["data_offsets"]) for name, entry in header.items()}
            self.shapes = {name: torch.Size(entry["shape"]) for name, entry in header.items()}
            self.dtypes = {name: DTYPES[entry["dtype"]] for name, entry in header.items()}
            whole = self._begin + max((end for _, end in self._span.values()), default=0)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise ValueError(f"{path} is missing or no safetensors file; make it by `{CONVERT}`") from error
        if whole != len(self._map):
            raise ValueError(f"{path} is {len(self._map)} bytes long and should be {whole}: make it again")

    def __contains__(self, name: str) -> bool:
        return name in self.shapes

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def take(self, name: str, device: str | torch.device = "cpu", dtype: torch.dtype | None = None) -> Tensor:
        """The tensor on the device, in the file's dtype or another; its pages of the file are given back."""
        begin, end = (self._begin + offset for offset in self._span[name])
        kept, shape = self.dtypes[name], self.shapes[name]
        tensor = torch.empty(shape, dtype=dtype or kept, device=device)
        if tensor.numel():
            with warnings.catch_warnings():  # that the map cannot be written; it is only read
                warnings.simplefilter("ignore", UserWarning)
                mapped = torch.frombuffer(self._map, dtype=kept, count=shape.numel(), offset=begin)
            tensor.copy_(mapped.view(shape))
            del mapped
        if hasattr(self._map, "madvise"):
            first, last = (edge // mmap.PAGESIZE * mmap.PAGESIZE for edge in (begin, end))
            self._map.madvise(mmap.MADV_DONTNEED, first, max(last - first, mmap.PAGESIZE))
        return tensor
