"""A run folder read again by a later command: what it was made for, its systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.length import USUAL
from sightsound.bench.stages import adopt


def plan(folder: Path) -> dict[str, Any]:
    """What the run was made for: task, split, length, systems, metrics. BenchError where no scored run is."""
    found = store.read_plan(folder)
    if found is None:
        raise BenchError(f"{folder}: holds no run")
    if not found["metrics"]:
        raise BenchError(f"{folder}: was generated but not scored; run `bench run` with the same options first")
    return {"length": USUAL} | found


def know(plans: Iterable[Mapping[str, Any]]) -> None:
    """BenchError where a run has metrics or a split out of a module that nobody named here."""
    for each in plans:
        unknown = [name for name in each["metrics"] if name.partition("@")[0] not in registry.metrics()]
        unknown += [each["split"]] * (each["split"] not in registry.split_cards() and "/" not in each["split"])
        if unknown and each.get("modules"):
            raise BenchError(
                f"{unknown[0]} is not known here; add --cards with the module it is in: "
                f"{', '.join(each['modules'])}"
            )


def system(label: str) -> registry.System:
    """A system by its label alone: its outputs are there, so its code isn't needed."""
    ours = {system.label: system for system in registry.reference_systems()}
    if label in ours:
        return ours[label]
    family, _, variant = label.partition(":")  # options may be in it, with any value: `own:+file=/x/y`
    card = adopt.card(family, variant)
    return registry.System(card, variant, card.variants[variant])
