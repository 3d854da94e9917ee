"""Answers become rows: a value a question and system, with an interval over raters and examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from sightsound.bench.ratings.answers import Answer
from sightsound.bench.ratings.questionnaire import Questionnaire
from sightsound.bench.stages.reading import module_of
from sightsound.metrics.card import MetricCard
from sightsound.metrics.signature import signature
from sightsound.metrics.statistics import crossed
from sightsound.metrics.statistics.interval import LEAST_GROUPS
from sightsound.metrics.statistics.parts import effective_count


@dataclass(frozen=True)
class About:
    """What the answers are about."""

    run: str
    """Name for the rows' column `run`."""
    task: str
    """Task."""
    split: str
    """Label of the split."""
    seed: int = 0
    """Of the run that made the outputs."""
    examples: Mapping[str, frozenset[str]] | None = None
    """System -> ids that it answered; None where no run was named."""


def make(answers: Sequence[Answer], asked: Questionnaire, about: About) -> list[Row]:
    """One row a question, system and, of choices, system that it was held against; sorted by them.

    BenchError for a system or an example that the run does not have.
    """
    _known(answers, about)
    groups: dict[tuple[str, str, str], list[Answer]] = defaultdict(list)
    for each in answers:
        groups[each.question.metric, each.system, each.other].append(each)
    return [_row(own, asked, about) for _, own in sorted(groups.items())]


def _known(answers: Sequence[Answer], about: About) -> None:
    if about.examples is None:
        return
    for each in answers:
        if each.system not in about.examples:
            raise BenchError(
                f"line {each.line}: {about.run} has no system {each.system!r}; it has {', '.join(about.examples)}"
            )
        if each.example not in about.examples[each.system]:
            raise BenchError(f"line {each.line}: {each.system} has no output for {each.example!r} in {about.run}")


def _row(answers: Sequence[Answer], asked: Questionnaire, about: About) -> Row:
    first = answers[0]
    card = first.question.card
    raters, examples = [each.rater for each in answers], [each.example for each in answers]
    values = _rows(card, answers)
    times = float(card.aggregate_options.get("times", "1"))
    found = crossed.estimate(values, raters, examples)
    least, most = (times * float(card.options[end]) for end in ("least", "most"))
    model, _, variant = first.system.partition(":")
    few = {"raters": effective_count(raters), "examples": effective_count(examples)}
    count = len(set(examples))
    told = f"raters: {len(set(raters))}, ratings: {len(answers)}"
    if min(few.values()) < LEAST_GROUPS:
        what = min(few, key=lambda name: few[name])
        told += f"; no interval: {few[what]:.1f} {what} in effect are too few"
    options = {"q": f"{asked.name}@{asked.digest}"} if asked.name else {}
    return Row(
        run=about.run,
        model=model,
        variant=variant,
        task=about.task,
        split=about.split,
        metric=card.name,
        value=times * found.value,
        ci_low=float(np.clip(times * found.low, least, most)),
        ci_high=float(np.clip(times * found.high, least, most)),
        n=count,
        group_n=min(len(set(raters)), count),
        group_effective=round(min(few.values()), 2),
        higher_is_better=card.higher_is_better,
        signature=signature(card, n=count, reference=about.split, extractors={}, options=options),
        competitors=" ".join(sorted((first.system, first.other))) if first.other else "",
        seed=about.seed,
        note=told,
    )


def _rows(card: MetricCard, answers: Sequence[Answer]) -> np.ndarray:
    return np.asarray(module_of(card).statistics([each.value for each in answers], **card.options))
