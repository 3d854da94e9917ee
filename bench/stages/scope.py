"""Which examples a system has to answer, and what it gets to see of each."""

from __future__ import annotations

from collections.abc import Sequence

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Task


def halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The examples of every other group and the rest, groups in order of name."""
    groups = sorted({example.group for example in examples})
    first = set(groups[::2])
    return [e for e in examples if e.group in first], [e for e in examples if e.group not in first]


def scope(system: registry.System, examples: Sequence[Example]) -> list[Example]:
    """The examples that the system has to answer."""
    return halves(examples)[0] if system.build.halves else list(examples)


def shown(system: registry.System, task: Task, example: Example) -> Example:
    """What the model gets to see of an example: what the task conditions on. A reference row sees it whole."""
    if system.card.reference:
        return example
    seen = {name: getattr(example, name) for name in (*task.conditions, *task.optional)}
    return Example(example.id, example.group, **seen)
