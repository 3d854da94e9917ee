"""Read published checkpoints: tensors only, every name and shape as expected, or one line that says what differs.

A pickle is read with `weights_only=True`, which runs no code of the file; the asset store has checked its sha256
before. `python -m sightsound.metrics.networks.common.checkpoint IN OUT.safetensors` converts a checkpoint whose
sha256 nobody has published into a format that can hold no code (docs/extractors/audio.md and joint.md).
"""

from __future__ import annotations

import argparse
import itertools
import json
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

# What training scripts leave in a checkpoint beside its tensors: numpy numbers, arrays of them, command lines.
# The functions that make them stand in another module in numpy 2 than before, so they are asked for.
_reconstruct, _scalar = np.zeros(()).__reduce__()[0], np.float64().__reduce__()[0]
_NUMBERS: tuple[Any, ...] = (
    *((_reconstruct, f"{module}.multiarray._reconstruct") for module in ("numpy.core", "numpy._core")),
    *((_scalar, f"{module}.multiarray.scalar") for module in ("numpy.core", "numpy._core")),
    *(np.ndarray, np.dtype, np.dtypes.Float32DType, np.dtypes.Float64DType, np.dtypes.Int64DType),
    argparse.Namespace,
)
_PARTS = ("state_dict", "model")  # where a training script keeps the weights among other things

# What torch raises for a file of another kind, one cut short, or one that holds code.
_UNREADABLE = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, struct.error, EOFError, RuntimeError),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError),
)

_CODES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_AT_ONCE = 1 << 29  # bytes converted between two openings of a file


def read_pickle(path: Path) -> dict[str, Tensor]:
    """The tensors of a `torch.save` file by name, less a leading `module.`; of a training checkpoint its weights.

    The file stays on the disk until a tensor is used, where its format allows that. ValueError for a file that
    holds anything else.
    """
    try:
        with torch.serialization.safe_globals(list(_NUMBERS)):
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except _UNREADABLE as error:
        raise ValueError(f"{path} is missing, damaged or holds more than tensors: fetch it again") from error
    if isinstance(found, dict):
        found = next((found[part] for part in _PARTS if isinstance(found.get(part), dict)), found)
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise ValueError(f"{path} is not a table of tensors: fetch it again")
    return {str(name).removeprefix("module."): value for name, value in found.items()}


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file. ValueError where it is none."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, *_UNREADABLE) as error:
        raise ValueError(f"{path} is missing or no safetensors file: fetch it again") from error


def filled(build: Callable[[], Network], state: Mapping[str, Tensor], path: Path) -> Network:
    """The network that `build` makes with the weights of `state`; see `load_strictly`."""
    return load_strictly(empty(build), state, path)


def empty(build: Callable[[], Network]) -> Network:
    """The network that `build` makes, for weights that are replaced: without memory and random numbers for them.

    Versions 4 of transformers read numbers off tensors while they build some networks, which takes the memory.
    """
    try:
        with torch.device("meta"):
            return build()
    except RuntimeError:
        with torch.random.fork_rng(devices=[]):
            return build()


def load_strictly(network: Network, state: Mapping[str, Tensor], path: Path) -> Network:
    """The network with the weights of `state`, float32, ready to run.

    ValueError, naming `path`, unless `state` has exactly the network's names and shapes. A batch norm's
    `num_batches_tracked` plays no part when the network runs and may be missing.
    """
    wanted = network.state_dict()
    given = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    for name in wanted.keys() - given.keys():
        if name.endswith("num_batches_tracked"):
            given[name] = torch.zeros((), dtype=torch.int64)
    check_layout(given, {name: value.shape for name, value in wanted.items()}, path)
    network.load_state_dict(given, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def check_layout(state: Mapping[str, Tensor], wanted: Mapping[str, torch.Size], path: Path) -> None:
    """ValueError, naming `path`, unless `state` has exactly the names and shapes of `wanted`."""
    wrong = {name for name in wanted.keys() & state.keys() if wanted[name] != state[name].shape}
    for what, names in (
        ("lacks", wanted.keys() - state.keys()),
        ("has, unknown to the network,", state.keys() - wanted.keys()),
        ("has in another shape", wrong),
    ):
        if names:
            some = ", ".join(sorted(names)[:3]) + (" ..." if len(names) > 3 else "")
            raise ValueError(f"{path} {what} {len(names)} weights: {some}; is it another model's?")


def to_safetensors(source: Path, target: Path) -> int:
    """Write the tensors of a `torch.save` file as safetensors; returns how many.

    Some tensors after the others, so that a checkpoint of 25 GB takes half a GB of memory (one in torch's format
    from before 1.6 takes its whole size). ValueError for a dtype that safetensors has no name for.
    """
    header = _header(read_pickle(source), source)
    names = list(header)
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()  # transformers asks for the format
    text += b" " * (-len(text) % 8)
    with target.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for some in _runs(names, [header[name]["data_offsets"][0] // _AT_ONCE for name in names]):
            state = read_pickle(source)  # anew: the pages that were read stay with the process while it is open
            for name in some:
                file.write(state.pop(name).contiguous().reshape(-1).view(torch.uint8).numpy().data)
            del state
    return len(names)


def _header(state: Mapping[str, Tensor], source: Path) -> dict[str, Any]:
    """Where each tensor comes to lie; larger numbers first, so that each begins at a multiple of its size."""
    unknown = sorted({str(value.dtype) for value in state.values()} - {str(dtype) for dtype in _CODES})
    if unknown:
        raise ValueError(f"{source} has tensors of {', '.join(unknown)}, which safetensors cannot hold")
    header: dict[str, Any] = {}
    end = 0
    for name, value in sorted(state.items(), key=lambda item: -item[1].element_size()):
        begin, end = end, end + value.numel() * value.element_size()
        header[name] = {"dtype": _CODES[value.dtype], "shape": list(value.shape), "data_offsets": [begin, end]}
    return header


def _runs(names: list[str], groups: list[int]) -> list[list[str]]:
    """The names that follow each other in the same group."""
    pairs = itertools.groupby(zip(groups, names, strict=True), key=lambda pair: pair[0])
    return [[name for _, name in run] for _, run in pairs]


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].endswith(".safetensors"):
        sys.exit("usage: python -m sightsound.metrics.networks.common.checkpoint IN.bin OUT.safetensors")
    try:
        print(f"{sys.argv[2]}: {to_safetensors(Path(sys.argv[1]), Path(sys.argv[2]))} tensors")
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
