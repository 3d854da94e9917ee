"""Checkpoints in the published layout: the names and shapes in keys/, with seeded or with constant weights."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from tests.parity import seeded

KEYS = Path(__file__).parent / "keys"


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of a published checkpoint, in its order; a number has the shape ()."""
    table = {}
    for line in (KEYS / f"{name}.txt").read_text().splitlines():
        key, shape = line.split()
        table[key] = () if shape == "-" else tuple(map(int, shape.split("x")))
    return table


def seeded_state(name: str, layers: int | None = None) -> dict[str, Tensor]:
    """Weights by `seeded`; of a transformer's layers only the first `layers`."""
    return seeded.filled(_kept(_constants(name, torch.zeros(())), layers))


def constant_state(name: str, value: float = 0.01) -> dict[str, Tensor]:
    """Every weight the same number; a whole checkpoint saved so is a few kB."""
    return _constants(name, torch.tensor(value))


def _constants(name: str, value: Tensor) -> dict[str, Tensor]:
    count = torch.ones((), dtype=torch.int64)
    return {
        key: count if key.endswith("num_batches_tracked") else value.expand(shape)
        for key, shape in shapes(name).items()
    }


def _kept(state: dict[str, Tensor], layers: int | None) -> dict[str, Tensor]:
    def number(key: str) -> int:
        parts = key.partition("encoder.layers.")[2].split(".")
        return int(parts[0]) if parts[0] else -1

    return {key: value for key, value in state.items() if layers is None or number(key) < layers}
