"""Read published checkpoints: tensors only, every name and shape as expected, or one line that says what differs.

A pickle is read with `weights_only=True`, which runs no code of the file; the asset store has checked its sha256
before. `python -m metrics.extractors.checkpoint IN OUT.safetensors` converts a checkpoint whose sha256 nobody has
published into a format that can hold no code (docs/extractors/audio.md and joint.md).
"""

from __future__ import annotations

import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy._core.multiarray import _reconstruct
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

# What training scripts leave in a checkpoint beside its tensors: numpy numbers and arrays of them, no more.
_scalar = np.float64().__reduce__()[0]
_NUMBERS: tuple[Any, ...] = (
    *((_reconstruct, f"{module}.multiarray._reconstruct") for module in ("numpy.core", "numpy._core")),
    *((_scalar, f"{module}.multiarray.scalar") for module in ("numpy.core", "numpy._core")),
    *(np.ndarray, np.dtype, np.dtypes.Float32DType, np.dtypes.Float64DType, np.dtypes.Int64DType),
)
_PARTS = ("state_dict", "model")  # where a training script keeps the weights among other things

# What torch raises for a file of another kind, one cut short, or one that holds code.
_UNREADABLE = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, struct.error, EOFError, RuntimeError),
    *(AttributeError, LookupError, OSError, TypeError, ValueError),
)


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
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is missing or no safetensors file: fetch it again") from error


def filled(build: Callable[[], Network], state: Mapping[str, Tensor], path: Path) -> Network:
    """The network that `build` makes with the weights of `state`; see `load_strictly`."""
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced
        network = build()
    return load_strictly(network, state, path)


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
    """Write the tensors of a `torch.save` file as safetensors; returns how many."""
    from safetensors.torch import save_file

    state = read_pickle(source)
    save_file({name: value.contiguous().clone() for name, value in state.items()}, target)
    return len(state)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].endswith(".safetensors"):
        sys.exit("usage: python -m metrics.extractors.checkpoint IN.bin OUT.safetensors")
    try:
        print(f"{sys.argv[2]}: {to_safetensors(Path(sys.argv[1]), Path(sys.argv[2]))} tensors")
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
