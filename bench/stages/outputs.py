"""A system's outputs in a run folder: where they lie, what the journal says of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Output

VERSIONS = "versions.txt"
"""Beside the outputs: what their model was made of."""


def place(folder: Path, system: System) -> Path:
    """The folder of a system's outputs in the run folder."""
    return folder / "systems" / store.slug(system.label)


def journal(folder: Path, system: System) -> dict[str, Output]:
    """The last record of each example, by id."""
    return store.Journal(place(folder, system)).read()


def forget(folder: Path, system: System) -> None:
    """Remove a system's outputs; BenchError where its folder is not one of those that a run makes."""
    gone = place(folder, system)
    if gone.parent != folder / "systems" or gone.name in ("", ".", ".."):
        raise BenchError(f"{gone}: is no folder of a system's outputs; nothing was removed")
    if gone.is_symlink():
        raise BenchError(f"{gone}: is a link; remove it yourself or give another --out")
    if gone.exists():
        shutil.rmtree(gone)


def truncated(folder: Path, systems: Sequence[System]) -> dict[str, int]:
    """How many outputs of each system were made from a text that had to be cut; those of none are left out."""
    counts = {
        system.label: sum("truncated" in made.notes for made in journal(folder, system).values())
        for system in systems
    }
    return {label: count for label, count in counts.items() if count}


def failed(outputs: Mapping[str, Mapping[str, Output]]) -> int:
    """How many outputs are failures."""
    return sum(output.error is not None for found in outputs.values() for output in found.values())
