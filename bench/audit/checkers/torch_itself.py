"""torch: its own divergence, as AudioCraft and audioldm_eval call it."""

from __future__ import annotations

from typing import Any

PACKAGE = "torch"
SERVES = {"paired.divergence": "kl_div", "paired.divergence_by_frame": "kl_div"}


def compute(formula: str, given: Any) -> float:
    """Mean over the rows of sum p (ln p - ln q); p is `reference`, q `generated`, `[rows, classes]` each."""
    import torch

    q, p = (torch.from_numpy(given.arrays[side]) for side in ("generated", "reference"))
    return float(torch.nn.functional.kl_div(q.log(), p, reduction="batchmean"))
