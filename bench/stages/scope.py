"""Which examples a system has to answer, and what it gets to see of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Task


def halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The examples in two halves that share no reference, as equal in size as that allows.

    Groups by reference go one after another, the largest first, to the half that has fewer examples.
    """
    sizes = Counter(_tie(example) for example in examples)
    first: set[str] = set()
    balance = 0  # examples in the first half less those in the second
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if balance <= 0:
            first.add(name)
        balance += sizes[name] if balance <= 0 else -sizes[name]
    return [e for e in examples if _tie(e) in first], [e for e in examples if _tie(e) not in first]


def _tie(example: Example) -> str:
    return example.reference_group or example.group


def scope(
    system: registry.System,
    examples: Sequence[Example],
    only: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[Example]:
    """The examples that the system has to answer; `only`: see `Split.only`."""
    if system.label in only:
        return [example for example in examples if example.id in only[system.label]]
    return halves(examples)[0] if system.build.halves else list(examples)


def shown(system: registry.System, task: Task, example: Example) -> Example:
    """What the model gets to see of an example: what the task conditions on. A reference row sees it whole."""
    if system.card.reference:
        return example
    seen = {name: getattr(example, name) for name in (*task.conditions, *task.optional)}
    return Example(example.id, example.group, **seen)
