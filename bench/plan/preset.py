"""A plan for all that a preset runs: every family's variants of it, task by task."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.core import registry
from sightsound.bench.plan.plan import request
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request


def requests(preset: str, mirror: Path | None = None, device: str = "auto") -> list[Request]:
    """One request a task that the preset has a split for and some family does under it."""
    card = registry.preset(preset)
    found = []
    for task in card.splits:
        families = [
            name
            for name, family in registry.model_cards().items()
            if task in family.tasks and not family.reference and card.name in family.presets
        ]
        if families:
            found.append(request(Options(task, families, preset=card.name, device=device, mirror=mirror)))
    return found
