"""Which examples depend on each other: the connected components of everything that they share.

Two examples that have the same reference, picture, video, text or recorded source are no two independent
observations, whatever the manifest's column `group` says, and neither are two that are linked through a third. An
interval over fewer groups than it claims is too narrow (docs/statistics.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def components(keys: Sequence[Iterable[str]]) -> list[int]:
    """For each example the number of its component; `keys`: the things that each example has.

    >>> components([{"track a", "picture x"}, {"track b"}, {"picture x", "track c"}, {"track c"}])
    [0, 1, 0, 0]
    """
    things: dict[str, int] = {}
    pairs = [(row, things.setdefault(key, len(things))) for row, own in enumerate(keys) for key in own]
    count = len(keys) + len(things)
    rows = np.array([row for row, _ in pairs], dtype=np.intp)
    columns = len(keys) + np.array([thing for _, thing in pairs], dtype=np.intp)
    links = coo_matrix((np.ones(len(pairs), dtype=np.int8), (rows, columns)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    order: dict[int, int] = {}
    return [order.setdefault(int(label), len(order)) for label in labels[: len(keys)]]
