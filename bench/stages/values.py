"""One metric of one system: its value from stored features, in the parts that its interval is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, chunks
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.reading import function_of, module_of, under
from sightsound.metrics import streams
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows, stack, weighted_mean
from sightsound.metrics.statistics import parts
from sightsound.metrics.statistics.parts import Parts
from sightsound.metrics.streams import Stream

MANY = 8192  # clips of a side, with more of which a distance whose module can reads its rows block by block
LOADED = 256  # clips whose features are in memory at once while their rows are made


@dataclass(frozen=True)
class Known:
    """What was worked out for one metric and serves another."""

    clips: dict[tuple[str, tuple[Need, ...], str, tuple[str, ...]], tuple[list[Example], Rows]] = field(
        default_factory=dict
    )
    """Values by clip: (metric, features, system, example ids) -> the examples that have the features, their
    rows."""


@dataclass(frozen=True)
class Value:
    """A value on its way to a row."""

    value: float = math.nan
    """In the metric's unit."""
    clips: Sequence[Example] = ()
    """The examples in it."""
    parts: Parts | None = None
    """What it is the mean of; None where there is nothing to take apart, or it would serve no interval."""
    by_clip: bool = False
    """Whether each part is a clip's own value."""
    floor: float = math.nan
    """Two sets: what two disjoint sets of the reference's source would give at this n."""
    note: str = ""
    """What is to be said of it."""


def clip_rows(
    card: MetricCard, stored: FeatureSet, system: str, wanted: Sequence[Need], examples: Sequence[Example]
) -> tuple[list[Example], Rows]:
    """The examples that have all the features, and their rows `[clips, ...]`; made a few clips at a time."""
    kept: list[Example] = []
    made: list[Rows] = []
    single = getattr(module_of(card), "SINGLE", False)  # its rows are the features themselves: half the memory
    for some in chunks(examples, LOADED):
        found = [stored.features(need, system, some) for need in wanted]
        whole = [index for index in range(len(some)) if all(features[index] is not None for features in found)]
        if whole:
            columns = [[each for index in whole if (each := features[index]) is not None] for features in found]
            rows = module_of(card).statistics(*columns, **card.options)
            exact = single and all(feature.dtype == np.float32 for column in columns for feature in column)
            made.append(rows.astype(np.float32) if exact else rows)
            kept += [some[index] for index in whole]
    return kept, stack(made, consumed=True)


def side_rows(
    card: MetricCard, stored: FeatureSet, system: str, need: Need, examples: Sequence[Example]
) -> tuple[list[Example], Rows | Stream]:
    """`clip_rows` of one side of a distance; of more than MANY clips they are read again each time, where the
    metric's module can go through them block by block."""
    module = module_of(card)
    if len(examples) <= MANY or not getattr(module, "STREAMS", False):
        return clip_rows(card, stored, system, [need], examples)
    kept: list[Example] = []
    frames: list[int] = []
    dim = 0
    for some in chunks(examples, LOADED):
        for example, features in zip(some, stored.features(need, system, some), strict=True):
            if features is not None:
                kept.append(example)
                frames.append(len(features))
                dim = features.shape[-1]

    def read() -> Iterator[Rows]:
        for some in chunks(kept, streams.AT_ONCE):
            there = [each for each in stored.features(need, system, some) if each is not None]
            yield module.statistics(there, **card.options).astype(np.float32)

    return kept, Stream(read, np.array(frames, np.intp), dim)


def covers(card: MetricCard) -> bool:
    """Whether an interval is shown: a module says `INTERVAL = False` where none that was tried covers."""
    return bool(getattr(module_of(card), "INTERVAL", True))


def of_clips(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example], known: Known
) -> Value:
    """A metric of single clips, or of clips and what each is held against."""
    if card.kind == "paired" and system.build.halves and any(n.side == "reference" for n in card.needs):
        return Value(note="the halves of the reference are not paired")
    mine, rows = clip_values(card, stored, system, examples, known)
    return aggregated(card, rows, mine)


def aggregated(card: MetricCard, rows: Rows, examples: Sequence[Example]) -> Value:
    """The value of rows `[clips, ...]`, a row an example; clips without a value are left out and counted."""
    has_value = np.asarray(~np.isnan(rows).all(axis=tuple(range(1, rows.ndim))))
    rows, kept = rows[has_value], [e for e, has in zip(examples, has_value, strict=True) if has]
    without = int((~has_value).sum())
    note = f"no value for {without} of {len(has_value)} clips" if without else ""
    if short := too_few(card, len(rows)):
        return Value(clips=kept, note="; ".join(filter(None, (short, note))))
    aggregate = function_of(card, "aggregate")
    own = _own_values(card, rows)
    value = float(aggregate(rows, np.ones(len(rows))) if own is None else weighted_mean(own, np.ones(len(rows))))
    names, groups = [e.id for e in kept], [e.group for e in kept]
    if math.isnan(value):
        return Value(value, kept, note=note)
    if own is not None:
        return Value(value, kept, parts.of_clips(own, names, groups), by_clip=True, note=note)
    if not covers(card):
        return Value(value, kept, note=note)
    influence = getattr(module_of(card), "influence", None)
    if influence is not None:
        return Value(value, kept, parts.of_clips(influence(rows), names, groups), note=note)

    def without_some(mask: NDArray[np.bool_]) -> Rows:
        return np.array([aggregate(rows[kept_rows], np.ones(int(kept_rows.sum()))) for kept_rows in mask])

    found = parts.jackknife(without_some, value, names, groups)
    return Value(value, kept, found if np.isfinite(found.values).all() else None, note=note)


def _own_values(card: MetricCard, rows: Rows) -> Rows | None:
    """Values by clip of which the metric is the mean: a module's `by_clip`, or the rows themselves where the
    aggregate turns out to be their weighted mean. None where it is no mean."""
    by_clip = getattr(module_of(card), "by_clip", None)
    if by_clip is not None:
        return np.asarray(by_clip(rows), dtype=np.float64)
    if rows.ndim != 1:
        return None
    weights = np.random.default_rng(0).integers(1, 5, len(rows)).astype(np.float64)
    mean = weights @ rows / weights.sum()
    return rows if math.isclose(function_of(card, "aggregate")(rows, weights), mean, abs_tol=1e-9) else None


def clip_values(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example], known: Known
) -> tuple[list[Example], Rows]:
    """`clip_rows` of a metric; one value a clip is kept, because ranked metrics ask for it again."""
    key = card.name, card.needs, system.label, tuple(example.id for example in examples)
    found = known.clips.get(key) or clip_rows(card, stored, system.label, card.needs, examples)
    if found[1].ndim == 1:
        known.clips[key] = found
    return found


def positions(card: MetricCard, stored: FeatureSet, systems: Sequence[registry.System], known: Known) -> Rows:
    """Ranked rows `[examples, systems]` from the per-clip values of the metric underneath."""
    ranked_metric = under(card)
    place = {example.id: index for index, example in enumerate(stored.examples)}
    values = np.full((len(stored.examples), len(systems)), np.nan)
    for column, system in enumerate(systems):
        mine, rows = clip_values(ranked_metric, stored, system, stored.examples, known)
        for example, row in zip(mine, rows, strict=True):
            values[place[example.id], column] = row
    if not ranked_metric.higher_is_better:
        values = -values
    ranked: Rows = module_of(card).statistics(values, **card.options) if len(systems) else values
    return ranked


def of_ranks(card: MetricCard, column: Rows, stored: FeatureSet, competitors: int) -> Value:
    """A rank: the mean of one system's column of `positions`."""
    if competitors < 2:
        return Value(note="a rank needs two systems or more; name others with --model")
    return aggregated(card, column, stored.examples)


def too_few(card: MetricCard, n: int) -> str:
    """Why there is no value of so few clips; empty where there is one."""
    return f"too few clips: {n}, needs {max(card.min_clips, 1)}" if n < max(card.min_clips, 1) else ""
