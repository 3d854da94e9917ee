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


@dataclass(frozen=True)
class Likeness:
    """Of the run and the baseline's runs, example by example."""

    own: Rows
    """`[runs, examples]`: likeness of each run's output to the other runs' of the same example, -1..1."""
    p: float
    """p-value of the baseline's runs being no more alike on the same example than on others; with a single one, of
    the run and it. Where it is large, what outputs are like does not show to depend on the example."""
    elsewhere: float
    """One baseline run: p-value of the run's outputs having no likes among those of other examples. Else NaN."""


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
    """Whether the run's outputs have closer likes in the baseline than the baseline's outputs have there.

    If what is made does not depend on the example, the nearest output of the baseline is as near to one of the
    run as to one of the baseline itself (of another input). If it does, a swapped output has its like at another
    example, and is nearer. The difference's sign is drawn by input.
    """
    run, baseline = directions
    among = baseline @ baseline.T
    among[inputs[:, None] == inputs] = -np.inf
    if not np.isfinite(among).any(axis=1).all():
        return 1.0
    difference = (run @ baseline.T).max(axis=1) - among.max(axis=1)
    by_input = np.bincount(inputs, weights=difference)
    signs = rng.choice([-1.0, 1.0], size=(shuffles, len(by_input)))
    return float((1 + (signs @ by_input >= by_input.sum() * (1 - 1e-9)).sum()) / (1 + shuffles))
