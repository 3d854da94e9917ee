"""A value as the weighted mean of parts that belong to groups: what every interval, test and gate works on.

    value = sum_i w_i v_i / sum_i w_i,   part i belongs to group g(i)

A metric that is a mean over clips is one already: a part a clip, of weight 1. Any other metric becomes one by the
jackknife (Quenouille 1956, Tukey 1958): the value is taken again without each group, and the group's part is set
so that leaving it out of the mean gives what leaving it out of the metric gave. So the interval of a Fréchet
distance and that of a mean are the same few lines, and what a value hangs on can be kept as a small table
(bench/core/scores.py) and compared later without its clips.

Groups, not clips, are independent: what examples share (a track, a picture, a song) ties them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows

OTHER = "reference/"
"""Begins the names of the clips of another set than the examples' own references, which are a sample of their own:
a distance is no surer than the smaller of its two samples allows."""
MOST_BLOCKS = 200  # more groups are put together at random: an interval hardly gains, its cost grows with each


@dataclass(frozen=True)
class Parts:
    """A value in parts."""

    names: tuple[str, ...]
    """Of each part: the clip's id, or the group's name where a part is a whole group."""
    groups: tuple[str, ...]
    """Group of each part."""
    values: Rows
    """`[parts]`."""
    weights: Rows
    """`[parts]`: how many clips each stands for."""

    @property
    def value(self) -> float:
        """The weighted mean; NaN without parts."""
        total = self.weights.sum()
        return float(self.weights @ self.values / total) if total > 0 else float("nan")

    @cached_property
    def by_group(self) -> tuple[Rows, Rows]:
        """Sum of w v and sum of w of each group, `[groups]`, or of MOST_BLOCKS blocks of groups."""
        place = blocks(self.groups)
        sums = np.bincount(place, weights=self.weights * self.values)
        return np.asarray(sums, np.float64), np.asarray(np.bincount(place, weights=self.weights), np.float64)

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(set(self.groups))

    @cached_property
    def effective(self) -> float:
        """How many groups of one size would say as much, on the side that has fewer; see `effective_count`."""
        other = np.array([name.startswith(OTHER) for name in self.names], dtype=bool)
        if not other.any() or other.all():
            return effective_count(self.groups, self.weights)
        groups = np.asarray(self.groups, dtype=object)
        return min(effective_count(groups[side].tolist(), self.weights[side]) for side in (other, ~other))

    def take(self, names: Sequence[str]) -> Parts:
        """The parts of these names, in this order. KeyError for one that is not there."""
        if tuple(names) == self.names:
            return self
        place = {name: index for index, name in enumerate(self.names)}
        chosen = [place[name] for name in names]
        groups = tuple(self.groups[index] for index in chosen)
        return Parts(tuple(names), groups, self.values[chosen], self.weights[chosen])


def effective_count(groups: Sequence[str], weights: Rows | None = None) -> float:
    """(sum n)^2 / sum n^2 over the sizes n of the groups (Kish 1965): 40 clips of one group and 13 of others are
    not
    fourteen groups.

    >>> effective_count(["a", "b", "c", "d"]), effective_count(["a"] * 9 + ["b"])
    (4.0, 1.2195121951219512)
    """
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(place, weights=weights)
    total = float(np.square(sizes).sum())
    return float(sizes.sum() ** 2 / total) if total > 0 else 0.0


def blocks(groups: Sequence[str]) -> NDArray[np.intp]:
    """The block of each clip: its group, or one of MOST_BLOCKS to which its group is dealt by its name's hash.

    >>> blocks(["b", "a", "b"])
    array([1, 0, 1])
    """
    return _blocks(tuple(groups))


@lru_cache(maxsize=8)
def _blocks(groups: tuple[str, ...]) -> NDArray[np.intp]:
    """`blocks` of groups that many comparisons share, so nobody may write into it."""
    names, place = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    if len(names) > MOST_BLOCKS:
        order = sorted(range(len(names)), key=lambda index: hashlib.sha256(str(names[index]).encode()).digest())
        dealt = np.empty(len(names), dtype=np.intp)
        dealt[order] = np.arange(len(names)) % MOST_BLOCKS
        place = dealt[place]
    found = np.asarray(place, dtype=np.intp)
    found.setflags(write=False)
    return found


def of_clips(values: Rows, names: Sequence[str], groups: Sequence[str]) -> Parts:
    """Parts of a mean over clips; a clip without a value (NaN) is no part.

    >>> of_clips(np.array([1.0, np.nan, 4.0]), ["x", "y", "z"], ["g", "g", "h"]).value
    2.5
    """
    has = ~np.isnan(values)
    return Parts(
        alike(tuple(name for name, there in zip(names, has, strict=True) if there)),
        alike(tuple(group for group, there in zip(groups, has, strict=True) if there)),
        np.asarray(values[has], dtype=np.float64),
        _ones(int(has.sum())),
    )


@lru_cache(maxsize=16)
def alike(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names, and the same object as lately: a run has hundreds of values over the same clips."""
    return names


@lru_cache(maxsize=16)
def _ones(count: int) -> Rows:
    ones = np.ones(count)
    ones.setflags(write=False)
    return ones


def jackknife(
    without: Callable[[NDArray[np.bool_]], Rows], value: float, names: Sequence[str], groups: Sequence[str]
) -> Parts:
    """Parts of any metric: one a clip, or, of more than MOST_BLOCKS clips, one a piece of a group.

    `without(kept [parts, clips])` gives the metric's values `[parts]` over the clips kept by each mask; `value` is
    that over all; clip i is called `names[i]`, belongs to `groups[i]`, and goes together with its namesakes (an
    output and its reference). With k of n clips in a part and m the metric without them, the part is
    value + (value - m) (n - k) / k, less a constant that makes the parts' mean the value: the jackknife's
    pseudo-value, for parts of unequal size. (Without that constant their mean is the value less an estimate of its
    bias, which is not what is printed.)

    >>> clips, names, groups = np.array([1.0, 2.0, 6.0]), ["x", "y", "z"], ["a", "a", "b"]
    >>> parts = jackknife(lambda kept: kept @ clips / kept.sum(axis=1), clips.mean(), names, groups)
    >>> parts.values, parts.groups  # of a mean: the clips' own values
    (array([1., 2., 6.]), ('a', 'a', 'b'))
    """
    return pseudo_values(left_out(without, names, groups), value, names, groups)


def left_out(
    without: Callable[[NDArray[np.bool_]], Rows], names: Sequence[str], groups: Sequence[str]
) -> NDArray[np.float64]:
    """The first half of `jackknife`, which takes the time: the metric without each piece, `[pieces]`."""
    place, _, _ = _pieces(names, groups)
    return np.asarray(without(place != np.arange(place.max() + 1)[:, None]), np.float64)


def pseudo_values(found: Rows, value: float, names: Sequence[str], groups: Sequence[str]) -> Parts:
    """The second half of `jackknife`, from what `left_out` gave for the same names and groups."""
    place, part_names, part_groups = _pieces(names, groups)
    sizes = np.bincount(place).astype(np.float64)
    pull = (value - found) * (sizes.sum() - sizes) / sizes
    values = value + pull - sizes @ pull / sizes.sum()
    return Parts(part_names, part_groups, np.asarray(values), sizes)


def _pieces(
    names: Sequence[str], groups: Sequence[str]
) -> tuple[NDArray[np.intp], tuple[str, ...], tuple[str, ...]]:
    """The piece of each clip, and of each piece its name and group: a clip, or several of one group (or of one
    block
    of groups) where there are more than MOST_BLOCKS clips. Names do not depend on the order of the clips."""
    own = dict(zip(names, groups, strict=True))
    block = dict(zip(names, blocks(groups), strict=True))
    whole = len(set(own.values())) > MOST_BLOCKS  # then a block holds several groups, none of which may be cut
    length = len(own) if whole else -(-len(own) // MOST_BLOCKS)
    found: list[list[str]] = []
    for name in sorted(own, key=lambda name: (block[name], own[name], name)):
        if not found or len(found[-1]) == length or block[found[-1][0]] != block[name]:
            found.append([])
        found[-1].append(name)
    piece = {name: index for index, members in enumerate(found) for name in members}
    firsts = [members[0] for members in found]
    return (
        np.array([piece[name] for name in names], dtype=np.intp),
        tuple(firsts),
        tuple(own[first] for first in firsts),
    )
