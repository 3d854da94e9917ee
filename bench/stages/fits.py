"""Whether a device has the memory for a system, told before its weights are fetched or read."""

from __future__ import annotations

import os
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import memory, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System

GB = 1e9


def check(system: System, device: str, mirror: Path | None) -> None:
    """BenchError where the device has less memory than the system's weights alone take.

    What its card states is for a whole batch, and a batch that does not fit is halved; so a card that states more
    than there is does not refuse by itself.
    """
    if least_gb(system, mirror) > memory.have_gb(device):
        raise BenchError(f"{system.label}: {too_little(system, device)}")


def least_gb(system: System, mirror: Path | None) -> float:
    """GB that the system takes at the least: its weights as they lie on the disk (as their cards state them, where
    they are not here), or all that its card states, whichever is less. 0 where its card states nothing."""
    if not system.build.memory_gb:
        return 0.0
    return min(system.build.memory_gb, sum(_bytes(name, mirror) for name in system.build.assets) / GB)


def too_little(system: System, device: str) -> str:
    """What the system needs and what the device has."""
    needs = f"needs about {system.build.memory_gb:g} GB" if system.build.memory_gb else "needs more memory"
    return f"{needs}, {device} has {memory.have_gb(device):.1f} GB; take another --device or machine"


def _bytes(name: str, mirror: Path | None) -> int:
    try:
        folder = assets.locate(name, mirror)
    except assets.AssetError:  # damaged: fetching it says what is to be done
        folder = None
    if folder is None:
        return registry.asset(name).size_bytes
    return sum(Path(here, file).stat().st_size for here, _, files in os.walk(folder) for file in files)
