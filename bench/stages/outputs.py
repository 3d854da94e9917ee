"""A system's outputs in a run folder: where they lie, what the journal says of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sightsound.bench.core import maker as makers
from sightsound.bench.core import store
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.maker import Maker
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Output

VERSIONS = "versions.txt"
"""Beside the outputs: what their model was made of."""


OPENED = "opened.txt"
"""Beside the outputs: the references that the model's code opened."""


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


def claim(folder: Path, system: System, maker: Maker, wanted: Sequence[str], *, remake: bool) -> None:
    """Make the system's outputs in the run folder those of `maker`, or go on with them.

    `wanted`: ids of the examples that it has to answer. BenchError where another maker made what is there, unless
    `remake`: then they are removed and made anew.
    """
    where, have = place(folder, system), journal(folder, system)
    there = makers.read(where) if have or (where / makers.NAME).is_file() else maker
    blend = any(example not in have for example in wanted) and bool(have)
    other = makers.differs(there, maker, blend=blend) if there else "made by nobody knows what"
    if other and have and not remake:
        raise BenchError(
            f"{shown(where)}: holds outputs that were {other}; --remake makes them anew, another --out keeps both"
        )
    if other:
        forget(folder, system)
    if other or there is maker:
        store.write_text(where / makers.NAME, json.dumps(asdict(maker), indent=1, sort_keys=True) + "\n")


def note_opened(folder: Path, system: System, opened: Collection[Path]) -> None:
    """Keep on record which references the system's code opened while it was generating."""
    if not opened:
        return
    names = sorted({*opened_references(folder, system), *(path.name for path in opened)})
    store.write_text(place(folder, system) / OPENED, "".join(f"{name}\n" for name in names))


def opened_references(folder: Path, system: System) -> list[str]:
    """Names of the reference files that the system's code opened; empty where it kept to its conditions."""
    path = place(folder, system) / OPENED
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def unfinished(folder: Path, system: System, wanted: Sequence[str]) -> int:
    """How many of the examples `wanted` the system was never asked for: its run was stopped."""
    have = journal(folder, system)
    return sum(example not in have for example in wanted)


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
