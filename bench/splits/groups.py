"""The groups of examples that depend on each other, by all that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example
from sightsound.bench.splits.components import components


def grouped(examples: list[Example], contents: Mapping[str, Mapping[str, str]], task: str | None) -> list[Example]:
    """The examples with the groups that they really make: components of all that they share for the task, of what
    their references share, and of what a model is shown."""
    if task is None:
        fields = {name for own in contents.values() for name in own}
        return [
            replace(e, group=group) for e, group in zip(examples, _tied(examples, contents, fields), strict=True)
        ]
    known = registry.task(task)
    shown = {*known.conditions, *known.optional} - {"instruction"}
    groups = _tied(examples, contents, {*shown, known.reference})
    by_reference = _tied(examples, contents, {known.reference})
    by_input = _tied(examples, contents, shown, groups=False)
    return [
        replace(example, group=group, reference_group=reference, input_group=of_input)
        for example, group, reference, of_input in zip(examples, groups, by_reference, by_input, strict=True)
    ]


def _tied(
    examples: Sequence[Example],
    contents: Mapping[str, Mapping[str, str]],
    fields: set[str],
    *,
    groups: bool = True,
) -> list[str]:
    """The component of each example by the contents of `fields` and, with `groups`, the manifest's groups; it is
    called by the first of its examples' groups."""
    keys = [{content for name, content in contents[example.id].items() if name in fields} for example in examples]
    if groups:
        keys = [own | {f"group {example.group}"} for own, example in zip(keys, examples, strict=True)]
    found = components(keys)
    names: dict[int, str] = {}
    for example, index in zip(examples, found, strict=True):
        name = example.group if groups else example.id
        names[index] = min(names.get(index, name), name)
    return [names[index] for index in found]
