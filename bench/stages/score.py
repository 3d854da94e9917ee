"""The third stage: rows of values from stored features. No file and no network is touched here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from sightsound.bench.core import registry, remarks, scores
from sightsound.bench.core.results import Row
from sightsound.bench.core.scores import Scores
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Report
from sightsound.bench.stages import two_sets, values
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.reading import module_of, needs, of_examples, sign
from sightsound.bench.stages.scope import scope
from sightsound.bench.stages.values import Value
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.statistics.interval import LEAST_GROUPS, Estimate, estimate
from sightsound.metrics.statistics.parts import effective_count

INFINITE = "the value is infinite"
NO_VALUE = "the metric has no value for these clips"


@dataclass(frozen=True)
class Scored:
    """What scoring gives."""

    rows: list[Row]
    """One a metric and system."""
    scores: list[Scores]
    """What the values are means of."""


@known(networks=False)
def score(
    stored: FeatureSet,
    systems: Sequence[registry.System],
    cards: Sequence[MetricCard],
    task: str,
    report: Report = lambda what, done, total: None,
) -> Scored:
    """One row a metric and system. A value that cannot be had is NaN and its row's note says why."""
    with threadpool_limits(1, user_api="blas"):  # many small decompositions: threads cost more than they give
        return _score(stored, systems, cards, task, report)


def _score(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str, report: Report
) -> Scored:
    made = Scored([], [])
    known, distances = values.Known(), two_sets.Known()
    inputs = {example.id: example.input_group for example in stored.examples}
    total = sum(card.kind != "ranked" or not each.card.reference for card in cards for each in systems)
    for card in cards:
        report("scores and intervals", len(made.rows), total)
        unsaid = {each.label: reason for each in systems if (reason := stored.unsaid(needs(card), each.label))}
        ranked = [each for each in systems if not each.card.reference and each.label not in unsaid]
        positions = values.positions(card, stored, ranked, known) if card.kind == "ranked" else None
        for system in systems:
            if positions is not None and system.card.reference:
                continue
            examples = scope(system, stored.examples, stored.only)
            applies = [] if system.label in unsaid else examples
            lost = stored.lost(_own_needs(card, system, stored), system.label, applies)
            there = [example for example in examples if example.id not in lost]
            try:
                if system.label in unsaid:
                    found = Value(note=unsaid[system.label])
                elif positions is not None:
                    found = values.of_ranks(card, positions[:, ranked.index(system)], stored, len(ranked))
                elif card.kind == "two_sets":
                    found = two_sets.of_sets(card, stored, system, there, distances)
                else:
                    found = values.of_clips(card, stored, system, there, known)
            except ValueError as error:  # what the metric's functions say of features they cannot take
                found = Value(note=" ".join(str(error).split()))
            sure = estimate(found.parts) if found.parts and values.covers(card) else Estimate(found.value)
            if math.isinf(found.value):
                found, sure = Value(clips=found.clips, note=INFINITE), Estimate(math.nan)
            row = _row(
                card,
                stored,
                system,
                found,
                sure,
                task=task,
                lost=lost,
                missing=_missing(card, stored),
                count=len(examples),
                competitors=" ".join(sorted(s.label for s in ranked)) if positions is not None else "",
                least=module_of(card).least(len(ranked), **card.options) if _has_least(card) else -math.inf,
            )
            made.rows.append(row)
            made.scores.extend(scores.of(row, found.parts, inputs, by_clip=found.by_clip))
            report("scores and intervals", len(made.rows), total)
    return made


def _has_least(card: MetricCard) -> bool:
    return card.kind == "ranked" and hasattr(module_of(card), "least")


def _row(
    card: MetricCard,
    stored: FeatureSet,
    system: registry.System,
    found: Value,
    sure: Estimate,
    *,
    task: str,
    lost: Mapping[str, str],
    missing: Mapping[str, str],
    count: int,
    competitors: str,
    least: float,
) -> Row:
    groups = [example.group for example in found.clips]
    why = NO_VALUE if math.isnan(found.value) and not (found.note or lost or missing) else ""
    notes = (found.note, why, _no_interval(card, found, groups, stored), _nothing(card, found, sure))
    return Row(
        model=system.card.name,
        variant=system.label.partition(":")[2],
        task=task,
        split=stored.split,
        metric=card.name,
        value=found.value,
        ci_low=_within(sure.low, max(card.low, least), card.high),
        ci_high=_within(sure.high, max(card.low, least), card.high),
        n=len(found.clips),
        n_failed=len(lost) + len(missing),
        group_n=len(set(groups)),
        group_effective=round(effective_count(groups), 2) if groups else 0.0,
        floor=found.floor,
        higher_is_better=card.higher_is_better,
        signature=sign(card, stored, len(found.clips)),
        competitors=competitors,
        dtype="float32",
        note=_note(notes, lost, missing, count, stored.remarks.get(system.label, "")),
        **stored.facts.get(system.label, {}),
    )


def _within(end: float, least: float, most: float) -> float:
    """The end of an interval within the metric's range; NaN stays."""
    return end if math.isnan(end) else min(max(end, least), most)


def _own_needs(card: MetricCard, system: registry.System, stored: FeatureSet) -> tuple[Need, ...]:
    return of_examples(card, against=stored.against is not None, halves=system.build.halves)


def _missing(card: MetricCard, stored: FeatureSet) -> Mapping[str, str]:
    """The references of another set that a distance to it lacks, by id: why."""
    if stored.against is None or card.kind != "two_sets":
        return {}
    (need,) = (need for need in card.needs if need.side != "generated")
    return stored.lost_against(need) if need.side == "reference" else {}


def _note(
    notes: Sequence[str], lost: Mapping[str, str], missing: Mapping[str, str], count: int, remark: str
) -> str:
    """What is to be said of a row: failures first, the commonest reason with them."""
    failed = f"{len(lost)} of {count} failed: {_commonest(lost)}" if lost else ""
    unread = f"{len(missing)} references failed: {_commonest(missing)}" if missing else ""
    return "; ".join(filter(None, (failed, unread, *notes, remark)))


def _commonest(lost: Mapping[str, str]) -> str:
    (reason, _), *others = Counter(lost.values()).most_common()
    return f"{reason}{' and other reasons' if others else ''}"


def _no_interval(card: MetricCard, found: Value, groups: Sequence[str], stored: FeatureSet) -> str:
    """Why there is no interval; empty where there is one or where there is no value either."""
    if math.isnan(found.value):
        return ""
    if not values.covers(card):
        return remarks.NOT_COVERED
    sides = [groups]
    if stored.against is not None and card.kind == "two_sets":
        sides.append([example.group for example in stored.against.examples])
    least = min(sides, key=effective_count)
    if (effective := effective_count(least)) < LEAST_GROUPS:
        return remarks.too_few(len(least), len(set(least)), effective, LEAST_GROUPS)
    return ""


def _nothing(card: MetricCard, found: Value, sure: Estimate) -> str:
    """What is said of a distance that shows no difference from the reference's source."""
    if card.kind != "two_sets" or card.higher_is_better or math.isnan(found.value):
        return ""
    if not math.isnan(found.floor):
        low = found.value if math.isnan(sure.low) else sure.low
        return f"{remarks.NOT_APART} its floor" if low <= found.floor else ""
    unbiased = card.low < 0
    if unbiased and (found.value <= 0 or sure.low <= 0):
        return f"{remarks.NOT_APART} 0"
    return ""


def failures(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard]
) -> list[dict[str, str]]:
    """Every example that a metric could not score: system, example, metrics, reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for system in systems:
        examples = scope(system, stored.examples, stored.only)
        for card in cards:
            if (card.kind == "ranked" and system.card.reference) or stored.unsaid(needs(card), system.label):
                continue
            lost = stored.lost(_own_needs(card, system, stored), system.label, examples)
            for example, reason in (lost | dict(_missing(card, stored))).items():
                found.setdefault((system.label, example, reason), []).append(card.name)
    return [
        {"system": system, "example": example, "reason": reason, "metrics": " ".join(names)}
        for (system, example, reason), names in sorted(found.items())
    ]
