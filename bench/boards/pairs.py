"""What is said of every pair of systems, once all metrics of a table are judged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sightsound.bench.boards import ties
from sightsound.bench.boards.ties import Couple
from sightsound.metrics.card import MetricCard
from sightsound.metrics.statistics import difference as statistics
from sightsound.metrics.statistics.parts import effective_count


@dataclass(frozen=True)
class Pair:
    """One line of the comparison: system a against b in one metric."""

    metric: str
    """Metric name."""
    a: str
    """`family:variant`, with the run's name where several runs have it."""
    b: str
    """The other system."""
    value_a: float
    """a's value on the common examples, NaN where it has none."""
    value_b: float
    """b's."""
    difference: float
    """value_a - value_b."""
    ci_low: float
    """Lower end of the 95% interval of the difference."""
    ci_high: float
    """Upper end."""
    p: float
    """The level at which that interval just reaches 0."""
    p_holm: float
    """The same, corrected for all pairs and metrics of the table."""
    p_swap: float
    """Means only: p-value of the swap test by groups, uncorrected."""
    p_sign: float
    """Means only: p-value of the sign test by groups, uncorrected."""
    better: str
    """The better system where p_holm is below 0.05 and it failed on no example, else empty."""
    detectable: float
    """The smallest true difference that this n would show in 80% of experiments."""
    tie_a: str
    """Letters of a's tie groups: systems that share one are not told apart."""
    tie_b: str
    """b's."""
    n: int
    """Examples that all systems have."""
    group_n: int
    """Independent groups among them."""
    group_effective: float
    """How many groups of one size would say as much."""
    seeds_a: int
    """Runs that a's value is the mean of."""
    seeds_b: int
    """b's."""
    seed_share: float
    """Share of the difference's variance that is between seeds; NaN where each has one run."""
    higher_is_better: bool
    """Direction of the metric."""
    signature: str = ""
    """Of the values that were compared, on the common examples."""
    note: str = ""
    """What is missing, or differs from what a run's `rows.csv` was scored with."""


@dataclass(frozen=True)
class Judged:
    """One metric's systems and pairs, before the correction over all of a table."""

    card: MetricCard
    """The metric."""
    values: Mapping[str, float]
    """System -> its mean over runs."""
    runs: Mapping[str, int]
    """System -> how many runs it is the mean of."""
    found: Mapping[Couple, statistics.Difference]
    """Pair -> its difference; a pair that could not be compared is not there."""
    shares: Mapping[Couple, float]
    """Pair -> share of the difference's variance that is between seeds."""
    swaps: Mapping[Couple, float]
    """Pair -> p-value of the swap test, where the metric is a mean."""
    signs: Mapping[Couple, float]
    """Pair -> p-value of the sign test, likewise."""
    groups: Sequence[str]
    """Group of each common example."""
    failed: frozenset[str]
    """Systems that lack a value which they should have: they can lose, but are neither better nor tied."""
    notes: Sequence[str]
    """What is missing."""
    signature: str
    """Of the values."""

    @property
    def column(self) -> ties.Column:
        """What letters are given by."""
        card = self.card
        return ties.Column(self.values, self.found, card.higher_is_better, card.kind == "ranked", self.failed)


def settle(judged: Iterable[Judged]) -> list[Pair]:
    """The lines of a table: p-values corrected over all of its pairs and metrics, and tie letters by them."""
    judged = list(judged)
    columns = [each.column for each in judged]
    found: list[Pair] = []
    for each, column, own in zip(judged, columns, ties.corrected(columns), strict=True):
        letters = ties.letters(column, own)
        found += [_pair(each, couple, p, letters) for couple, p in own.items()]
    return found


def _pair(judged: Judged, couple: Couple, adjusted: float, letters: Mapping[str, str]) -> Pair:
    a, b = couple
    difference = judged.found.get(couple, statistics.Difference(judged.values[a] - judged.values[b]))
    better = a if (difference.value > 0) == judged.card.higher_is_better else b
    return Pair(
        metric=judged.card.name,
        a=a,
        b=b,
        value_a=judged.values[a],
        value_b=judged.values[b],
        difference=judged.values[a] - judged.values[b],
        ci_low=difference.low,
        ci_high=difference.high,
        p=difference.p,
        p_holm=adjusted,
        p_swap=judged.swaps.get(couple, math.nan),
        p_sign=judged.signs.get(couple, math.nan),
        better=better if adjusted < ties.LEVEL and better not in judged.failed else "",
        detectable=difference.detectable,
        tie_a=letters.get(a, ""),
        tie_b=letters.get(b, ""),
        n=len(judged.groups),
        group_n=len(set(judged.groups)),
        group_effective=round(effective_count(judged.groups), 2) if judged.groups else 0.0,
        seeds_a=judged.runs[a],
        seeds_b=judged.runs[b],
        seed_share=judged.shares.get(couple, math.nan),
        higher_is_better=judged.card.higher_is_better,
        signature=judged.signature,
        note="; ".join(judged.notes),
    )
