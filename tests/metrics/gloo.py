"""Two processes that each see some of the clips and gather the rest: `python -m tests.metrics.gloo RANK PORT`.

Prints a line of JSON: the value of each metric with the clips of both.
"""

from __future__ import annotations

import json
import os
import sys
import warnings

import torch
from torch import distributed

from sightsound.metrics.cards import METRICS
from sightsound.metrics.torchmetric import AsTorchMetric

PARTS = {"unequal": ((0, 7), (7, 9)), "one has none": ((0, 0), (0, 9))}
"""Clips from, to, of each process."""
NAMES = ("fad_musicnn", "kl_musicnn", "kad_musicnn", "per_song_fad_musicnn", "inception_score_yamnet")


def side(seed: int, name: str) -> list[torch.Tensor]:
    """Nine clips' features, of one frame to four."""
    generator = torch.Generator().manual_seed(seed)
    dim = 521 if "yamnet" in name else 50 if "kl_" in name else 12
    return [torch.rand(1 + index % 4, dim, generator=generator) for index in range(9)]


def value(name: str, first: int, last: int) -> float:
    """The metric of the clips of this process; where there are others, with theirs."""
    metric = AsTorchMetric(METRICS[name])
    sides = [side(0, name), side(1, name)][: 1 if metric.card.kind == "single" else 2]
    if last > first:
        middle = (first + last + 1) // 2
        metric.update(*(each[first:middle] for each in sides))
        if last > middle:
            metric.update(*(each[middle:last] for each in sides))
    return metric.compute().item()


def main(rank: int, port: str) -> None:
    """Join the other process and print what this one computes."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    distributed.init_process_group("gloo", rank=rank, world_size=len(PARTS["unequal"]))
    warnings.simplefilter("ignore")  # that of torchmetrics, for the process without clips
    print(json.dumps({how: {name: value(name, *PARTS[how][rank]) for name in NAMES} for how in PARTS}))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
