"""`--engine` and `--workers`: which engine a run works with."""

from __future__ import annotations

import os
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines.job import Engine
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.on_ray import OnRay
from sightsound.bench.engines.processes import Processes

NAMES = ("local", "processes", "ray")
MOST_ON_CPU = 4
"""Workers on a CPU where none was named a number: each of them holds the models once."""


def check(name: str, workers: int | None) -> None:
    """BenchError for an engine or a number of workers that there is not."""
    if name and name not in NAMES and not name.startswith("ray:"):
        raise BenchError(f"--engine {name}: take one of {', '.join(NAMES)}, ray:HOST:PORT")
    if workers is not None and workers < 1:
        raise BenchError(f"--workers {workers}: take 1 or more")
    if name == "local" and workers not in (None, 1):
        raise BenchError(f"--workers {workers}: the engine local is one process; take --engine processes")


def opened(name: str, workers: int | None, device: str, folder: Path, needs_gb: float = 0.0) -> Engine:
    """The engine. With no name: processes where a number of workers was given or there are several devices.

    `device`: torch's, `cuda` for all cards; `folder`: the run folder, for what workers print; `needs_gb`: memory
    that a worker takes by the cards of the systems, 0 where they state none.
    """
    devices = devices_of(device)
    if name == "local" or (not name and workers is None and len(devices) == 1):
        return Local(device)
    kind, _, address = name.partition(":")
    if kind == "ray":
        return OnRay(address, workers or _usual(devices), device, needs_gb)
    return Processes(workers or _usual(devices), devices, folder / "workers")


def devices_of(device: str) -> list[str]:
    """The single devices that `device` stands for."""
    if device != "cuda":
        return [device]
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or [device]


def _usual(devices: list[str]) -> int:
    if devices[0].startswith("cuda"):
        return len(devices)
    return min(MOST_ON_CPU, len(os.sched_getaffinity(0)))
