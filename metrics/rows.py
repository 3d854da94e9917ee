"""What the metric modules share: checked features in, a weighted mean of rows out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Clips = Sequence[NDArray[np.floating[Any]]]
"""Features of one side: for each clip an array `[frames, dim]`; frames may differ between clips."""

Rows = NDArray[np.float64]
"""What `statistics` returns and `aggregate` reads; axis 0 is the clips."""


def checked(features: Clips) -> list[Rows]:
    """The same features in float64.

    Raises ValueError when there is no clip, or when a clip is not `[frames >= 1, dim]`, has another dim than
    the first, or holds a value that is not finite.

    >>> [(clip.shape, clip.dtype.name) for clip in checked([np.ones((2, 3), np.float32), np.ones((1, 3))])]
    [((2, 3), 'float64'), ((1, 3), 'float64')]
    >>> checked([np.ones((2, 3)), np.ones((2, 4))])
    Traceback (most recent call last):
    ValueError: clip 1: 4 dimensions, but clip 0 has 3
    """
    if not len(features):
        raise ValueError("no clips: a metric needs the features of at least one")
    clips = [np.asarray(clip, dtype=np.float64) for clip in features]
    for index, clip in enumerate(clips):
        if clip.ndim != 2 or not clip.size:
            raise ValueError(f"clip {index}: features of shape {clip.shape}, expected [frames >= 1, dim]")
        if clip.shape[1] != clips[0].shape[1]:
            raise ValueError(f"clip {index}: {clip.shape[1]} dimensions, but clip 0 has {clips[0].shape[1]}")
        if not np.isfinite(clip).all():
            raise ValueError(f"clip {index}: features hold NaN or infinity; embed this clip again")
    return clips


def checked_pairs(features: Clips, others: Clips) -> tuple[list[Rows], list[Rows]]:
    """Both sides as `checked` gives them; ValueError when their clips or dimensions don't correspond.

    >>> checked_pairs([np.ones((2, 3))], [np.ones((5, 3)), np.ones((5, 3))])
    Traceback (most recent call last):
    ValueError: 1 clips against 2: a paired metric needs as many on both sides
    """
    left, right = checked(features), checked(others)
    if len(left) != len(right):
        raise ValueError(f"{len(left)} clips against {len(right)}: a paired metric needs as many on both sides")
    if left[0].shape[1] != right[0].shape[1]:
        raise ValueError(f"{left[0].shape[1]} dimensions against {right[0].shape[1]}: not the same extractor?")
    return left, right


def weighted_mean(rows: Rows, weights: Rows) -> float:
    """sum(w x) / sum(w) over the clips that have a value; NaN when none has.

    `rows`, `weights`: `[clips]`. A NaN row is a clip for which the metric is undefined.

    >>> weighted_mean(np.array([1.0, 4.0, np.nan]), np.array([2.0, 1.0, 5.0]))
    2.0
    """
    has_value = ~np.isnan(rows)
    total = weights[has_value].sum()
    return float(weights[has_value] @ rows[has_value] / total) if total > 0 else float("nan")


def stack(parts: list[Rows], *, consumed: bool = False) -> Rows:
    """The parts one after another; clips of fewer frames are filled up with NaN. `consumed`: each part is let go
    when it is copied, so that no more than the whole is in memory.

    >>> stack([np.zeros((1, 2)), np.ones((1, 3))])
    array([[ 0.,  0., nan],
           [ 1.,  1.,  1.]])
    """
    if not parts:
        return np.zeros((0, 1))
    longest = np.max([part.shape[1:] for part in parts], axis=0)
    shape = (sum(map(len, parts)), *map(int, longest))
    even = all(part.shape[1:] == shape[1:] for part in parts)
    kind = np.result_type(*parts)
    rows, start = np.empty(shape, kind) if even else np.full(shape, np.nan, kind), 0
    for place, part in enumerate(parts):
        rows[(slice(start, start + len(part)), *map(slice, part.shape[1:]))] = part
        start += len(part)
        if consumed:
            parts[place] = part[:0]
    return rows
