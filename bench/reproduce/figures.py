"""Published figures beside measured ones: which row answers which, and how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sightsound.bench.core import results
from sightsound.bench.core.results import Row
from sightsound.bench.reproduce.recipe import Recipe, Run


@dataclass(frozen=True)
class Figure:
    """One figure of a paper's table, and ours."""

    run: str
    """Run of the recipe that answers it; empty where none does."""
    system: str
    """System, as results/published.csv names it."""
    ours: str
    """What ran for it; empty where nothing did."""
    task: str
    """Task."""
    split: str
    """Split of the published row; what ours is over where there is a value."""
    metric: str
    """Our metric, or the published one where none answers it."""
    higher_is_better: bool
    """Direction."""
    published: float
    """The paper's figure."""
    published_n: int
    """Examples in it, 0 where the paper does not say."""
    value: float = math.nan
    """Ours; NaN where there is none, and `note` says why."""
    ci_low: float = math.nan
    """Lower end of our 95% interval over examples."""
    ci_high: float = math.nan
    """Upper end."""
    n: int = 0
    """Examples in ours."""
    n_failed: int = 0
    """Examples that should have been in ours and are not."""
    note: str = ""
    """Why there is no value, or what it says of itself."""
    evidence: str = ""
    """What is known of the published figure's definition."""

    @property
    def gap(self) -> float:
        """Ours less the paper's."""
        return self.value - self.published

    @property
    def gap_interval(self) -> tuple[float, float]:
        """Of the gap, by our interval alone: no paper gives one."""
        return self.ci_low - self.published, self.ci_high - self.published


Measured = Mapping[tuple[str, str, str], Row]
"""(run of the recipe, system as published, metric) -> the row; the system's own label is in it."""


def figures(
    recipe: Recipe, published: Sequence[Row], runs: Sequence[Run], measured: Measured, rated: Sequence[Row] = ()
) -> list[Figure]:
    """Every published figure of the table, in the order of results/published.csv, with ours where there is one.

    `rated`: rows of ratings, in which systems go by the names of Ratings.systems.
    """
    wanted = [row for row in published if row.run == recipe.published]
    return [_figure(recipe, row, runs, measured, rated) for row in wanted]


def answering(runs: Iterable[Run], row: Row) -> tuple[Run, str] | None:
    """The run that answers a published row, and our metric in it; None where none does."""
    for run in runs:
        if run.task != row.task or (run.of or run.split) != row.split or results.label(row) not in run.systems:
            continue
        for metric in run.metrics:
            if run.called.get(metric, metric) == row.metric:
                return run, metric
    return None


def reason(recipe: Recipe, row: Row) -> str:
    """Why nothing of a recipe answers a published row, as the recipe says; empty where it does not."""
    named = (f"{results.label(row)}/{row.metric}", row.metric)
    return next((recipe.without[name] for name in named if name in recipe.without), "")


def _figure(recipe: Recipe, row: Row, runs: Sequence[Run], measured: Measured, rated: Sequence[Row]) -> Figure:
    found = answering(runs, row)
    plain = Figure(
        run=found[0].name if found else "",
        system=results.label(row),
        ours=found[0].systems[results.label(row)] if found else "",
        task=row.task,
        split=row.split,
        metric=found[1] if found else row.metric,
        higher_is_better=row.higher_is_better,
        published=row.value,
        published_n=row.n,
        note=reason(recipe, row) or ("" if found else "no run of those that ran answers it"),
        evidence=row.note,
    )
    own = measured.get((plain.run, plain.system, plain.metric)) if found else _rating(recipe, row, rated)
    if own is None:
        return plain
    return Figure(
        **{
            **vars(plain),
            "ours": results.label(own),
            "split": own.split,
            "value": own.value,
            "ci_low": own.ci_low,
            "ci_high": own.ci_high,
            "n": own.n,
            "n_failed": own.n_failed,
            "note": own.note,
        }
    )


def _rating(recipe: Recipe, row: Row, rated: Sequence[Row]) -> Row | None:
    """The row of ratings that answers a published one."""
    if recipe.ratings is None:
        return None
    name = recipe.ratings.systems.get(results.label(row), results.label(row))
    return next((each for each in rated if each.metric == row.metric and results.label(each) == name), None)
