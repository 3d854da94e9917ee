"""Means and covariances of many weightings of the same clips, from sums that are made once.

A clip's frames enter a covariance by their number, their sum and the sum of their outer products alone, and these
are merged by addition. Clips that all weightings take alike, as a jackknife takes those of one part, are summed
once and for all. Frames are first centred on the mean of all, so that no digits are lost when a draw's mean is
taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows
from sightsound.metrics.streams import Stream, blocks, frames_of, width
from sightsound.metrics.threads import side_by_side

MEMORY = 2**28  # bytes that the products of one side may take


class Side:
    """One side of a distance, `rows` `[clips, max_frames, dim]`, in weightings `weights` `[replicates, clips]`.

    `moments(block)` has what `Moments` needs of those replicates. The rows are gone through a block at a time.
    """

    def __init__(self, rows: Rows | Stream, weights: Rows) -> None:
        self.dim = width(rows)
        self._rows = rows
        self._alike, self._place = alike(weights)
        frames = frames_of(rows)
        self._counts = self._alike @ np.bincount(self._place, weights=frames)
        sums = [some[~np.isnan(some[..., 0])].sum(axis=0, dtype=np.float64) for _, some in blocks(rows)]
        self._centre = np.sum(sums, axis=0) / frames.sum()
        pieces = self._alike.shape[1]
        self._pieces: tuple[Rows, Rows] | None = None
        if 8 * pieces * self.dim**2 <= MEMORY // 4:
            self._pieces = np.zeros((pieces, self.dim)), np.zeros((pieces, self.dim**2))
            for found, frames_in in self._blocks():
                self._sum_up(found, frames_in, *self._pieces, found)
            self._rows = np.empty((0, 1, self.dim))  # not needed any more

    def moments(self, block: slice) -> Moments:
        """Of some replicates; those of `MEMORY // (8 * dim**2)` fit into the memory."""
        weights, counts = self._alike[block], self._counts[block]
        if self._pieces is None:
            whole, products = np.zeros((len(weights), self.dim)), np.zeros((len(weights), self.dim**2))
            for some, of_some, outer in self._sums():
                whole += weights[:, some] @ of_some
                products += weights[:, some] @ outer
            return Moments(self._centre, counts, whole, products)
        totals, pieces = self._pieces
        usual = weights.max(axis=0, initial=0)
        apart = weights - usual
        if np.count_nonzero(apart) > 2 * len(weights):
            return Moments(self._centre, counts, weights @ totals, weights @ pieces)
        return Moments(self._centre, counts, weights @ totals, usual[None] @ pieces, pieces, apart)

    def _sums(self) -> Iterator[tuple[NDArray[np.intp], Rows, Rows]]:
        """Some pieces, and of their frames in one block the sums `[pieces, dim]` and those of outer products
        `[pieces, dim * dim]`, as many as fit at once. A piece may come again."""
        step = max(1, MEMORY // 4 // (8 * self.dim**2))
        for found, frames_in in self._blocks():
            for start in range(0, len(found), step):
                some = found[start : start + step]
                totals, outer = np.zeros((len(some), self.dim)), np.zeros((len(some), self.dim**2))
                self._sum_up(some, frames_in, totals, outer, np.arange(len(some)))
                yield some, totals, outer

    def _blocks(self) -> Iterator[tuple[NDArray[np.intp], Callable[[int], Rows]]]:
        """Of each block of rows the pieces in it, and a piece's centred frames `[frames, dim]`."""
        for at, rows in blocks(self._rows):
            present, place = ~np.isnan(rows[..., 0]), self._place[at]
            order = np.argsort(place, kind="stable")
            found, starts = np.unique(place[order], return_index=True)
            clips = dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True))

            def frames_in(
                piece: int,
                rows: Rows = rows,
                present: NDArray[np.bool_] = present,
                clips: Mapping[int, NDArray[np.intp]] = clips,
            ) -> Rows:
                own = clips[piece]
                return np.asarray(rows[own][present[own]] - self._centre)

            yield found, frames_in

    @staticmethod
    def _sum_up(
        pieces: NDArray[np.intp],
        frames_in: Callable[[int], Rows],
        totals: Rows,
        outer: Rows,
        places: NDArray[np.intp],
    ) -> None:
        """Add the sums of the pieces to `totals` and `outer`, at their places there."""

        def add(index: int) -> None:
            frames = frames_in(int(pieces[index]))
            totals[places[index]] += frames.sum(axis=0)
            outer[places[index]] += (frames.T @ frames).ravel()

        side_by_side(add, range(len(pieces)))


class Moments:
    """Means and covariances of some replicates."""

    def __init__(
        self,
        centre: Rows,
        counts: Rows,
        totals: Rows,
        outer: Rows,
        pieces: Rows | None = None,
        apart: Rows | None = None,
    ) -> None:
        """`outer`: sums of outer products of each replicate; with `pieces`, those of the pieces, the one that all
        replicates have in common, from which each differs by few pieces, `apart` times."""
        self._centre, self._counts, self._totals = centre, counts, totals
        self._outer, self._pieces, self._apart = outer, pieces, apart

    def __getitem__(self, replicate: int) -> tuple[Rows, Rows]:
        """Mean `[dim]` and covariance `[dim, dim]`."""
        dim, count = len(self._centre), self._counts[replicate]
        covariance = self._outer[replicate if self._pieces is None else 0].copy()
        if self._pieces is not None and self._apart is not None:
            for piece in np.flatnonzero(self._apart[replicate]):
                covariance += self._apart[replicate, piece] * self._pieces[piece]
        covariance = covariance.reshape(dim, dim)
        mean = self._totals[replicate] / count
        covariance -= np.multiply.outer(count * mean, mean)
        covariance /= count - 1
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
