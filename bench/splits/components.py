"""Which examples depend on each other: the connected components of everything that they share.

Two examples that have the same reference, picture, video, text or recorded source are no two independent
observations, whatever the manifest's column `group` says, and neither are two that are linked through a third. An
interval over fewer groups than it claims is too narrow (docs/statistics.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def components(keys: Sequence[Iterable[str]]) -> list[int]:
    """For each example the number of its component; `keys`: the things that each example has.

    >>> components([{"track a", "picture x"}, {"track b"}, {"picture x", "track c"}, {"track c"}])
    [0, 1, 0, 0]
    """
    above = list(range(len(keys)))

    def top(example: int) -> int:
        while above[example] != example:
            above[example] = example = above[above[example]]
        return example

    first: dict[str, int] = {}
    for example, own in enumerate(keys):
        for key in own:
            one, other = top(example), top(first.setdefault(key, example))
            above[max(one, other)] = min(one, other)
    order: dict[int, int] = {}
    return [order.setdefault(top(example), len(order)) for example in range(len(keys))]
