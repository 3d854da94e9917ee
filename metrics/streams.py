"""Rows of more clips than should be in memory: they are read again each time they are gone through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows

AT_ONCE = 2048  # clips of a block


class Stream:
    """In the place of rows `[clips, max_frames, dim]`, for modules that say `STREAMS = True`."""

    def __init__(self, read: Callable[[], Iterator[Rows]], frames: NDArray[np.intp], dim: int) -> None:
        """`read` gives the rows in blocks of clips, in order and each time the same; `frames`: of each clip."""
        self._read, self.frames, self.dim = read, frames, dim

    def __len__(self) -> int:
        return len(self.frames)

    def blocks(self) -> Iterator[tuple[slice, Rows]]:
        """See `blocks`."""
        start = 0
        for rows in self._read():
            yield slice(start, start + len(rows)), rows
            start += len(rows)
        if start != len(self):
            raise ValueError(f"{start} clips where there were {len(self)}: features changed while they were read")


def blocks(rows: Rows | Stream) -> Iterator[tuple[slice, Rows]]:
    """Which clips, and their rows `[clips, frames, dim]`, a block at a time.

    >>> [(at.start, len(some)) for at, some in blocks(np.zeros((3000, 1, 2)))]
    [(0, 2048), (2048, 952)]
    """
    if isinstance(rows, Stream):
        yield from rows.blocks()
        return
    for start in range(0, len(rows), AT_ONCE):
        yield slice(start, start + AT_ONCE), rows[start : start + AT_ONCE]


def width(rows: Rows | Stream) -> int:
    """Dimensions of a frame."""
    return rows.dim if isinstance(rows, Stream) else rows.shape[-1]


def frames_of(rows: Rows | Stream) -> NDArray[np.intp]:
    """How many frames each clip has, `[clips]`.

    >>> frames_of(np.array([[[0.0], [2.0]], [[4.0], [np.nan]]]))
    array([2, 1])
    """
    return rows.frames if isinstance(rows, Stream) else np.asarray((~np.isnan(rows[..., 0])).sum(axis=1))
