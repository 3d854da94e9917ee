"""Whether a device has the memory for a system, told before its weights are fetched or read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import memory, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.engines.room import Room

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


def room(systems: Sequence[System], share: float, mirror: Path | None) -> Room:
    """What a worker of an engine needs that any of the systems may be asked by."""
    if not systems:
        return Room(share=share)
    most = max(systems, key=lambda system: (least_gb(system, mirror), system.build.memory_gb))
    stated_gb = max(system.build.memory_gb for system in systems)
    return Room(most.label, stated_gb, least_gb(most, mirror), share)


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
