"""Which examples a system has to answer, and what it gets to see of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Task, example_seed

Only = Mapping[str, Collection[str]]
"""System label -> ids of the examples that it has to answer; see `Split.only`."""


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
    only: Only = MappingProxyType({}),
) -> list[Example]:
    """The examples that the system has to answer."""
    if system.label in only:
        return [example for example in examples if example.id in only[system.label]]
    return halves(examples)[0] if system.build.halves else list(examples)


def shown(system: registry.System, task: Task, example: Example, seed: int) -> Example:
    """What the model gets to see of an example: what the task conditions on. A reference row sees it whole."""
    if system.card.reference:
        return example
    conditions = part(task.conditions, example.id, seed) if task.masked else task.conditions
    seen = {name: getattr(example, name) for name in (*conditions, *task.optional)}
    return Example(example.id, example.group, **seen)


def part(conditions: Sequence[str], name: str, seed: int) -> list[str]:
    """A part of the conditions that is not empty, each as likely, the same for every system (MusFlow 2025, 3.3).

    >>> [part(("image", "caption", "story"), name, 0) for name in ("a", "b", "c")]
    [['caption'], ['image', 'caption'], ['caption', 'story']]
    """
    chosen = 1 + example_seed(seed, f"{name}:conditions") % (2 ** len(conditions) - 1)
    return [condition for place, condition in enumerate(conditions) if chosen >> place & 1]
