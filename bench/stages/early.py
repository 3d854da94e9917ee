"""What can be known to be wrong with a request before anything is fetched or generated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError, gathered
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Task
from sightsound.bench.stages import outputs, reading, settings
from sightsound.metrics.card import MetricCard


def problems(
    systems: Sequence[System], task: Task, metrics: Sequence[MetricCard], folder: Path, mirror: Path | None
) -> list[BenchError]:
    """A BenchError for each system that cannot do the task, each entry that cannot be loaded, and each asset of
    the systems and metrics that cannot be had.

    A system that has outputs in the run folder may need neither its code nor its weights again: it is left to the
    run. Nothing is fetched and no model is made.
    """
    found: list[BenchError] = []
    wanted: dict[str, list[str]] = {}  # asset -> who needs it
    for system in systems:
        if task.name not in system.card.tasks:
            does = ", ".join(system.card.tasks)
            found.append(BenchError(f"{system.label} cannot do {task.name}; it does {does}"))
        if not system.build.entry or store.Journal(outputs.place(folder, system)).path.is_file():
            continue
        if system.home is None:
            with gathered(found):
                settings.entry_of(system)
        for key, value in system.options.items():
            with gathered(found):
                settings.revealed(key, value)
        for name in system.build.assets:
            wanted.setdefault(name, []).append(system.label)
    for name in reading.extractors(metrics):
        for asset in registry.extractor(name).assets:
            wanted.setdefault(asset, []).append(f"network {name}")
    for name, users in wanted.items():
        try:
            assets.expect(name, mirror)
        except assets.AssetError as error:
            found.append(BenchError(f"{', '.join(users)}: {error}"))
    return found
