"""The third stage: rows of values from stored features. No file and no network is touched here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sightsound.bench.core import registry
from sightsound.bench.core.results import Row
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Example
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.reading import bounds, function_of, module_of, needs, sign, under
from sightsound.bench.stages.scope import halves, scope
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows, stack
from sightsound.metrics.statistics.bootstrap import MIN_GROUPS, bootstrap

LOADED = 64  # clips whose features are in memory at once while their rows are made
REPLICATES = {"two_sets": 200}  # each costs a decomposition of the pooled frames
DEFAULT_REPLICATES = 1000

_Known = dict[tuple[str, tuple[Need, ...], str, tuple[str, ...]], tuple[list[Example], Rows]]
"""Values by clip: (metric, features, system, example ids) -> the examples that have the features, their rows."""


@dataclass(frozen=True)
class _Value:
    """A value on its way to a row."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    groups: int = 0
    note: str = ""


@known()
def score(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str
) -> list[Row]:
    """One row a metric and system. A value that cannot be had is NaN and its row's note says why."""
    with threadpool_limits(1, user_api="blas"):  # many small decompositions: threads cost more than they give
        return _score(stored, systems, cards, task)


def _score(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str
) -> list[Row]:
    made: list[Row] = []
    known: _Known = {}
    ranked = [system for system in systems if not system.card.reference]
    for card in cards:
        positions = _positions(card, stored, ranked, known) if card.kind == "ranked" else None
        for system in systems if positions is None else ranked:
            examples = scope(system, stored.examples)
            lost = stored.lost(_own_needs(card, system), system.label, examples)
            there = [example for example in examples if example.id not in lost]
            try:
                if positions is not None:
                    found = _ranked(card, positions[:, ranked.index(system)], stored, len(ranked))
                elif card.kind == "two_sets":
                    found = _two_sets(card, stored, system, there)
                else:
                    found = _per_clip(card, stored, system, there, known)
            except ValueError as error:  # what the metric's functions say of features they cannot take
                found = _Value(note=" ".join(str(error).split()))
            made.append(
                Row(
                    model=system.card.name,
                    variant=system.label.partition(":")[2],
                    task=task,
                    split=stored.split,
                    metric=card.name,
                    value=found.value,
                    ci_low=found.low,
                    ci_high=found.high,
                    n=found.n,
                    n_failed=len(lost),
                    group_n=found.groups,
                    higher_is_better=card.higher_is_better,
                    signature=sign(card, stored, found.n),
                    competitors=" ".join(sorted(s.label for s in ranked)) if positions is not None else "",
                    dtype="float32",
                    note=_note(found.note, lost, len(examples), stored.remarks.get(system.label, "")),
                    **stored.facts.get(system.label, {}),
                )
            )
    return made


def _features(stored: FeatureSet, need: Need, system: str, example_id: str) -> NDArray[np.float32] | None:
    side = stored.outputs[system] if need.side == "generated" else stored.keys[need.side]
    key = side.get(example_id)
    return None if key is None else stored.feature(need.extractor, key, need.output)


def clip_rows(
    card: MetricCard, stored: FeatureSet, system: str, wanted: Sequence[Need], examples: Sequence[Example]
) -> tuple[list[Example], Rows]:
    """The examples that have all the features, and their rows `[clips, ...]`; made a few clips at a time."""
    kept: list[Example] = []
    parts: list[Rows] = []
    for start in range(0, len(examples), LOADED):
        some = examples[start : start + LOADED]
        found = [[_features(stored, need, system, example.id) for need in wanted] for example in some]
        whole = [index for index, features in enumerate(found) if all(f is not None for f in features)]
        if whole:
            columns = [[found[index][place] for index in whole] for place in range(len(wanted))]
            parts.append(module_of(card).statistics(*columns, **card.options))
            kept += [some[index] for index in whole]
    return kept, stack(parts)


def _own_needs(card: MetricCard, system: registry.System) -> tuple[Need, ...]:
    """What a metric reads of the examples that the system answers: half of a reference is held against the other
    half's references, not its own."""
    wanted = needs(card)
    return tuple(n for n in wanted if n.side != "reference") if system.build.halves else wanted


def _note(note: str, lost: Mapping[str, str], count: int, remark: str) -> str:
    """What is to be said of a row: failures first, the commonest reason with them."""
    failed = ""
    if lost:
        (reason, _), *others = Counter(lost.values()).most_common()
        failed = f"{len(lost)} of {count} failed: {reason}{' and other reasons' if others else ''}"
    return "; ".join(filter(None, (failed, note, remark)))


def failures(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard]
) -> list[dict[str, str]]:
    """Every example that a metric could not score: system, example, metrics, reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for system in systems:
        examples = scope(system, stored.examples)
        for card in cards:
            if card.kind == "ranked" and system.card.reference:
                continue
            for example, reason in stored.lost(_own_needs(card, system), system.label, examples).items():
                found.setdefault((system.label, example, reason), []).append(card.name)
    return [
        {"system": system, "example": example, "reason": reason, "metrics": " ".join(names)}
        for (system, example, reason), names in sorted(found.items())
    ]


def _two_sets(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example]
) -> _Value:
    (need,) = [need for need in card.needs if need.side == "generated"]
    (other,) = [need for need in card.needs if need.side != "generated"]
    against = halves(stored.examples)[1] if system.build.halves else examples
    if other.side == "corpus":
        against = [Example(id=name, group=name) for name in stored.keys["corpus"]]
    mine, rows = clip_rows(card, stored, system.label, [need], examples)
    theirs, references = clip_rows(card, stored, system.label, [other], against)
    groups, other_groups = [e.group for e in mine], [e.group for e in theirs]
    if short := _too_few(card, min(len(mine), len(theirs))):
        return _Value(n=len(mine), groups=len(set(groups)), note=short)
    value, many = two_sided(card, rows, references)
    low, high = bootstrap(
        value,
        groups,
        other_groups,
        many=many,
        paired=against is examples,
        replicates=REPLICATES.get(card.kind, DEFAULT_REPLICATES),
    )
    point = function_of(card, "aggregate")(rows, np.ones(len(rows)), references, np.ones(len(references)))
    return _Value(float(point), *_cut(card, low, high), len(mine), len(set(groups)), _few(groups, other_groups))


def two_sided(
    card: MetricCard, rows: Rows, references: Rows
) -> tuple[Callable[..., float], Callable[..., Rows] | None]:
    """What the bootstrap of a metric over two sets weights again: one weighting's value, and many at once.

    A module that corrects a bias names in `plugin` the aggregate under the correction. The interval is that
    one's, because a basic interval takes the same bias off by itself. `replicates` is a module's fast path.
    """
    single = function_of(card, "plugin") or function_of(card, "aggregate")
    fast = function_of(card, "replicates")

    def value(weights: Rows, other_weights: Rows) -> float:
        return float(single(rows, weights, references, other_weights))

    if fast is None:
        return value, None
    return value, lambda weights, other_weights: fast(rows, weights, references, other_weights)


def _per_clip(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example], known: _Known
) -> _Value:
    if card.kind == "paired" and system.build.halves and any(n.side == "reference" for n in card.needs):
        return _Value(note="the halves of the reference are not paired")
    mine, rows = _clip_values(card, stored, system, examples, known)
    return _aggregate(card, rows, [example.group for example in mine])


def _aggregate(card: MetricCard, rows: Rows, groups: Sequence[str]) -> _Value:
    has_value = np.asarray(~np.isnan(rows).all(axis=tuple(range(1, rows.ndim))))
    rows, groups = rows[has_value], [group for group, has in zip(groups, has_value, strict=True) if has]
    without = int((~has_value).sum())
    note = f"no value for {without} of {len(has_value)} clips" if without else ""
    if short := _too_few(card, len(rows)):
        return _Value(n=len(rows), groups=len(set(groups)), note="; ".join(filter(None, (short, note))))
    value, fast = partial(function_of(card, "aggregate"), rows), function_of(card, "replicates")
    many = fast and partial(fast, rows)
    low, high = bootstrap(value, groups, many=many, replicates=REPLICATES.get(card.kind, DEFAULT_REPLICATES))
    note = "; ".join(filter(None, (note, _few(groups))))
    return _Value(float(value(np.ones(len(rows)))), *_cut(card, low, high), len(rows), len(set(groups)), note)


def _cut(card: MetricCard, low: float, high: float) -> tuple[float, float]:
    """The ends of an interval within the metric's range."""
    least, most = bounds(card)
    return min(max(low, least), most), max(min(high, most), least)


def _few(*sides: Sequence[str]) -> str:
    """Why there is no interval where independent groups are too few."""
    groups = min(len(set(side)) for side in sides)
    return f"no interval: {groups} independent groups, it takes {MIN_GROUPS}" if groups < MIN_GROUPS else ""


def _too_few(card: MetricCard, n: int) -> str:
    return f"too few clips: {n}, needs {max(card.min_clips, 1)}" if n < max(card.min_clips, 1) else ""


def _clip_values(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example], known: _Known
) -> tuple[list[Example], Rows]:
    """`clip_rows` of a metric; one value a clip is kept, because ranked metrics ask for it again."""
    key = card.name, card.needs, system.label, tuple(example.id for example in examples)
    found = known.get(key) or clip_rows(card, stored, system.label, card.needs, examples)
    if found[1].ndim == 1:
        known[key] = found
    return found


def _positions(card: MetricCard, stored: FeatureSet, systems: Sequence[registry.System], known: _Known) -> Rows:
    """Ranked rows `[examples, systems]` from the per-clip values of the metric underneath."""
    ranked_metric = under(card)
    place = {example.id: index for index, example in enumerate(stored.examples)}
    values = np.full((len(stored.examples), len(systems)), np.nan)
    for column, system in enumerate(systems):
        mine, rows = _clip_values(ranked_metric, stored, system, stored.examples, known)
        for example, row in zip(mine, rows, strict=True):
            values[place[example.id], column] = row
    if not ranked_metric.higher_is_better:
        values = -values
    ranked: Rows = module_of(card).statistics(values, **card.options) if len(systems) else values
    return ranked


def _ranked(card: MetricCard, column: Rows, stored: FeatureSet, competitors: int) -> _Value:
    if competitors < 2:
        return _Value(note="a rank needs two systems or more; name others with --model")
    found = _aggregate(card, column, [example.group for example in stored.examples])
    least = module_of(card).least(competitors, **card.options) if hasattr(module_of(card), "least") else -math.inf
    return replace(found, low=max(found.low, least), high=max(found.high, least))
