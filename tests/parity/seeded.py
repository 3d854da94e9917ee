"""Weights that any machine makes anew: each tensor is drawn from a generator seeded by its published name.

The rule: numpy's default_rng seeded by the first 8 bytes of sha256(name), standard normal, divided by the root of
the fan-in (the product of all dimensions but the first; for one dimension: times 0.1). A name that ends in
`running_var` is exp of that, one that ends in `weight` with one dimension (the scale of a norm) is 1 plus that,
`num_batches_tracked` is 1. Other integer tensors are left as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    """The float32 tensor of that name and shape."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(shape)
    scale = 0.1 if len(shape) < 2 else 1 / np.sqrt(np.prod(shape[1:]))
    drawn = drawn * scale
    if name.endswith("running_var"):
        drawn = np.exp(drawn)
    elif name.endswith("weight") and len(shape) == 1:
        drawn = drawn + 1
    return torch.from_numpy(np.asarray(drawn, np.float32).reshape(shape))


def filled(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the same names and shapes with the seeded tensors."""
    made = {}
    for name, old in state.items():
        if name.endswith("num_batches_tracked"):
            made[name] = torch.ones_like(old)
        elif old.is_floating_point():
            made[name] = tensor(name, tuple(old.shape)).to(old.dtype)
        else:
            made[name] = old.clone()
    return made
