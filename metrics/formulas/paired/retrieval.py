"""R@k: the share of queries whose own partner is among the first k of the gallery; and where partners stand.

A query is one side of a clip (a picture), the gallery the other sides of all clips (the music made for each). The
gallery is ranked by the cosine with the query, and the position of the query's own partner counts: 1 is best. The
protocol of text-to-music and video-to-music retrieval, where R@k is the share of queries that find their partner
among the first k.

Partners with equal cosines share their positions, as if their order were drawn: music made for a picture that
stands in the split twice finds it at 1 or 2. A value is one of its gallery's size: the more clips, the harder.

The weights of `aggregate` say how often a query counts; the gallery stays whole, because a replicate that has
fewer things to choose from would be an easier task.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, checked_pairs, weighted_mean

EQUAL = 1e-9  # cosines that differ by less are equal: the order of a sum moves them by 1e-16
BLOCK = 1024  # queries compared at once


INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips, other_features: Clips) -> Rows:
    """`[clips, 2, dim]`: unit vectors of query and partner, means over frames; NaN where one of them is zero."""
    sides = checked_pairs(features, other_features)
    means = np.stack([[clip.mean(axis=0) for clip in side] for side in sides], axis=1)
    lengths = np.linalg.norm(means, axis=2, keepdims=True)
    has_both = (lengths > 0).all(axis=1, keepdims=True)
    return np.divide(
        means, lengths, out=np.full(means.shape, np.nan), where=np.broadcast_to(has_both, means.shape)
    )


def positions(rows: Rows) -> tuple[Rows, Rows]:
    """First and last of the positions that a query's partner shares with its equals, 1..clips, `[clips]` each.

    NaN for a clip without embeddings, which isn't in the gallery either.

    >>> positions(statistics(np.eye(3)[:, None], np.eye(3)[[0, 2, 1], None]))
    (array([1., 2., 2.]), array([1., 3., 3.]))
    """
    present = ~np.isnan(rows[:, 0, 0])
    queries, gallery = rows[present, 0], rows[present, 1]
    first, last = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    found = [_positions(queries, gallery, start) for start in range(0, len(queries), BLOCK)]
    if found:
        first[present], last[present] = np.concatenate(found, axis=1)
    return first, last


def _positions(queries: Rows, gallery: Rows, start: int) -> Rows:
    cosines = queries[start : start + BLOCK] @ gallery.T
    own = cosines[np.arange(len(cosines)), start + np.arange(len(cosines)), None]
    return np.stack([1 + (cosines > own + EQUAL).sum(axis=1), (cosines >= own - EQUAL).sum(axis=1)]).astype(float)


def aggregate(rows: Rows, weights: Rows, *, at: int | str) -> float:
    """R@`at`: the weighted mean of `hits`, 0..1; NaN when no query has embeddings.

    >>> rows = statistics(np.eye(3)[:, None], np.eye(3)[[0, 2, 1], None])
    >>> [round(aggregate(rows, np.ones(3), at=at), 3) for at in (1, 2, 3)]
    [0.333, 0.667, 1.0]
    """
    return weighted_mean(hits(rows, int(at)), weights)


def hits(rows: Rows, at: int) -> Rows:
    """The chance that a query's partner is among the first `at`, 0..1, `[clips]`.

    >>> hits(statistics(np.eye(3)[:, None], np.eye(3)[[0, 2, 1], None]), at=2)  # second or third by chance
    array([1. , 0.5, 0.5])
    """
    first, last = positions(rows)
    return np.clip((at - first + 1) / (last - first + 1), 0, 1)
