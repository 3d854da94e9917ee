"""Means and covariances of many weightings of the same clips, from sums that are made once.

A clip's frames enter a covariance by their number, their sum and the sum of their outer products alone, and these
are merged by addition. Clips that all weightings take alike, as a jackknife takes those of one part, are summed
once and for all. Frames are first centred on the mean of all, so that no digits are lost when a draw's mean is
taken off.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows
from sightsound.metrics.threads import side_by_side

MEMORY = 2**28  # bytes that the products of one side may take
AT_ONCE = 2048  # clips whose frames are copied at once, so that memory hardly grows with their number


class Side:
    """One side of a distance, `rows` `[clips, max_frames, dim]`, in weightings `weights` `[replicates, clips]`.

    `moments(block)` has what `Moments` needs of those replicates.
    """

    def __init__(self, rows: Rows, weights: Rows) -> None:
        self.dim = rows.shape[-1]
        self._rows, self._present = rows, ~np.isnan(rows[..., 0])
        self._counts = weights @ self._present.sum(axis=1)
        self._alike, self._place = alike(weights)
        parts = [slice(start, start + AT_ONCE) for start in range(0, len(rows), AT_ONCE)]
        sums = [rows[at][self._present[at]].sum(axis=0, dtype=np.float64) for at in parts]
        self._centre = np.sum(sums, axis=0) / self._present.sum()
        self._held = list(self._sums(MEMORY)) if 8 * self._alike.shape[1] * self.dim**2 <= MEMORY else None
        if self._held:
            self._rows, self._present = rows[:0], self._present[:0]  # not needed any more

    def moments(self, block: slice) -> Moments:
        """Of some replicates; those of `MEMORY // (8 * dim**2)` fit into the memory."""
        weights = self._alike[block]
        usual = weights.max(axis=0, initial=0)
        apart = weights - usual
        few = self._held is not None and np.count_nonzero(apart) <= 2 * len(weights)
        totals = np.zeros((len(weights), self.dim))
        outer = np.zeros((1 if few else len(weights), self.dim**2))
        for some, of_totals, of_outer in self._held or self._sums(MEMORY // 4):
            totals += weights[:, some] @ of_totals
            outer += (usual[None, some] if few else weights[:, some]) @ of_outer
        return Moments(self._centre, self._counts[block], totals, outer, self._held[0][2] if few else None, apart)

    def _sums(self, memory: int) -> Iterator[tuple[slice, Rows, Rows]]:
        """Sums `[pieces, dim]` and sums of outer products `[pieces, dim * dim]`, as many pieces as fit at once."""
        pieces = self._alike.shape[1]
        order = np.argsort(self._place, kind="stable")
        ends = np.cumsum(np.bincount(self._place, minlength=pieces))
        step = max(1, memory // (8 * self.dim**2))
        for start in range(0, pieces, step):
            some = slice(start, min(start + step, pieces))
            totals, outer = np.empty((some.stop - start, self.dim)), np.empty((some.stop - start, self.dim**2))

            def sum_up(piece: int, start: int = start, totals: Rows = totals, outer: Rows = outer) -> None:
                clips = order[ends[piece - 1] if piece else 0 : ends[piece]]
                frames = self._rows[clips][self._present[clips]] - self._centre
                totals[piece - start] = frames.sum(axis=0)
                outer[piece - start] = (frames.T @ frames).ravel()

            side_by_side(sum_up, range(some.start, some.stop))
            yield some, totals, outer


class Moments:
    """Means and covariances of some replicates."""

    def __init__(
        self, centre: Rows, counts: Rows, totals: Rows, outer: Rows, pieces: Rows | None, apart: Rows
    ) -> None:
        """`outer`: sums of outer products of each replicate; with `pieces`, those of the pieces, the one that all
        replicates have in common, from which each differs by few pieces, `apart` times."""
        self._centre, self._counts, self._totals = centre, counts, totals
        self._outer, self._pieces, self._apart = outer, pieces, apart

    def __getitem__(self, replicate: int) -> tuple[Rows, Rows]:
        """Mean `[dim]` and covariance `[dim, dim]`."""
        dim, count = len(self._centre), self._counts[replicate]
        product = self._outer[replicate if self._pieces is None else 0]
        if self._pieces is not None:
            product = product.copy()
            for piece in np.flatnonzero(self._apart[replicate]):
                product += self._apart[replicate, piece] * self._pieces[piece]
        mean = self._totals[replicate] / count
        covariance = (product.reshape(dim, dim) - np.multiply.outer(count * mean, mean)) / (count - 1)
        return mean + self._centre, covariance


def alike(weights: Rows) -> tuple[Rows, NDArray[np.intp]]:
    """The different columns of `weights` `[replicates, clips]`, and which of them each clip has.

    >>> alike(np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]]))
    (array([[1., 0.],
           [2., 1.]]), array([0, 0, 1]))
    """
    known: dict[bytes, int] = {}
    place = np.array([known.setdefault(column.tobytes(), len(known)) for column in weights.T], dtype=np.intp)
    firsts = np.zeros(len(known), dtype=np.intp)
    firsts[place[::-1]] = np.arange(len(place))[::-1]
    return np.asarray(weights[:, firsts], np.float64), place
