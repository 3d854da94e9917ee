"""How far each clip is from the nearest other one: what duplicates and diversity rest on."""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Rows
from sightsound.metrics.threads import side_by_side

BLOCK = 256  # clips that are held against all others at once: 2 kB a clip and core


def nearest(rows: Rows) -> Rows:
    """Euclidean distance of each row `[clips, dim]` to the nearest other row, `[clips]`; inf where it is alone.

    >>> nearest(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]))
    array([5., 0., 0.])
    """
    rows = rows - rows.mean(axis=0)  # what all share would only cost digits
    squares = np.square(rows).sum(axis=1)
    found = np.empty(len(rows))

    def seek(start: int) -> None:
        some = slice(start, start + BLOCK)
        apart = squares[some, None] + squares - 2 * rows[some] @ rows.T
        at = np.arange(len(apart))
        apart[at, at + start] = np.inf
        closest = apart.argmin(axis=1)
        found[some] = np.linalg.norm(rows[some] - rows[closest], axis=1)  # exact: equal rows are at 0

    side_by_side(seek, range(0, len(rows), BLOCK))
    return found if len(rows) > 1 else np.full(len(rows), np.inf)
