"""`--engine`, `--workers` and `--gpu-share`: which engine a run works with."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.core import console, memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.engines.job import Engine
from sightsound.bench.engines.local import Local
from sightsound.bench.engines.on_ray import OnRay
from sightsound.bench.engines.processes import Processes
from sightsound.bench.engines.room import Room

NAMES = ("local", "processes", "ray")
SMALLEST_SHARE = 0.01


def check(name: str, workers: int | None, share: float = 1.0) -> None:
    """BenchError for an engine, a number of workers or a share of a GPU that there is not."""
    if name and name not in NAMES and not name.startswith("ray:"):
        raise BenchError(f"--engine {name}: take one of {', '.join(NAMES)}, ray:HOST:PORT")
    if workers is not None and workers < 1:
        raise BenchError(f"--workers {workers}: take 1 or more")
    if not SMALLEST_SHARE <= share <= 1:
        raise BenchError(f"--gpu-share {share:g}: take a share of a GPU for each worker, {SMALLEST_SHARE:g} to 1")
    for option, given in (("--workers", workers not in (None, 1)), ("--gpu-share", share != 1)):
        if name == "local" and given:
            value = workers if option == "--workers" else f"{share:g}"
            raise BenchError(f"{option} {value}: the engine local is one process; take --engine processes")


def opened(name: str, workers: int | None, device: str, folder: Path, room: Room | None = None) -> Engine:
    """The engine. With no name: processes where a number of workers or a share of a GPU was given or there are
    several devices.

    `device`: torch's, `cuda` for all cards; `folder`: the run folder, for what workers print; `room`: what a
    worker takes. BenchError where no card is large enough for it.
    """
    room = room or Room()
    devices = devices_of(device)
    if name == "local" or (not name and workers is None and len(devices) == 1 and room.share == 1):
        return Local(device)
    kind, _, address = name.partition(":")
    if kind == "ray":
        return OnRay(address, workers, device, room)
    fitting = room.fitting({each: memory.have_gb(each) for each in devices}) if _cards(devices) else devices
    if left := [each for each in devices if each not in fitting]:
        console.say(f"no worker goes to {', '.join(left)}: {room.label} needs about {room.stated_gb:g} GB")
    usual = room.on_cards(len(fitting)) if _cards(devices) else room.on_cpu()
    return Processes(workers or usual, fitting, folder / "workers", room.share)


def devices_of(device: str) -> list[str]:
    """The single devices that `device` stands for."""
    if device != "cuda":
        return [device]
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or [device]


def _cards(devices: list[str]) -> bool:
    return devices[0].startswith("cuda")
