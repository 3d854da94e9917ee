"""Do a system's outputs still belong to their own examples?

A distance between sets does not change when outputs are swapped among the examples, and a metric against the
reference hardly does where the system is far from it. But two runs of one system resemble each other example by
example, as far as what it makes depends on the example at all. That likeness is taken from the outputs'
fingerprints (bench/stages/fingerprint.py): the cosine of two outputs' numbers, each number standardised over all
runs and examples, so that it does not matter which run is called new.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows

SHUFFLES = 999
MOST = (
    200  # examples that the search for likes elsewhere takes, drawn at random: all pairs are looked at each time
)


@dataclass(frozen=True)
class Likeness:
    """Of the run and the baseline's runs, example by example."""

    own: Rows
    """`[runs, examples]`: likeness of each run's output to the other runs' of the same example, -1..1."""
    p: float
    """p-value of the baseline's runs being no more alike on the same example than on others; with a single one, of
    the run and it. Where it is large, what outputs are like does not show to depend on the example."""
    elsewhere: float
    """One baseline run: p-value of outputs having no closer likes in the other run, at other examples, than in
    their
    own. Else NaN."""


def likeness(prints: Rows, inputs: NDArray[np.intp], *, shuffles: int = SHUFFLES, seed: int = 0) -> Likeness:
    """The likeness of runs. `prints` `[runs, examples, numbers]`, the run that is checked first; `inputs`
    `[examples]`: number of what each example shows.

    >>> what, rng = np.random.default_rng(0).standard_normal((40, 8)), np.random.default_rng(1)
    >>> runs = what + 0.3 * rng.standard_normal((3, 40, 8))
    >>> found = likeness(runs, np.arange(40))
    >>> found.own.mean(axis=1).round(1), found.p < 0.05
    (array([0.9, 0.9, 0.9]), True)
    """
    flat = prints.reshape(-1, prints.shape[2])
    spread = flat.std(axis=0)
    standard = (prints - flat.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    length = np.linalg.norm(standard, axis=2, keepdims=True)
    directions = standard / np.where(length > 0, length, 1.0)
    others = directions.sum(axis=0) - directions
    own = np.einsum("rid,rid->ri", directions, others) / (len(prints) - 1)
    judged = directions[1:] if len(directions) > 2 else directions
    rng = np.random.default_rng(seed)
    p = _p_paired(judged, shuffles, rng)
    elsewhere = _p_elsewhere(directions, inputs, shuffles, rng) if len(directions) == 2 else float("nan")
    return Likeness(own, p, elsewhere)


def _p_paired(directions: Rows, shuffles: int, rng: np.random.Generator) -> float:
    """Share of orders of the examples, another for each run, in which the runs are as alike."""

    def alike(runs: Rows) -> float:
        return float(np.square(runs.sum(axis=0)).sum())  # all pairs' cosines, up to what no order changes

    observed, count = alike(directions), directions.shape[1]
    as_alike = sum(
        alike(np.stack([run[rng.permutation(count)] for run in directions])) >= observed * (1 - 1e-9)
        for _ in range(shuffles)
    )
    return float((1 + as_alike) / (1 + shuffles))


def _p_elsewhere(directions: Rows, inputs: NDArray[np.intp], shuffles: int, rng: np.random.Generator) -> float:
    """Whether outputs have closer likes in the other run than in their own, both times for other inputs.

    Of an unchanged system the two outputs of an input may as well be the other way round, so the runs' names are
    exchanged by input (metrics/statistics/exchange.py). A swapped output has its like in the other run, at another
    example, and hardly one in its own. 1 where there are too few inputs to choose from.
    """
    if len(inputs) > MOST:
        chosen = np.sort(rng.choice(len(inputs), MOST, replace=False))
        directions, inputs = directions[:, chosen], inputs[chosen]
    if len(np.unique(inputs)) < 3:
        return 1.0
    outputs, shown = directions.reshape(-1, directions.shape[2]), np.tile(inputs, 2)
    likes = outputs @ outputs.T
    likes[shown[:, None] == shown] = -1.0  # less than any like
    run = np.repeat([False, True], len(inputs))

    def closer(exchanged: NDArray[np.bool_]) -> float:
        own = run ^ np.tile(exchanged[inputs], 2)
        same = own[:, None] == own
        return float((np.where(same, -1.0, likes).max(axis=1) - np.where(same, likes, -1.0).max(axis=1)).sum())

    count = int(inputs.max()) + 1
    observed = closer(np.zeros(count, dtype=bool))
    as_close = sum(closer(rng.random(count) < 0.5) >= observed - 1e-9 for _ in range(shuffles))
    return float((1 + as_close) / (1 + shuffles))
