"""Published figures beside measured ones: which row answers which, and how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sightsound.bench.core import results
from sightsound.bench.core.results import Row
from sightsound.bench.reproduce.recipe import Recipe, Run

RATINGS = "ratings"
"""In the place of a run's name, where raters answer a figure."""


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
    """Split of ours; of a figure that nothing answers, of the published row."""
    metric: str
    """Our metric; of a figure that nothing answers, the published one."""
    higher_is_better: bool
    """Direction."""
    competitors: str = ""
    """Published ranks and preferences: the systems compared."""
    published: float = math.nan
    """The paper's figure; NaN for a value of ours that the paper does not have."""
    published_n: int = 0
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
    apart: str = ""
    """Codes of why the published figure stands apart, see docs/published.md."""
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
    """What each run gives, with the published figure that it answers, then what raters answered, then the figures
    that none of these answers.

    `published`: rows of results/published.csv; `rated`: rows of ratings, whose systems go by Ratings.systems.
    """
    rows = [row for row in published if row.run == recipe.published]
    found = [figure for run in runs for figure in _of_run(run, rows, measured)]
    for row in rows:
        if recipe.ratings is not None and asked(recipe, row):
            found.append(_rated(recipe, row, rated))
        elif not any(answers(run, row) for run in runs):
            found.append(_unanswered(recipe, row))
    return found


def answers(run: Run, row: Row) -> str:
    """Our metric by which a run answers a published row; empty where it does not."""
    asks = (run.of_task or run.task, run.of or run.split)
    if asks != (row.task, row.split) or results.label(row) not in run.systems:
        return ""
    return next((metric for metric in run.metrics if run.called.get(metric, metric) == row.metric), "")


def asked(recipe: Recipe, row: Row) -> bool:
    """Whether a published row is what raters answered to a question of the recipe."""
    return recipe.ratings is not None and row.metric in {each.metric for each in recipe.ratings.asked.questions}


def reason(recipe: Recipe, row: Row) -> str:
    """Why nothing of a recipe answers a published row, as the recipe says; empty where it does not."""
    named = (f"{results.label(row)}/{row.metric}", row.metric)
    return next((recipe.without[name] for name in named if name in recipe.without), "")


def _of_run(run: Run, rows: Sequence[Row], measured: Measured) -> Iterator[Figure]:
    for system in run.systems:
        for metric in run.metrics:
            theirs = next((r for r in rows if results.label(r) == system and answers(run, r) == metric), None)
            ours = measured.get((run.name, system, metric))
            plain = Figure(
                run=run.name,
                system=system,
                ours=results.label(ours) if ours else run.systems[system],
                task=run.task,
                split=ours.split if ours else run.split,
                metric=metric,
                higher_is_better=ours.higher_is_better if ours else theirs is None or theirs.higher_is_better,
                note="" if ours else "it did not run",
            )
            yield _with(plain, theirs, ours)


def _with(figure: Figure, theirs: Row | None, ours: Row | None) -> Figure:
    if theirs is not None:
        figure = replace(
            figure,
            competitors=theirs.competitors,
            published=theirs.value,
            published_n=theirs.n,
            apart=theirs.apart,
            evidence=theirs.note,
        )
    if ours is None:
        return figure
    return replace(
        figure,
        value=ours.value,
        ci_low=ours.ci_low,
        ci_high=ours.ci_high,
        n=ours.n,
        n_failed=ours.n_failed,
        note=ours.note,
    )


def _rated(recipe: Recipe, row: Row, rated: Sequence[Row]) -> Figure:
    """A published rating beside the one in the file of ratings."""
    assert recipe.ratings is not None
    name = recipe.ratings.systems.get(results.label(row), results.label(row))
    found = [each for each in rated if each.metric == row.metric and results.label(each) == name]
    if row.competitors:
        among = sorted(recipe.ratings.systems.get(other, other) for other in row.competitors.split())
        found = [each for each in found if sorted(each.competitors.split()) in ([], among)]
    ours = found[0] if found else None
    plain = Figure(
        run=RATINGS,
        system=results.label(row),
        ours=name if ours else "",
        task=row.task,
        split=row.split,
        metric=row.metric,
        higher_is_better=row.higher_is_better,
        note="" if ours else "no answers of raters were given (--ratings)",
    )
    return _with(plain, row, ours)


def _unanswered(recipe: Recipe, row: Row) -> Figure:
    plain = Figure(
        run="",
        system=results.label(row),
        ours="",
        task=row.task,
        split=row.split,
        metric=row.metric,
        higher_is_better=row.higher_is_better,
        note=reason(recipe, row) or "no run of those that ran answers it",
    )
    return _with(plain, row, None)
