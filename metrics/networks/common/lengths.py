"""Batches for networks that take clips whole, where only clips of one length can run together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from sightsound.metrics.networks.common.batching import run_batches
from sightsound.metrics.networks.extractor import Features


def run_by_length(
    forward: Callable[[Tensor], dict[str, Tensor]],
    clips: Sequence[Sequence[NDArray[Any]]],
    batch: int,
    device: str,
) -> list[Features]:
    """Run `forward` over the pieces of all clips, `batch` pieces of one length at a time.

    `clips`: for each clip its pieces `[samples]`, at least one. `forward`: takes `[batch, samples]` on the
    device, gives `[batch, dim]` or `[batch, frames, dim]`. A piece is never padded; a batch is filled up with
    pieces of zeros. Returns for each clip the outputs of its pieces one after another, `[frames, dim]` float32.
    """
    by_length: dict[int, list[tuple[int, int]]] = {}
    for index, pieces in enumerate(clips):
        for place, piece in enumerate(pieces):
            by_length.setdefault(len(piece), []).append((index, place))
    found: dict[tuple[int, int], Features] = {}
    for where in by_length.values():
        rows = [clips[index][place][None] for index, place in where]
        found.update(zip(where, run_batches(forward, rows, batch, device), strict=True))
    return [_joined([found[index, place] for place in range(len(pieces))]) for index, pieces in enumerate(clips)]


def _joined(pieces: Sequence[Features]) -> Features:
    return {
        name: np.concatenate([piece[name].reshape(-1, piece[name].shape[-1]) for piece in pieces])
        for name in pieces[0]
    }
