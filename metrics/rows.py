"""What the metric modules share: checked features in, a weighted mean of rows out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    same_count(left, right)
    same_width(left, right)
    return left, right


def by_shape(function: Callable[..., Rows], *sides: Clips) -> Rows:
    """What `function` gives for clips of one shape at once, `[clips, frames, dim]` of each side: `[clips, ...]`.

    Rows are in the order of the clips, and those of different shapes must be alike in theirs. Raises ValueError as
    `checked`, and for sides of different numbers of clips.

    >>> by_shape(lambda clips: clips.sum(axis=(1, 2)), [np.ones((2, 3)), np.ones((1, 3)), np.zeros((2, 3))])
    array([6., 3., 0.])
    """
    same_count(sides[0], sides[-1])
    places: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for index, clip in enumerate(zip(*sides, strict=True)):
        places.setdefault(tuple([each.shape for each in clip]), []).append(index)
    found: Rows | None = None
    for shapes, members in places.items():
        fit = all(len(shape) == 2 and 0 not in shape for shape in shapes)
        whole = [np.array([side[index] for index in members], np.float64) for side in sides] if fit else []
        if not fit or not all(np.isfinite(clips).all() for clips in whole):
            for side in sides:
                checked(side)  # raises what is wrong, and where
        made = np.asarray(function(*whole))
        if len(places) == 1:
            return made
        if found is None:
            found = np.empty((len(sides[0]), *made.shape[1:]), made.dtype)
        found[members] = made
    if found is None or any(len({clip.shape[1] for clip in side}) > 1 for side in sides):
        for side in sides:
            checked(side)
    assert found is not None
    return found


def same_count(features: Clips, others: Clips) -> None:
    """ValueError where both sides have not as many clips."""
    if len(features) != len(others):
        raise ValueError(
            f"{len(features)} clips against {len(others)}: a paired metric needs as many on both sides"
        )


def same_width(features: Clips, others: Clips) -> None:
    """ValueError where the sides' vectors are of different dimensions."""
    if features[0].shape[1] != others[0].shape[1]:
        raise ValueError(
            f"{features[0].shape[1]} dimensions against {others[0].shape[1]}: not the same extractor?"
        )


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
