"""Fréchet distance with its bias taken off, by extrapolation to sets without end.

    d(m) = a + b / m + c / m^2,   d(m): mean distance of m groups a side drawn without replacement;   a: the value

The plug-in distance of two finite sets is too large, because each set's mean and covariance differ from those of
its source, and the more so the fewer the frames. A part of a set is a smaller set from the same source, so the
distances of parts show how the bias falls with size; a least-squares fit through all of a set, three quarters, two
thirds and half of it says where it ends. Extrapolation in 1/n: Chong and Forsyth 2020 (FID-infinity), Gui et al.
2023 (FAD-inf). Three things differ from what fadtk and kadtk draw: parts are drawn without replacement, since a
part drawn with replacement has the whole set behind it; whole groups are drawn, of both sides, since frames of a
clip and clips of a track depend on each other; and the curve has a second order, since a straight line leaves
more of the bias (`python -m sightsound.bench.perf.statistics_bias` measures both). A value may be below zero, by
as much as the extrapolation misses where the truth is near zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.formulas.two_sets.frechet import (
    TAKES_MASKS,
    WELL_SAMPLED,
    frame_count,
    replicates,
    statistics,
)
from sightsound.metrics.formulas.two_sets.frechet import aggregate as plugin
from sightsound.metrics.rows import Rows

__all__ = ["KEEPS", "TAKES_GROUPS", "TAKES_MASKS", "aggregate", "curve", "plugin", "replicates", "statistics"]

KEEPS = ("replicates",)  # functions that take `kept`
TAKES_GROUPS = True  # aggregate takes `groups` and `reference_groups`; plugin and its replicates don't
CUTS = ((4, 3), (3, 2), (2, 1))  # a set cut into 4 parts, 3 of them taken together, ...
DRAWS = 60  # of each cut, as many as make it whole again and again
LEAST_GROUPS = 8  # so that half of them is no less than four


def aggregate(
    rows: Rows,
    weights: Rows,
    reference_rows: Rows,
    reference_weights: Rows,
    *,
    groups: Sequence[str] | None = None,
    reference_groups: Sequence[str] | None = None,
) -> float:
    """Corrected distance, in squared units of the features; may be negative.

    Arguments as in `metrics.formulas.two_sets.frechet.aggregate`. `groups`: a name for each clip, the same for
    clips that depend on each other; without, every clip is a group of its own, and the clip at the same place in
    the reference is of that group too. Groups that are on both sides are drawn on both together, which is right
    whether or not their clips depend on each other and gives 0 for identical sets. The draws are always the same;
    with `groups` given the order of the clips does not matter but for rounding.
    Raises ValueError when a side has under two frames for each dimension, or fewer than eight groups.

    >>> one, other = np.random.default_rng(0).normal(size=(2, 200, 1, 10))  # one source: truth 0
    >>> weights = np.ones(200)
    >>> [round(each(one, weights, other, weights), 2) for each in (plugin, aggregate)]
    [0.35, 0.03]
    """
    sides = rows, weights, reference_rows, reference_weights
    return limit(*curve(*sides, groups, reference_groups), order=2)


def limit(smaller: Rows, distances: Rows, order: int) -> float:
    """Where the polynomial through `curve` ends, at 0.

    >>> round(limit(np.array([1.0, 2.0, 3.0]), np.array([6.0, 11.0, 18.0]), order=2), 9)  # 3 + 2 x + x^2
    3.0
    """
    return float(np.linalg.lstsq(np.vander(smaller, order + 1), distances, rcond=None)[0][-1])


def curve(
    rows: Rows,
    weights: Rows,
    reference_rows: Rows,
    reference_weights: Rows,
    groups: Sequence[str] | None = None,
    reference_groups: Sequence[str] | None = None,
) -> tuple[Rows, Rows]:
    """How often the parts of a set go into it (1, 4/3, 3/2, 2), and the mean distance of such parts.

    Arguments and errors as in `aggregate`.
    """
    names, others = (
        np.asarray(range(len(side)) if given is None else list(given)).astype(str)
        for side, given in ((rows, groups), (reference_rows, reference_groups))
    )
    rows, weights, names = _drawn(rows, weights, names)
    reference_rows, reference_weights, others = _drawn(reference_rows, reference_weights, others)
    for side, of_side in ((rows, names), (reference_rows, others)):
        _check(side, of_side)
    rng = np.random.default_rng(0)
    kinds = [np.intersect1d(names, others), np.setdiff1d(names, others), np.setdiff1d(others, names)]
    place = {name: index for index, name in enumerate(np.concatenate(kinds))}
    mine, theirs = ([place[name] for name in side] for side in (names, others))
    drawn = np.concatenate([_parts(kinds, cut, rng) for cut in CUTS]).astype(np.float64)  # [draws, groups]
    values = replicates(rows, drawn[:, mine] * weights, reference_rows, drawn[:, theirs] * reference_weights)
    if np.isnan(values).any():
        raise ValueError("one group has nearly all frames of a side: parts of it without that group have too few")
    whole = plugin(rows, weights, reference_rows, reference_weights)
    smaller = [1.0, *(parts / taken for parts, taken in CUTS)]
    return np.array(smaller), np.array([whole, *values.reshape(len(CUTS), DRAWS).mean(axis=1)])


def _drawn(rows: Rows, weights: Rows, names: NDArray[np.str_]) -> tuple[Rows, Rows, NDArray[np.str_]]:
    """The clips that count, in the order of their groups' names."""
    order = np.argsort(names, kind="stable")
    order = order[weights[order] > 0]
    return rows[order], weights[order], names[order]


def _check(rows: Rows, names: NDArray[np.str_]) -> None:
    frames, dim, groups = frame_count(rows), rows.shape[-1], len(np.unique(names))
    if frames < WELL_SAMPLED * dim:
        raise ValueError(
            f"{frames} frames for {dim} dimensions: the correction takes {WELL_SAMPLED} for each; compare kad or "
            "kid of the same network instead"
        )
    if groups < LEAST_GROUPS:
        raise ValueError(f"{groups} groups of clips: the correction takes {LEAST_GROUPS}")


def _parts(kinds: Sequence[NDArray[np.str_]], cut: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which groups are drawn `[draws, groups]`: each kind is cut into as many parts, all but one or one are taken.

    Whole cuts, so that every group is drawn equally often, which has less noise than parts drawn each by itself.
    """
    parts, taken = cut
    rounds = []
    for _ in range(DRAWS // parts):
        lot = np.concatenate([rng.permutation(len(kind)) % parts for kind in kinds])
        part = lot == np.arange(parts)[:, None]
        rounds.append(part if taken == 1 else ~part)
    return np.concatenate(rounds)
