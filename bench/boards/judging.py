"""One metric over several systems: their values on common examples, and every pair's difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from sightsound.bench.boards.pairs import Judged
from sightsound.bench.core import registry
from sightsound.bench.core.types import Example
from sightsound.bench.stages import reading, two_sets, values
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows
from sightsound.metrics.signature import differs
from sightsound.metrics.statistics import difference as statistics
from sightsound.metrics.statistics import seeds
from sightsound.metrics.statistics.interval import LEAST_GROUPS
from sightsound.metrics.statistics.parts import Parts, effective_count


@dataclass(frozen=True)
class Entry:
    """A system with the run that holds its outputs."""

    name: str
    """What the lines call it; runs of one name are seeds of one system."""
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
    """The values of a metric over the common examples."""

    groups: list[str]
    """Group of each example."""
    values: dict[str, list[values.Value]]
    """System -> one a run."""
    notes: list[str] = field(default_factory=list)
    """What is missing."""


def judge(card: MetricCard, entries: Sequence[Entry]) -> Judged | None:
    """Every pair of the systems in one metric; None where there is none. A rank is among the systems without the
    reference rows."""
    if card.kind == "ranked":
        entries = [entry for entry in entries if not entry.system.card.reference]
    names = list(dict.fromkeys(entry.name for entry in entries))
    couples = list(combinations(names, 2))
    if not couples:
        return None
    notes = _changed(card, entries)
    failed = _failed(card, entries)
    notes += [f"{name} failed on examples: it is neither better nor tied" for name in sorted(failed)]
    try:
        data = _ranks(card, entries) if card.kind == "ranked" else _data(card, entries)
    except ValueError as error:  # what the metric's functions say of features they cannot take
        data = _Data([], {name: [] for name in names}, [" ".join(str(error).split())])
    notes += data.notes
    one = {name: _over_seeds(runs) if values.covers(card) else None for name, runs in data.values.items()}
    found, shares, swaps, signs = {}, {}, {}, {}
    for a, b in couples:
        mine, other = one[a], one[b]
        if mine is None or other is None:
            continue
        estimate, shares[a, b] = seeds.difference(mine, other)
        found[a, b] = statistics.of(estimate)
        if all(value.by_clip for name in (a, b) for value in data.values[name]):
            difference = statistics.paired(mine.parts, other.parts)
            swaps[a, b], signs[a, b] = statistics.swap_test(difference), statistics.sign_test(difference)
    if data.groups and (effective := effective_count(data.groups)) < LEAST_GROUPS:
        notes.append(
            f"{len(set(data.groups))} groups, in effect {effective:.1f}, are too few to tell systems apart; it "
            f"takes {LEAST_GROUPS:g}"
        )
    return Judged(
        card=card,
        values={
            name: float(np.mean([v.value for v in runs])) if runs else math.nan
            for name, runs in data.values.items()
        },
        runs={name: len(runs) for name, runs in data.values.items()},
        found=found,
        shares=shares,
        swaps=swaps,
        signs=signs,
        groups=data.groups,
        failed=failed,
        notes=notes,
        signature=reading.sign(card, entries[0].stored, len(data.groups)),
    )


def _over_seeds(runs: Sequence[values.Value]) -> seeds.Seeds | None:
    found: list[Parts] = [run.parts for run in runs if run.parts is not None]
    return seeds.over_seeds(found) if found and len(found) == len(runs) else None


def _data(card: MetricCard, entries: Sequence[Entry]) -> _Data:
    """The values over the examples for which every system, and the reference, has one."""
    wanted = [need for need in card.needs if card.kind != "two_sets" or need.side == "generated"]
    others = [need for need in card.needs if need not in wanted]
    rows: list[tuple[Entry, Rows, dict[str, int]]] = []
    for entry in entries:
        made = values.clip_rows(card, entry.stored, entry.system.label, wanted, entry.stored.examples)
        rows.append((entry, *_with_value(*made)))
    first = entries[0]
    reference, has_reference = None, None
    another = first.stored.against if card.kind == "two_sets" else None
    if another is not None:
        others = [replace(need, side="against") for need in others]
    elif others:
        made = values.clip_rows(card, first.stored, first.system.label, others, first.stored.examples)
        reference, has_reference = _with_value(*made)
    # a system without any value (silence has no THD) leaves the others theirs
    sides = [*(there for _, _, there in rows if there), *([has_reference] if has_reference is not None else [])]
    common = [e for e in first.stored.examples if all(e.id in side for side in sides)]
    lacking = {entry.name: len(first.stored.examples) - len(there) for entry, _, there in rows}
    notes = [f"{name} has no value for {count}" for name, count in lacking.items() if count]
    groups = [example.group for example in common]
    found: dict[str, list[values.Value]] = {}
    for entry, own, there in rows:
        if not there:
            found.setdefault(entry.name, []).append(values.Value())
            continue
        mine = own[[there[example.id] for example in common]]
        if short := values.too_few(card, len(common)):
            value = values.Value(note=short)
        elif another is not None:
            value = two_sets.sets(card, common, mine, *_of_set(card, first, others, another.examples))
        elif reference is None or has_reference is None:
            value = values.aggregated(card, mine, common)
        else:
            theirs = reference[[has_reference[example.id] for example in common]]
            value = two_sets.sets(card, common, mine, common, theirs)
        found.setdefault(entry.name, []).append(value)
        notes += [value.note] if value.note and value.note not in notes else []
    return _Data(groups, found, notes)


def _of_set(
    card: MetricCard, entry: Entry, needs: Sequence[Need], examples: Sequence[Example]
) -> tuple[list[Example], Rows]:
    return values.clip_rows(card, entry.stored, entry.system.label, needs, examples)


def _failed(card: MetricCard, entries: Sequence[Entry]) -> frozenset[str]:
    """The entries that failed on an example which the metric should have scored."""
    found = set()
    for entry in entries:
        wanted = reading.of_examples(card, against=entry.stored.against is not None)
        if entry.stored.lost(wanted, entry.system.label, entry.stored.examples):
            found.add(entry.name)
    return frozenset(found)


def _with_value(examples: Sequence[Example], rows: Rows) -> tuple[Rows, dict[str, int]]:
    """The rows, and the row of each example for which the metric is defined."""
    return rows, {example.id: index for index, example in enumerate(examples) if not np.isnan(rows[index]).all()}


def _ranks(card: MetricCard, entries: Sequence[Entry]) -> _Data:
    """Positions of all systems on all examples; a missing output is last."""
    if len({entry.name for entry in entries}) < len(entries):
        return _Data([], {entry.name: [] for entry in entries}, ["ranks are not compared over several seeds"])
    under, examples = reading.under(card), entries[0].stored.examples
    scores = np.full((len(examples), len(entries)), np.nan)
    for column, entry in enumerate(entries):
        made, found = values.clip_rows(under, entry.stored, entry.system.label, under.needs, examples)
        by_id = {example.id: row for example, row in zip(made, found, strict=True)}
        scores[:, column] = [by_id.get(example.id, np.nan) for example in examples]
    ranks = reading.module_of(card).statistics(scores if under.higher_is_better else -scores, **card.options)
    columns = {entry.name: [values.aggregated(card, ranks[:, c], examples)] for c, entry in enumerate(entries)}
    return _Data([example.group for example in examples], columns)


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
