"""Which examples are worth a look: the best, the worst, and those over which the metrics are of two minds.

For each metric with values by clip, a clip's standing is the share of all clips of systems under test that it
beats, ties half, from 0 to 1. Its standing overall is the mean over metrics, and its dispute is the largest
standing less the smallest: near 1 where one metric has the clip among the best and another among the worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sightsound.bench.boards.show import label
from sightsound.bench.core import results
from sightsound.bench.core.console import records
from sightsound.bench.site.columns import Column

LEFT_OUT = ("check", "speed")
"""Qualities that say whether a clip is sound at all, not how good it is."""


@dataclass(frozen=True)
class Clips:
    """Values by clip of one board."""

    systems: Sequence[str]
    """Labels."""
    examples: Sequence[str]
    """Ids."""
    columns: Sequence[Column]
    """The quantities that give clips values of their own."""
    values: Mapping[str, NDArray[np.float64]]
    """Column key -> `[systems, examples]`, NaN where there is none."""


@dataclass(frozen=True)
class Standing:
    """One clip among all of its board."""

    system: str
    """Label."""
    example: str
    """Id."""
    mean: float
    """Its standing overall, 0 to 1."""
    dispute: float
    """How far metrics differ over it, 0 to 1."""
    highest: str
    """Key of the column that has it highest; the first of equal ones."""
    lowest: str
    """The same for the lowest."""


def clips(
    scores: pd.DataFrame, columns: Sequence[Column], systems: Sequence[str], examples: Sequence[str]
) -> Clips:
    """The values of `scores` (those by clip) in the order of `systems` and `examples`; a value of a quantity that
    the board has no column for is left out."""
    keys = {
        (column.metric, results.definition(row["signature"]), str(row["competitors"])): column
        for column in columns
        for row in column.rows.values()
    }
    place = {name: at for at, name in enumerate(systems)}, {name: at for at, name in enumerate(examples)}
    found: dict[str, NDArray[np.float64]] = {}
    for (metric, definition, competitors), lines in scores.groupby(
        ["metric", "definition", "competitors"], sort=False
    ):
        column = keys.get((str(metric), str(definition), str(competitors)))
        if column is None:
            continue
        mine = found.setdefault(column.key, np.full((len(systems), len(examples)), np.nan))
        labels = [label(line) for line in records(lines[["model", "variant"]])]
        for system, example, value in zip(labels, lines["example"], lines["value"], strict=True):
            if system in place[0] and example in place[1]:
                mine[place[0][system], place[1][example]] = value
    return Clips(systems, examples, [column for column in columns if column.key in found], found)


def counts(column: Column) -> bool:
    """Whether a quantity has a part in standings: no check, and no rank among systems."""
    return column.quality not in LEFT_OUT and not any(row["competitors"] for row in column.rows.values())


def standings(of: Clips, tested: Iterable[str]) -> list[Standing]:
    """Every clip of the systems `tested` that has values under two metrics or more; under one where there is one.

    Ranks among systems, checks, and metrics that say the same of all clips, do not count.
    """
    rows = [at for at, name in enumerate(of.systems) if name in set(tested)]
    used = [column for column in of.columns if counts(column)]
    shares = {column.key: _shares(of.values[column.key][rows], up=column.higher_is_better) for column in used}
    shares = {
        key: found for key, found in shares.items() if np.nanmin(found, initial=2) < np.nanmax(found, initial=-1)
    }
    if not shares:
        return []
    keys, stack = list(shares), np.stack(list(shares.values()))
    known = np.isfinite(stack).sum(axis=0)
    found = []
    for at, example in np.argwhere(known >= min(2, len(keys))):
        own = stack[:, at, example]
        high, low = int(np.nanargmax(own)), int(np.nanargmin(own))
        found.append(
            Standing(
                system=of.systems[rows[at]],
                example=of.examples[example],
                mean=float(np.nanmean(own)),
                dispute=float(own[high] - own[low]),
                highest=keys[high],
                lowest=keys[low],
            )
        )
    return found


def best(found: Sequence[Standing], count: int) -> list[Standing]:
    """The clips of the highest standing, one an example."""
    return _first(sorted(found, key=lambda each: (-each.mean, each.example, each.system)), count)


def worst(found: Sequence[Standing], count: int) -> list[Standing]:
    """The clips of the lowest standing, one an example."""
    return _first(sorted(found, key=lambda each: (each.mean, each.example, each.system)), count)


def disputed(found: Sequence[Standing], count: int) -> list[Standing]:
    """The clips over which metrics differ most, one an example; none where a single metric speaks."""
    ordered = sorted(found, key=lambda each: (-each.dispute, each.example, each.system))
    return _first([each for each in ordered if each.dispute > 0], count)


def _first(ordered: Sequence[Standing], count: int) -> list[Standing]:
    chosen: dict[str, Standing] = {}
    for each in ordered:
        chosen.setdefault(each.example, each)
    return list(chosen.values())[:count]


def _shares(values: NDArray[np.float64], *, up: bool) -> NDArray[np.float64]:
    """The share of values that each one beats, ties half; NaN where there is none."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    shares = np.full(values.shape, np.nan)
    if known.sum() > 1:
        ranks = rankdata(values[known] if up else -values[known])
        shares[known] = (ranks - 1) / (known.sum() - 1)
    return shares
