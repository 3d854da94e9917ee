"""Two systems on the same examples: how large their difference is, how sure, and whether it is one at all.

The difference is taken part by part (metrics/statistics/parts.py), so what makes an example hard for both systems
cancels, and with it most of a Fréchet distance's bias. Its interval is that of any value in parts; a system is
better where the interval of the difference, at the level that is left after Holm's correction, does not reach 0.

The swap test (Fisher 1935; for systems Noreen 1989, Yeh 2000) exchanges the two systems' outputs group by group.
It asks whether it matters at all whose output is whose. For a mean that is nearly the question whether the means
are equal; for a distance between sets it is another one, and a system that is merely different would be called
better. So it is given for means only, beside the interval. The sign test (Arbuthnot 1710) asks in how many groups
a system is ahead, whatever by how much.

Holm 1979 corrects over many comparisons. Piepho 2004 writes what is left as letters: who shares one is tied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from sightsound.metrics.statistics import student
from sightsound.metrics.statistics.interval import DRAWS, Estimate, estimate
from sightsound.metrics.statistics.parts import Parts

POWER = 0.8  # share of experiments in which a difference called detectable is found
SWAPS = 9999


@dataclass(frozen=True)
class Difference:
    """A against B in one metric."""

    value: float
    """A less B, in the metric's unit."""
    low: float = nan
    """Lower end of the 95% interval; NaN where the groups are too few for one."""
    high: float = nan
    """Upper end."""
    p: float = nan
    """The level at which the interval just reaches 0."""
    detectable: float = nan
    """The true difference that a test at 5% would find in 80% of such experiments."""


def compare(a: Parts, b: Parts, *, draws: int = DRAWS, seed: int = 0) -> Difference:
    """The difference of two systems that answered the same examples, over the parts that both have.

    Raises ValueError where their parts do not stand for the same clips.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> videos = [f"video {i}" for i in range(10)]
    >>> b = np.arange(10.0)
    >>> found = compare(of_clips(b + [1, 2] * 5, videos, videos), of_clips(b, videos, videos))
    >>> round(found.value, 2), round(found.low, 1), round(found.high, 1), found.p < 0.01
    (1.5, 1.1, 1.9, True)
    """
    return of(estimate(paired(a, b), draws=draws, seed=seed))


def of(found: Estimate) -> Difference:
    """A difference from its estimate."""
    detectable = (found.high - found.low) / 2 + student.quantile(POWER, found.freedom) * found.error
    return Difference(found.value, found.low, found.high, found.p, detectable)


def paired(a: Parts, b: Parts) -> Parts:
    """The difference in parts, over the parts that both have. Raises ValueError as `compare` does.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> a, b = of_clips(np.array([3.0, 5.0]), "xy", "gh"), of_clips(np.array([1.0, 9.0]), "yz", "hh")
    >>> paired(a, b).names, paired(a, b).values
    (('y',), array([4.]))
    """
    theirs = set(b.names)
    shared = [name for name in a.names if name in theirs]
    mine, other = a.take(shared), b.take(shared)
    if mine.groups != other.groups or not np.array_equal(mine.weights, other.weights):
        raise ValueError("the two systems' values are not over the same clips in the same groups")
    return Parts(mine.names, mine.groups, mine.values - other.values, mine.weights)


def swap_test(difference: Parts, *, swaps: int = SWAPS, seed: int = 0) -> float:
    """Share of exchanges of the systems' outputs, group by group, with a difference as large: (1 + count) /
    (1 + swaps). NaN without parts.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> names = [f"video {i}" for i in range(10)]
    >>> swap_test(of_clips(np.ones(10), names, names)) < 0.01, swap_test(of_clips(np.zeros(10), names, names))
    (True, 1.0)
    """

    if not difference.names:
        return nan
    sums, _ = difference.by_group
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(swaps, len(sums)))
    # exchanges that give the same difference again differ from it by rounding
    as_large = (np.abs(signs @ sums) >= abs(sums.sum()) * (1 - 1e-9)).sum()
    return float((1 + as_large) / (1 + swaps))


def sign_test(difference: Parts) -> float:
    """Exact two-sided sign test: in as many groups one system has the higher sum as the other, ties left out.

    p = min(1, 2 P(B <= min(up, down))),   B ~ Binomial(up + down, 1/2)

    It asks how often a system is ahead and not by how much, so one group that is far off cannot decide it. NaN
    without parts, 1 where all groups are tied.

    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> names = [f"video {i}" for i in range(10)]
    >>> sign_test(of_clips(np.ones(10), names, names)), sign_test(of_clips(np.zeros(10), names, names))
    (0.001953125, 1.0)
    """
    from scipy.stats import binom  # a second to import, and few commands ask

    if not difference.names:
        return nan
    sums, _ = difference.by_group
    apart = np.abs(sums) > 1e-9 * np.abs(difference.values).max(initial=0.0)  # equal but for rounding is a tie
    up, down = int((sums[apart] > 0).sum()), int((sums[apart] < 0).sum())
    return min(1.0, 2 * float(binom.cdf(min(up, down), up + down, 0.5))) if up + down else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the same order; a NaN stays NaN and is no comparison.

    adjusted_(k) = max over j <= k of min(1, (m - j + 1) p_(j)),   p sorted

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[: int((~np.isnan(p)).sum())]  # NaN sorts last
    adjusted = np.full(len(p), nan)
    steps = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(each) for each in adjusted]


def tie_letters(ordered: Sequence[str], differ: Mapping[tuple[str, str], bool]) -> dict[str, str]:
    """Letters by system: two that share one cannot be told apart. `ordered`: best first.

    A letter is a largest set of systems none of which differ (a maximal clique, Bron and Kerbosch 1973), so a
    system between two others may have both of theirs. `differ[a, b]`, in either order; a pair that is not
    there was not compared, and ties nothing.

    >>> tie_letters(["a", "b", "c"], {("a", "b"): False, ("b", "c"): False, ("a", "c"): True})
    {'a': 'a', 'b': 'ab', 'c': 'b'}
    """

    def tied(a: str, b: str) -> bool:
        return not differ.get((a, b), differ.get((b, a), True))

    def cliques(members: list[str], possible: list[str], done: list[str]) -> list[list[str]]:
        if not possible and not done:
            return [members]
        found = []
        for name in list(possible):
            near = [other for other in possible if tied(name, other)]
            found += cliques([*members, name], near, [other for other in done if tied(name, other)])
            possible.remove(name)
            done.append(name)
        return found

    place = {name: index for index, name in enumerate(ordered)}
    sets = sorted(sorted(place[name] for name in clique) for clique in cliques([], list(ordered), []))
    return {
        name: "".join(_letter(index) for index, members in enumerate(sets) if place[name] in members)
        for name in ordered
    }


def _letter(index: int) -> str:
    """a to z, then a1 to z1 and so on."""
    turn, letter = divmod(index, 26)
    return chr(ord("a") + letter) + (str(turn) if turn else "")
