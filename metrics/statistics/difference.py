"""Two systems on the same examples: how large their difference is, how sure, and whether it is one at all.

Both systems' rows lie one after the other, A's n clips and then B's, and a weighting of those 2n rows says
which of them count: [1, 0] is A, [0, 1] is B. So one pair of functions serves every metric.

- The interval is the basic bootstrap over groups; a draw takes the same examples for A, for B and for the
  reference, so that what makes an example hard for both cancels, as does most of a Fréchet distance's bias.
- The test exchanges the two systems' outputs, group by group, at random (Fisher 1935; for systems Noreen 1989,
  Yeh 2000): if it does not matter whose output is whose, the difference is one among its exchanges.
- Holm 1979 corrects over many pairs. Piepho 2004 writes what is left as letters: who shares one is tied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from scipy.stats import norm

from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics.bootstrap import MIN_DEFINED, draw, values_of

POWER = 0.8  # share of experiments in which a difference called detectable is found


@dataclass(frozen=True)
class Difference:
    """A against B in one metric."""

    value: float
    """A less B, in the metric's unit; of the plug-in estimate where the metric corrects a bias."""
    low: float = nan
    """Lower end of the 95% interval."""
    high: float = nan
    """Upper end."""
    p: float = nan
    """Share of exchanges with a difference as large: small when it matters whose output is whose."""
    detectable: float = nan
    """The true difference that a test at 5% would find in 80% of such experiments."""


def compare(
    value: Callable[..., float],
    groups: Sequence[str],
    reference_groups: Sequence[str] | None = None,
    *,
    many: Callable[..., Rows] | None = None,
    replicates: int = 1000,
    swaps: int = 999,
    seed: int = 0,
    level: float = 0.95,
) -> Difference:
    """The difference of two systems that answered the same examples.

    `value(weights [2 n])`, or `value(weights, reference_weights)`, over A's rows followed by B's; `many` the
    same for `[replicates, 2 n]`; `groups[i]` is the group of example i. NaN where there is no value, or with
    fewer than two groups.

    >>> a, b = np.arange(10.0) + [1, 2] * 5, np.arange(10.0)  # a is 1 or 2 better on each of ten videos
    >>> rows, groups = np.append(a, b), [f"video {i}" for i in range(10)]
    >>> found = compare(lambda weights: weights @ rows / weights.sum(), groups)
    >>> round(found.value, 2), round(found.low, 1), round(found.high, 1), found.p
    (1.5, 1.2, 1.8, 0.007)
    """
    n = len(groups)
    references = [] if reference_groups is None else [np.ones((1, len(reference_groups)))]

    def differences(in_a: tuple[Rows, Rows], in_b: tuple[Rows, Rows], others: list[Rows]) -> Rows:
        a, b = (np.concatenate(parts, axis=1) for parts in (in_a, in_b))
        return values_of(value, many, [a, *others]) - values_of(value, many, [b, *others])

    ones, zeros = np.ones((1, n)), np.zeros((1, n))
    found = float(differences((ones, zeros), (zeros, ones), references)[0])
    if isnan(found) or len(set(groups)) < 2:
        return Difference(found)
    rng = np.random.default_rng(seed)
    sides = [groups] if reference_groups is None else [groups, reference_groups]
    drawn, *others = draw(sides, replicates, rng)
    none = np.zeros_like(drawn)
    spread = differences((drawn, none), (none, drawn), others)
    spread = spread[~np.isnan(spread)]
    low = high = detectable = nan
    if len(spread) >= MIN_DEFINED * replicates:
        lower, upper = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
        low, high = float(2 * found - upper), float(2 * found - lower)
        detectable = float((norm.ppf((1 + level) / 2) + norm.ppf(POWER)) * spread.std())
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    swapped = rng.integers(0, 2, size=(swaps, place.max() + 1))[:, place].astype(np.float64)
    kept = 1 - swapped
    all_references = [np.repeat(side, swaps, axis=0) for side in references]
    exchanged = differences((kept, swapped), (swapped, kept), all_references)
    exchanged = np.abs(exchanged[~np.isnan(exchanged)])
    # Exchanges that give the same difference again differ from it by rounding.
    as_large = (exchanged >= abs(found) * (1 - 1e-9)).sum()
    return Difference(found, low, high, float((1 + as_large) / (1 + len(exchanged))), detectable)


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
