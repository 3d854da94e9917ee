"""What can be known to be wrong with a request before anything is fetched or generated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError, gathered
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Task
from sightsound.bench.stages import fits, outputs, reading, settings
from sightsound.metrics.card import MetricCard

MISSING = "--allow-missing-metrics goes on without the metrics whose networks cannot be had"


def problems(systems: Sequence[System], task: Task, folder: Path, *, loads: bool = True) -> list[BenchError]:
    """A BenchError for each system that cannot do the task, and with `loads` each entry that cannot be loaded.

    A system that has outputs in the run folder may need its code no more: it is left to the run. No model is made.
    """
    found: list[BenchError] = []
    for system in systems:
        if task.name not in system.card.tasks:
            does = ", ".join(system.card.tasks)
            found.append(BenchError(f"{system.label} cannot do {task.name}; it does {does}"))
    for system in _at_work(systems, task, folder) if loads else ():
        if system.home is None:
            with gathered(found):
                settings.entry_of(system)
        for key, value in system.options.items():
            with gathered(found):
                settings.revealed(key, value)
    return found


def lacking(
    systems: Sequence[System],
    metrics: Sequence[MetricCard],
    task: Task,
    split: str,
    folder: Path,
    mirror: Path | None,
    device: str,
) -> list[BenchError]:
    """A BenchError for each asset of the systems and metrics that cannot be had, for each system that the device
    has not the memory for, and for a disk without the room for all that is to be fetched. Nothing is fetched.

    `split`: where that is prepared first, empty for folders of the user's. Systems with outputs are left out, as
    in `problems`.
    """
    found: list[BenchError] = []
    wanted: dict[str, list[str]] = {}  # asset -> who needs it
    for system in _at_work(systems, task, folder):
        with gathered(found):
            fits.check(system, device, mirror)
        for name in system.build.assets:
            wanted.setdefault(name, []).append(system.label)
    of_systems = set(wanted)
    for network in reading.extractors(metrics):
        over = [card.name for card in metrics if any(n.extractor == network for n in reading.needs(card))]
        for name in registry.extractor(network).assets:
            wanted.setdefault(name, []).append(f"network {network} ({', '.join(over)})")
    absent: set[str] = set()
    for name, users in wanted.items():
        try:
            assets.expect(name, mirror)
        except assets.AssetError as error:
            absent.add(name)
            found.append(BenchError(f"{', '.join(users)}: {error}"))
    if absent - of_systems:
        found.append(BenchError(MISSING))
    of_split = splits.card(split).assets if split and not splits.is_prepared(split) else ()
    with gathered(found):
        assets.check_room(assets.needs([*of_split, *wanted], mirror))
    return found


def _at_work(systems: Sequence[System], task: Task, folder: Path) -> Iterator[System]:
    """The systems that do the task and have no outputs yet."""
    for system in systems:
        there = store.Journal(outputs.place(folder, system)).path.is_file()
        if task.name in system.card.tasks and system.build.entry and not there:
            yield system
