"""The third stage: rows of values from stored features. No file and no network is touched here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sightsound.bench.core import media, registry
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import Example
from sightsound.bench.stages.generate import halves, scope
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows, stack
from sightsound.metrics.signature import signature
from sightsound.metrics.statistics.bootstrap import bootstrap

LOADED = 64  # clips whose features are in memory at once while their rows are made
REPLICATES = {"two_sets": 200}  # each costs a decomposition of the pooled frames
DEFAULT_REPLICATES = 1000
SOUND = {"rs": media.RESAMPLER, "len": media.LENGTH_POLICY}  # what the signature of a metric over sound also says

_Known = dict[tuple[str, tuple[Need, ...], str, tuple[str, ...]], tuple[list[Example], Rows]]
"""Values by clip: (metric, features, system, example ids) -> the examples that have the features, their rows."""
FeatureOf = Callable[[str, str, str], NDArray[np.float32] | None]
"""(extractor, content key, output) -> features, or None where the item could not be embedded."""


@dataclass(frozen=True)
class Scene:
    """All that the metrics of one run read."""

    examples: Sequence[Example]
    """The split's examples for the task, in order."""
    split: str
    """`name@hash`."""
    keys: Mapping[str, Mapping[str, str]]
    """Side -> example id -> content key, for `reference`, `image` and `text`."""
    outputs: Mapping[str, Mapping[str, str]]
    """System label -> example id -> content key of its output; failures are not there."""
    feature: FeatureOf
    """Where the features are."""
    extractor_signature: Callable[[str], str]
    """Extractor name -> signature."""
    corpus: str = ""
    """Size and digest of the user's corpus, whose keys are `keys["corpus"]`; empty where no metric reads one."""
    video: bool = False
    """The condition is a video, of which a network of pictures sees the middle frame."""
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """System label -> cells of its rows that the scoring doesn't know (run, seed, device, versions, ...)."""


@dataclass(frozen=True)
class _Value:
    """A value on its way to a row."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    groups: int = 0
    note: str = ""


def score(scene: Scene, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str) -> list[Row]:
    """One row a metric and system. A value that cannot be had is NaN and its row's note says why."""
    with threadpool_limits(1, user_api="blas"):  # many small decompositions: threads cost more than they give
        return _score(scene, systems, cards, task)


def _score(scene: Scene, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str) -> list[Row]:
    made: list[Row] = []
    known: _Known = {}
    ranked = [system for system in systems if not system.card.reference]
    for card in cards:
        positions = _positions(card, scene, ranked, known) if card.kind == "ranked" else None
        for system in systems if positions is None else ranked:
            examples = scope(system, scene.examples)
            try:
                if positions is not None:
                    found = _ranked(card, positions[:, ranked.index(system)], scene, len(ranked))
                elif card.kind == "two_sets":
                    found = _two_sets(card, scene, system, examples)
                else:
                    found = _per_clip(card, scene, system, examples, known)
            except ValueError as error:  # what the metric's functions say of features they cannot take
                found = _Value(note=" ".join(str(error).split()))
            answered = sum(example.id in scene.outputs[system.label] for example in examples)
            made.append(
                Row(
                    model=system.card.name,
                    variant=system.label.partition(":")[2],
                    task=task,
                    split=scene.split,
                    metric=card.name,
                    value=found.value,
                    ci_low=found.low,
                    ci_high=found.high,
                    n=found.n,
                    n_failed=len(examples) - answered,
                    group_n=found.groups,
                    higher_is_better=card.higher_is_better,
                    signature=sign(card, scene, found.n),
                    competitors=" ".join(sorted(s.label for s in ranked)) if positions is not None else "",
                    dtype="float32",
                    note=found.note,
                    **scene.facts.get(system.label, {}),
                )
            )
    return made


def under(card: MetricCard) -> MetricCard:
    """The paired metric whose values a ranked one ranks, over the features that the ranked one names."""
    paired = registry.metric(card.over)
    return replace(paired, needs=card.needs or paired.needs)


def needs(card: MetricCard) -> tuple[Need, ...]:
    """The features that a metric reads, a ranked metric's through the one that it ranks."""
    return under(card).needs if card.kind == "ranked" else card.needs


def extractors(cards: Sequence[MetricCard]) -> list[str]:
    """Names of the extractors that the metrics need."""
    return sorted({need.extractor for card in cards for need in needs(card)})


def reads_corpus(card: MetricCard) -> bool:
    """Whether it compares with the user's corpus."""
    return any(need.side == "corpus" for need in card.needs)


def sign(card: MetricCard, scene: Scene, n: int) -> str:
    """The signature of a value over `n` clips."""
    names = {need.extractor for need in needs(card)}
    rates = {registry.extractor(name).rate_hz for name in names} - {0}
    seen = {registry.extractor(n.extractor).modality for n in needs(card) if n.side == "image"}
    frame = {"cond": "middleframe"} if scene.video and "image" in seen else {}
    corpus = {"corpus": scene.corpus} if reads_corpus(card) else {}
    return signature(
        card,
        n=n,
        reference=scene.split,
        extractors={name: scene.extractor_signature(name) for name in names},
        options={"sr": "+".join(map(str, sorted(rates)))} | (SOUND if rates else {}) | frame | corpus,
    )


def module_of(card: MetricCard) -> Any:
    """The module of a metric: `statistics` and `aggregate`."""
    return _module(card.module)


def function_of(card: MetricCard, name: str) -> Any:
    """`aggregate`, `replicates` or `plugin` of a metric, with its options; None where the module has none."""
    function = getattr(module_of(card), name, None)
    return function and partial(function, **card.aggregate_options)


@cache
def _module(name: str) -> Any:
    return registry.load(name)


def _features(scene: Scene, need: Need, system: str, example_id: str) -> NDArray[np.float32] | None:
    side = scene.outputs[system] if need.side == "generated" else scene.keys[need.side]
    key = side.get(example_id)
    return None if key is None else scene.feature(need.extractor, key, need.output)


def clip_rows(
    card: MetricCard, scene: Scene, system: str, wanted: Sequence[Need], examples: Sequence[Example]
) -> tuple[list[Example], Rows]:
    """The examples that have all the features, and their rows `[clips, ...]`; made a few clips at a time."""
    kept: list[Example] = []
    parts: list[Rows] = []
    for start in range(0, len(examples), LOADED):
        some = examples[start : start + LOADED]
        found = [[_features(scene, need, system, example.id) for need in wanted] for example in some]
        whole = [index for index, features in enumerate(found) if all(f is not None for f in features)]
        if whole:
            columns = [[found[index][place] for index in whole] for place in range(len(wanted))]
            parts.append(module_of(card).statistics(*columns, **card.options))
            kept += [some[index] for index in whole]
    return kept, stack(parts)


def _two_sets(card: MetricCard, scene: Scene, system: registry.System, examples: Sequence[Example]) -> _Value:
    (need,) = [need for need in card.needs if need.side == "generated"]
    (other,) = [need for need in card.needs if need.side != "generated"]
    against = halves(scene.examples)[1] if system.build.halves else examples
    if other.side == "corpus":
        against = [Example(id=name, group=name) for name in scene.keys["corpus"]]
    mine, rows = clip_rows(card, scene, system.label, [need], examples)
    theirs, references = clip_rows(card, scene, system.label, [other], against)
    groups, other_groups = [e.group for e in mine], [e.group for e in theirs]
    if short := _too_few(card, min(len(mine), len(theirs))):
        return _Value(n=len(mine), groups=len(set(groups)), note=short)
    value, many = two_sided(card, rows, references)
    least = getattr(module_of(card), "LEAST", -math.inf)
    low, high = bootstrap(
        value,
        groups,
        other_groups,
        many=many,
        paired=against is examples,
        replicates=REPLICATES.get(card.kind, DEFAULT_REPLICATES),
    )
    point = function_of(card, "aggregate")(rows, np.ones(len(rows)), references, np.ones(len(references)))
    return _Value(float(point), max(low, least), max(high, least), len(mine), len(set(groups)))


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
    card: MetricCard, scene: Scene, system: registry.System, examples: Sequence[Example], known: _Known
) -> _Value:
    if card.kind == "paired" and system.build.halves and any(n.side == "reference" for n in card.needs):
        return _Value(note="the halves of the reference are not paired")
    mine, rows = _clip_values(card, scene, system, examples, known)
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
    return _Value(float(value(np.ones(len(rows)))), low, high, len(rows), len(set(groups)), note)


def _too_few(card: MetricCard, n: int) -> str:
    return f"too few clips: {n}, needs {max(card.min_clips, 1)}" if n < max(card.min_clips, 1) else ""


def _clip_values(
    card: MetricCard, scene: Scene, system: registry.System, examples: Sequence[Example], known: _Known
) -> tuple[list[Example], Rows]:
    """`clip_rows` of a metric; one value a clip is kept, because ranked metrics ask for it again."""
    key = card.name, card.needs, system.label, tuple(example.id for example in examples)
    found = known.get(key) or clip_rows(card, scene, system.label, card.needs, examples)
    if found[1].ndim == 1:
        known[key] = found
    return found


def _positions(card: MetricCard, scene: Scene, systems: Sequence[registry.System], known: _Known) -> Rows:
    """Ranked rows `[examples, systems]` from the per-clip values of the metric underneath."""
    ranked_metric = under(card)
    place = {example.id: index for index, example in enumerate(scene.examples)}
    values = np.full((len(scene.examples), len(systems)), np.nan)
    for column, system in enumerate(systems):
        mine, rows = _clip_values(ranked_metric, scene, system, scene.examples, known)
        for example, row in zip(mine, rows, strict=True):
            values[place[example.id], column] = row
    if not ranked_metric.higher_is_better:
        values = -values
    ranked: Rows = module_of(card).statistics(values, **card.options) if len(systems) else values
    return ranked


def _ranked(card: MetricCard, column: Rows, scene: Scene, competitors: int) -> _Value:
    if competitors < 2:
        return _Value(note="a rank needs two systems or more; name others with --model")
    return _aggregate(card, column, [example.group for example in scene.examples])
