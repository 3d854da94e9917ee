"""How many examples it takes to show a difference: power from variance components.

    d_ij = mu + b_i + e_ij,   example j of group i

One-way random effects: var b_i is what groups differ by, var e_ij what the examples of a group differ by. They are
estimated by the method of moments (Searle, Casella and McCulloch 1992, section 3.6, unequal sizes). The mean over
groups of sizes n_i, n together, then has the variance

    var b sum n_i^2 / n^2 + var e / n

and the two-sided test at 5% with G - 1 degrees of freedom, G the groups in effect (Kish 1965), finds a difference
D with the probability that a noncentral t, around D over that variance's root, is outside of Student's quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isnan, nan, sqrt

import numpy as np
from scipy.stats import nct, norm
from scipy.stats import t as student

from sightsound.metrics.statistics.interval import LEAST_GROUPS, LEVEL
from sightsound.metrics.statistics.parts import Parts

POWER = 0.8  # share of experiments in which a difference that can be shown is found
MOST = 10**9  # groups; with more, the difference is for practical purposes none
LARGE = 1000  # degrees of freedom from which on Student's t is normal


@dataclass(frozen=True)
class Components:
    """Where the variance of values in parts comes from."""

    between: float
    """Variance of what groups add; >= 0."""
    within: float
    """Variance of examples in a group; NaN where no group has two parts, and `between` is then all there is."""
    sizes: tuple[float, ...]
    """Examples of each group."""

    @property
    def examples(self) -> float:
        """How many there are."""
        return sum(self.sizes)

    @property
    def effective(self) -> float:
        """Groups in effect."""
        return self.examples**2 / sum(size**2 for size in self.sizes)

    def error(self, scale: float = 1.0) -> float:
        """Standard error of the mean over `scale` times as many groups of the same sizes."""
        inside = 0.0 if isnan(self.within) else self.within
        return sqrt((self.between / self.effective + inside / self.examples) / scale)


def components(parts: Parts) -> Components:
    """The components of values by example. Raises ValueError for fewer than two groups.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> found = components(of_clips(np.array([1.0, 3.0, 5.0, 7.0]), "wxyz", "aabb"))
    >>> found.between, found.within, found.effective
    (7.0, 2.0, 2.0)
    """
    names, place = np.unique(np.asarray(parts.groups), return_inverse=True)
    groups, count = len(names), len(parts.names)
    if groups < 2:
        raise ValueError(f"{count} examples of one group: what groups differ by cannot be told")
    sizes = np.bincount(place, weights=parts.weights)
    means = np.bincount(place, weights=parts.weights * parts.values) / sizes
    total = sizes.sum()
    outer = float(sizes @ np.square(means - parts.value)) / (groups - 1)
    spread = float(total - np.square(sizes).sum() / total) / (groups - 1)
    if count == groups:
        return Components(outer / spread, nan, tuple(map(float, sizes)))
    within = float(parts.weights @ np.square(parts.values - means[place])) / (count - groups)
    return Components(max(0.0, (outer - within) / spread), within, tuple(map(float, sizes)))


def power(difference: float, error: float, freedom: float) -> float:
    """The probability that a two-sided test at 5% finds a true difference.

    >>> round(power(2.8, 1.0, inf), 2), round(power(0.0, 1.0, 10), 3)
    (0.8, 0.05)
    """
    if error <= 0:
        return 1.0 if difference else 0.0
    ratio = abs(difference) / error
    if freedom > LARGE:
        limit = float(norm.ppf((1 + LEVEL) / 2))
        return float(norm.sf(limit - ratio) + norm.cdf(-limit - ratio))
    limit = float(student.ppf((1 + LEVEL) / 2, freedom))
    # less than 2e-5 is left out: scipy's noncentral t gives NaN in the far tails
    if ratio > limit + 6:
        return 1.0
    wrong_side = nct.cdf(-limit, freedom, ratio) if ratio < 4 else 0.0
    return float(nct.sf(limit, freedom, ratio) + wrong_side)


def detectable(found: Components) -> float:
    """The smallest difference that so many groups of such sizes show with a power of 80%; NaN where they are too
    few for an interval."""
    if len(found.sizes) < LEAST_GROUPS or found.effective < LEAST_GROUPS:
        return nan
    freedom = found.effective - 1
    return float(student.ppf((1 + LEVEL) / 2, freedom) + student.ppf(POWER, freedom)) * found.error()


def groups_needed(found: Components, difference: float) -> float:
    """How many groups, of such sizes as these, show the difference with a power of 80%; infinite beyond MOST."""
    groups = len(found.sizes)
    effective = found.effective / groups  # of a group

    def enough(count: int) -> bool:
        if count * effective < LEAST_GROUPS:
            return False
        return power(difference, found.error(count / groups), count * effective - 1) >= POWER

    most = 2
    while not enough(most):
        most *= 2
        if most > MOST:
            return inf
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return float(most)


def one_each(found: Components) -> Components:
    """The same variances with one example in each group; NaN where they cannot be told apart.

    >>> one_each(Components(7.0, 2.0, (2.0, 2.0))).error()  # sqrt((7 + 2) / 2)
    2.1213203435596424
    """
    alone = max(found.sizes) <= 1
    within = 0.0 if alone else found.within
    return Components(found.between + within, nan, (1.0,) * len(found.sizes))


def examples_needed(found: Components, difference: float) -> float:
    """Examples in as many groups as `groups_needed` says; NaN where the variances are not known."""
    if isnan(found.between):
        return nan
    groups = groups_needed(found, difference)
    return groups if groups == inf else float(ceil(groups * found.examples / len(found.sizes)))
