"""The global state of the process: what a model changes of it must not reach another model, the metrics or the
cache.

Torch's precision, default type and switches, NumPy's error handling, the generators of random numbers, the working
folder. Whoever runs code of others puts `restored()` around it; whoever measures works within `known()`.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

DEVICES = ("cpu", "cuda")  # kinds of device that have a switch of their own for autocast


@contextmanager
def restored(*, networks: bool = True) -> Iterator[None]:
    """Whatever the block does to the global state is undone when it ends.

    `networks`: whether the block may run any itself; without, torch is not imported for its sake.
    """
    before = _read() | (_read_torch() if networks or "torch" in sys.modules else {})
    try:
        yield
    finally:
        _write(before)


@contextmanager
def known(*, networks: bool = True) -> Iterator[None]:
    """The block works in the state that features and values are defined in: float32, full precision, no autocast.

    It is left as it was found. `networks`: see `restored`.
    """
    with restored(networks=networks):
        np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
        if not networks and "torch" not in sys.modules:
            yield
            return
        import torch

        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision("highest")
        torch.set_grad_enabled(True)
        _deterministic(False)
        torch.backends.cudnn.allow_tf32 = False
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            yield


def _read() -> dict[str, Any]:
    return {
        "cwd": _cwd(),
        "numpy errors": np.geterr(),
        "numpy random": np.random.get_state(),
        "random": random.getstate(),
    }


def _read_torch() -> dict[str, Any]:
    import torch

    found: dict[str, Any] = {
        "dtype": torch.get_default_dtype(),
        "precision": torch.get_float32_matmul_precision(),
        "grad": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cudnn.allow_tf32,
        "benchmark": torch.backends.cudnn.benchmark,
        "threads": torch.get_num_threads(),
        "torch random": torch.get_rng_state(),
        "autocast": {kind: (torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in DEVICES},
    }
    if torch.cuda.is_initialized():
        found["cuda random"] = torch.cuda.get_rng_state_all()
    return found


def _deterministic(wanted: bool) -> None:
    """Only where it changes: the call imports torch's compiler, which takes two seconds."""
    import torch

    if torch.are_deterministic_algorithms_enabled() != wanted:
        torch.use_deterministic_algorithms(wanted)


def _cwd() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # it was removed under us
        return None


def _write(state: dict[str, Any]) -> None:
    if state["cwd"] is not None:
        os.chdir(state["cwd"])
    np.seterr(**state["numpy errors"])
    np.random.set_state(state["numpy random"])
    random.setstate(state["random"])
    if "dtype" not in state:
        return
    import torch

    torch.set_default_dtype(state["dtype"])
    torch.set_float32_matmul_precision(state["precision"])
    torch.set_grad_enabled(state["grad"])
    _deterministic(state["deterministic"])
    torch.backends.cudnn.allow_tf32 = state["tf32"]
    torch.backends.cudnn.benchmark = state["benchmark"]
    torch.set_num_threads(state["threads"])
    torch.set_rng_state(state["torch random"])
    for kind, (enabled, dtype) in state["autocast"].items():
        torch.set_autocast_enabled(kind, enabled)
        torch.set_autocast_dtype(kind, dtype)
    if "cuda random" in state:
        torch.cuda.set_rng_state_all(state["cuda random"])
