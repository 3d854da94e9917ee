"""What a split can show: how many examples a difference takes, from values by example of runs on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, isfinite, isnan, nan, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.core import registry, results, scores
from sightsound.bench.core.console import number
from sightsound.bench.core.errors import BenchError
from sightsound.metrics.statistics import power as statistics
from sightsound.metrics.statistics.difference import paired
from sightsound.metrics.statistics.interval import LEAST_GROUPS
from sightsound.metrics.statistics.parts import Parts
from sightsound.metrics.statistics.seeds import over_seeds

if TYPE_CHECKING:
    import pandas as pd

RELATIVE = 0.1  # of the value: what is asked for unless a difference is named


@dataclass(frozen=True)
class Plan:
    """What it takes to tell two systems apart."""

    a: str
    """`family:variant`."""
    b: str
    """The other system; empty where the runs have one alone."""
    value_a: float
    """a's value on the common examples."""
    value_b: float
    """b's."""
    difference: float
    """The true difference that is to be shown, in the metric's unit."""
    examples: int
    """Common examples."""
    groups: int
    """Their independent groups."""
    effective: float
    """How many groups of one size would say as much."""
    spread: float
    """Standard deviation of the groups' mean differences."""
    between: float
    """Standard deviation of what groups add to the difference."""
    within: float
    """Standard deviation of the difference within a group; NaN where no group has two examples."""
    detectable: float
    """The smallest true difference that is found in 80% of such experiments; NaN where nothing can be shown."""
    examples_needed: float
    """Examples for a power of 80%, in groups of the sizes that there are."""
    groups_needed: float
    """Their groups."""
    examples_alone: float
    """Examples for the same with one a group; NaN where that cannot be told."""


def plans(
    task: str,
    split: str,
    metric: str,
    *,
    difference: float | None = None,
    relative: float | None = None,
    runs: Sequence[Path] = (),
) -> list[Plan]:
    """A plan for every pair of the systems under test, or for one system alone.

    `difference`: in the metric's unit; else `relative`, a share of the pair's mean value. `runs`: run folders;
    without, the published values. A system's runs are its seeds, and as many of each are planned for. Raises
    BenchError where both are named or not above 0, where there are no such values, or where they do not let the
    variances be told.
    """
    if difference is not None and relative is not None:
        raise BenchError("--difference and --relative say the same in two ways; name one")
    if not (wanted := relative or RELATIVE if difference is None else difference) > 0 or not isfinite(wanted):
        raise BenchError(f"{wanted:g} is no difference to look for; name one above 0")
    systems = _systems(task, split, metric, runs)
    couples = list(combinations(systems, 2)) or [(name, "") for name in systems]
    return [_plan(a, b, systems, metric, split, difference, wanted) for a, b in couples]


def _plan(
    a: str, b: str, systems: Mapping[str, Parts], metric: str, split: str, difference: float | None, wanted: float
) -> Plan:
    mine, other = systems[a], systems.get(b)
    apart = mine
    if other is not None:
        theirs = set(other.names)
        mine = mine.take([name for name in mine.names if name in theirs])
        try:
            apart = paired(mine, other)
        except ValueError as error:
            raise BenchError(f"{metric} on {split}: {a} and {b}: {error}") from error
        other = other.take(mine.names)
    values = mine.value, nan if other is None else other.value
    if difference is None:
        mean = values[0] if other is None else sum(values) / 2
        if isnan(mean) or mean == 0:
            raise BenchError(f"{metric} on {split}: the value of {a} is {mean:g}; name a --difference")
        difference = wanted * abs(mean)
    try:
        found = statistics.components(apart)
    except ValueError as error:
        raise BenchError(f"{metric} on {split}: {error}") from error
    if other is None:  # against another such system, as if what is hard for one were not hard for the other
        found = replace(found, between=2 * found.between, within=2 * found.within)
    alone = statistics.one_each(found)
    return Plan(
        a=a,
        b=b,
        value_a=values[0],
        value_b=values[1],
        difference=difference,
        examples=round(found.examples),
        groups=len(found.sizes),
        effective=round(found.effective, 2),
        spread=_spread(apart) * (sqrt(2) if other is None else 1),
        between=sqrt(found.between),
        within=sqrt(found.within),
        detectable=statistics.detectable(found),
        examples_needed=statistics.examples_needed(found, difference),
        groups_needed=statistics.groups_needed(found, difference),
        examples_alone=statistics.examples_needed(alone, difference),
    )


def _spread(parts: Parts) -> float:
    import numpy as np

    _, place = np.unique(np.asarray(parts.groups), return_inverse=True)
    means = np.bincount(place, weights=parts.weights * parts.values) / np.bincount(place, weights=parts.weights)
    return float(np.std(means, ddof=1))


def _systems(task: str, split: str, metric: str, runs: Sequence[Path]) -> dict[str, Parts]:
    """Each system under test with its values by example, the mean over its seeds."""
    import pandas as pd

    card = registry.metric(metric)
    files = [run / scores.NAME for run in runs] or [scores.beside(results.default("measured.csv"))]
    if missing := [file for file in files if not file.is_file()]:
        raise BenchError(f"{missing[0]}: not here; name scored run folders with --run")
    table = pd.concat([scores.read(file) for file in files], ignore_index=True)
    own = table["split"].str.extract(r"^([^@\[]*)", expand=False) == split
    chosen = table[(table["task"] == task) & own & (table["metric"] == metric) & (table["model"] != "reference")]
    if chosen.empty:
        there = sorted(set(table[(table["task"] == task) & own]["metric"]))
        known = f"; there are {', '.join(there)}" if there else ""
        raise BenchError(f"{files[0]}: has no values by example of {metric} for {task} on {split}{known}")
    chosen = scores.fullest(_one_version(chosen, files[0]))
    found: dict[str, list[Parts]] = {}
    sides = 2 if card.kind == "two_sets" else 1  # a part of a distance counts its references too
    for key, parts in scores.parts(chosen).items():
        label = f"{key[0]}:{key[1]}".rstrip(":")
        found.setdefault(label, []).append(replace(parts, weights=parts.weights / sides))
    return {label: over_seeds(several).parts for label, several in sorted(found.items())}


def _one_version(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """The values, if they are all of one state of the split and one version of the metric."""
    for column in ("split", "definition", "competitors"):
        if len(kinds := sorted(set(table[column]))) > 1:
            raise BenchError(
                f"{file}: values of several kinds, {kinds[0]} and {kinds[1]}; name runs of one with --run"
            )
    return table


def sentence(found: Sequence[Plan], split: str) -> str:
    """What the plans come to, in plain words."""
    first = min(found, key=lambda plan: plan.effective)
    size = f"At {first.examples} examples of {first.groups} groups (in effect {first.effective:.1f}) of {split}"
    if isnan(first.detectable):
        can = f"nothing can be shown, it takes {LEAST_GROUPS:g} groups in effect"
    else:
        can = f"the smallest difference that can be shown is {_range(plan.detectable for plan in found)}"
    asked = f"{_range(plan.difference for plan in found)} ({_range(map(_share, found))}% of the value)"
    alone = [plan.examples_alone for plan in found if not isnan(plan.examples_alone)]
    if alone:
        takes = f"{_range(alone, count=True)} examples with as many groups"
    else:
        takes = f"{_range((plan.groups_needed for plan in found), count=True)} groups"
    return f"{size} {can}; a difference of {asked} takes about {takes}."


def _share(plan: Plan) -> float:
    """The difference in percent of the value."""
    value = plan.value_a if isnan(plan.value_b) else (plan.value_a + plan.value_b) / 2
    return float(round(100 * plan.difference / abs(value))) if value else inf


def _range(values: Iterable[float], *, count: bool = False) -> str:
    ordered = sorted(values)
    ends = dict.fromkeys(_count(end) if count else number(end, 2) for end in (ordered[0], ordered[-1]))
    return " to ".join(ends)


def _count(value: float) -> str:
    return "over a billion" if value == inf else f"{value:.0f}"


def assumed(found: Sequence[Plan]) -> str:
    """What the plans take for granted."""
    parts = ["that groups differ, and examples within a group, as much as those of these runs"]
    if any(plan.effective < LEAST_GROUPS for plan in found):
        parts.append("known from few groups, so roughly")
    if any(not plan.b for plan in found):
        parts.append("another system that varies as much and independently: two on the same examples take fewer")
    if any(isnan(plan.within) and plan.examples > plan.groups for plan in found):
        parts.append("groups as large as these, for their values are not known one by one")
    return f"Assumed: {'; '.join(parts)}."


def lines(found: Sequence[Plan]) -> list[tuple[str, ...]]:
    """The plans as a table's cells."""
    return [
        (
            plan.a,
            plan.b or "another such",
            number(plan.value_a),
            number(plan.value_b),
            number(plan.spread, 2),
            number(plan.between, 2),
            number(plan.within, 2),
            number(plan.detectable, 2),
            number(plan.difference, 2),
            f"{_count(plan.examples_needed)} of {_count(plan.groups_needed)}",
            number(nan) if isnan(plan.examples_alone) else _count(plan.examples_alone),
        )
        for plan in found
    ]


HEAD = (
    *("a", "b", "value a", "value b", "sd of groups", "between", "within", "shown now", "asked"),
    *("examples of groups", "one a group"),
)
