"""One metric over several systems: their values on common examples, and every pair's difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example
from sightsound.bench.stages import reading, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard
from sightsound.metrics.rows import Rows, stack
from sightsound.metrics.signature import differs
from sightsound.metrics.statistics.difference import Difference, compare, holm, tie_letters

LEVEL = 0.05  # of the test; Holm keeps it for all pairs of a metric together
NONE = Difference(math.nan)


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
    """p-value of the swap test."""
    p_holm: float
    """The same, corrected for all pairs of this metric."""
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
    higher_is_better: bool
    """Direction of the metric."""
    note: str = ""
    """What is missing, or differs from what a run's `rows.csv` was scored with."""


@dataclass(frozen=True)
class Entry:
    """A system with the run that holds its outputs."""

    name: str
    """What the lines call it."""
    system: registry.System
    """Its label and card."""
    stored: FeatureSet
    """Its run's features."""
    seed: int
    """Seed of its run."""
    signatures: Mapping[str, str]
    """Metric -> signature in its run's `rows.csv`."""


@dataclass(frozen=True)
class _Data:
    """What the metric reads of the common examples."""

    groups: list[str]
    """Group of each example."""
    rows: dict[str, Rows]
    """System -> its rows, an example each."""
    reference: Rows | None
    """Two sets: the rows of the reference."""
    notes: list[str]
    """What is missing."""
    failed: frozenset[str] = frozenset()
    """Systems that lack a value which they should have: they can lose, but are neither better nor tied."""


def judge(card: MetricCard, entries: Sequence[Entry]) -> list[Pair]:
    """Every pair of the systems in one metric. A rank is among the systems without the reference rows."""
    if card.kind == "ranked":
        entries = [entry for entry in entries if not entry.system.card.reference]
    couples = list(combinations([entry.name for entry in entries], 2))
    if not couples:
        return []
    data = _ranks(card, entries) if card.kind == "ranked" else _data(card, entries)
    notes = [*data.notes, *_changed(card, entries)]
    notes += [f"{name} failed on examples: it is neither better nor tied" for name in sorted(data.failed)]
    values = {entry.name: math.nan for entry in entries}
    found: dict[tuple[str, str], Difference] = {}
    if len(data.groups) < card.min_clips or not data.groups:
        notes.append(f"too few clips: {len(data.groups)}, needs {max(card.min_clips, 1)}")
    else:
        try:
            values = {name: _value(card, rows, data.reference) for name, rows in data.rows.items()}
            found = {couple: _difference(card, data, *couple) for couple in couples}
        except ValueError as error:  # what the metric's functions say of features they cannot take
            notes.append(" ".join(str(error).split()))
    groups = len(set(data.groups))
    if len(couples) * 2.0 ** (1 - groups) >= LEVEL:  # of 2^groups exchanges two give the largest difference
        notes.append(f"{groups} groups are too few for any difference among {len(couples)} pairs to be shown")
    adjusted = dict(zip(couples, holm([found.get(couple, NONE).p for couple in couples]), strict=True))
    sign = 1 if card.higher_is_better else -1
    known = [name for name in values if not math.isnan(values[name]) and name not in data.failed]
    letters = tie_letters(
        sorted(known, key=lambda name: -sign * values[name]),
        {couple: not p >= LEVEL for couple, p in adjusted.items()},  # no p-value: no tie
    )
    pairs = []
    for a, b in couples:
        difference, p = found.get((a, b), NONE), adjusted[a, b]
        better = a if sign * difference.value > 0 else b
        pairs.append(
            Pair(
                metric=card.name,
                a=a,
                b=b,
                value_a=values[a],
                value_b=values[b],
                difference=values[a] - values[b],
                ci_low=difference.low,
                ci_high=difference.high,
                p=difference.p,
                p_holm=p,
                better=better if p < LEVEL and better not in data.failed else "",
                detectable=difference.detectable,
                tie_a=letters.get(a, ""),
                tie_b=letters.get(b, ""),
                n=len(data.groups),
                group_n=groups,
                higher_is_better=card.higher_is_better,
                note="; ".join(notes),
            )
        )
    return pairs


def _data(card: MetricCard, entries: Sequence[Entry]) -> _Data:
    """The rows of the examples for which every system, and the reference, has a value."""
    wanted = [need for need in card.needs if card.kind != "two_sets" or need.side == "generated"]
    others = [need for need in card.needs if need not in wanted]
    rows, there = {}, {}
    for entry in entries:
        made = score.clip_rows(card, entry.stored, entry.system.label, wanted, entry.stored.examples)
        rows[entry.name], there[entry.name] = _with_value(*made)
    first = entries[0]
    reference, has_reference = None, None
    if others:
        made = score.clip_rows(card, first.stored, first.system.label, others, first.stored.examples)
        reference, has_reference = _with_value(*made)
    sides = [*there.values(), *([has_reference] if has_reference is not None else [])]
    common = [e for e in first.stored.examples if all(e.id in side for side in sides)]

    def of(made: Rows, place: Mapping[str, int]) -> Rows:
        return made[[place[example.id] for example in common]]

    lacking = {name: len(first.stored.examples) - len(place) for name, place in there.items()}
    return _Data(
        groups=[example.group for example in common],
        rows={name: of(made, there[name]) for name, made in rows.items()},
        reference=None if reference is None or has_reference is None else of(reference, has_reference),
        notes=[f"{name} has no value for {count}" for name, count in lacking.items() if count],
        failed=_failed(card, entries),
    )


def _failed(card: MetricCard, entries: Sequence[Entry]) -> frozenset[str]:
    """The entries that failed on an example which the metric should have scored."""
    wanted = reading.needs(card)
    return frozenset(
        entry.name for entry in entries if entry.stored.lost(wanted, entry.system.label, entry.stored.examples)
    )


def _with_value(examples: Sequence[Example], rows: Rows) -> tuple[Rows, dict[str, int]]:
    """The rows, and the row of each example for which the metric is defined."""
    return rows, {example.id: index for index, example in enumerate(examples) if not np.isnan(rows[index]).all()}


def _ranks(card: MetricCard, entries: Sequence[Entry]) -> _Data:
    """Reciprocal positions of all systems on all examples; a missing output is last."""
    under, examples = reading.under(card), entries[0].stored.examples
    scores = np.full((len(examples), len(entries)), np.nan)
    for column, entry in enumerate(entries):
        made, found = score.clip_rows(under, entry.stored, entry.system.label, under.needs, examples)
        values = {example.id: row for example, row in zip(made, found, strict=True)}
        scores[:, column] = [values.get(example.id, np.nan) for example in examples]
    ranks = reading.module_of(card).statistics(scores if under.higher_is_better else -scores, **card.options)
    rows = {entry.name: ranks[:, column] for column, entry in enumerate(entries)}
    return _Data([example.group for example in examples], rows, None, [], _failed(card, entries))


def _value(card: MetricCard, rows: Rows, reference: Rows | None) -> float:
    sides = [rows] if reference is None else [rows, reference]
    arguments = [part for side in sides for part in (side, np.ones(len(side)))]
    return float(reading.function_of(card, "aggregate")(*arguments))


def _difference(card: MetricCard, data: _Data, a: str, b: str) -> Difference:
    both = stack([data.rows[a], data.rows[b]])
    replicates = score.REPLICATES.get(card.kind, score.DEFAULT_REPLICATES)
    if data.reference is None:
        aggregate = partial(reading.function_of(card, "aggregate"), both)
        return compare(aggregate, data.groups, replicates=replicates)
    value, many = score.two_sided(card, both, data.reference)
    return compare(value, data.groups, data.groups, many=many, replicates=replicates)


def _changed(card: MetricCard, entries: Sequence[Entry]) -> list[str]:
    """In what the values of the runs' own rows, or their generation, differ from one another or from these."""
    notes = []
    if len(seeds := {entry.seed for entry in entries}) > 1:
        notes.append(f"seeds {', '.join(map(str, sorted(seeds)))}")
    for entry in entries:
        recorded = entry.signatures.get(card.name)
        if recorded and (fields := differs(recorded, reading.sign(card, entry.stored, 0))):
            other = [field for field in fields if not field.startswith("n: ")]
            notes += [f"{entry.name}: rows.csv and this differ in {field}" for field in other]
    return notes
