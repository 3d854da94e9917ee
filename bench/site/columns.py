"""The columns of a board: rows that may be ranked together, with what the boards' rule says of ties."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightsound.bench.boards import best, ties
from sightsound.bench.boards.cells import label
from sightsound.bench.boards.structure import is_reference
from sightsound.bench.core import labels, results
from sightsound.bench.site import speed
from sightsound.metrics.signature import differs
from sightsound.metrics.statistics.parts import Parts

Record = Mapping[str, Any]
"""A row of the results."""


@dataclass(frozen=True)
class Column:
    """One quantity: a metric, a signature but for n, and, of a rank, one set of competitors."""

    key: str
    """The metric's name, with `~2` and so on behind it where the board has several quantities of that name."""
    metric: str
    """Metric name."""
    short: str
    """What people call it."""
    quality: str
    """Which group it stands in, see `labels.QUALITIES`."""
    other: str
    """In what its signature differs from that of the first column of its metric; empty for that one."""
    rows: Mapping[str, Record]
    """System -> its row."""
    higher_is_better: bool
    """Direction."""
    letters: Mapping[str, str]
    """System -> letters of its tie groups."""
    detectable: float
    """The smallest true difference that this n shows in 80% of experiments; NaN where nothing says."""
    best: frozenset[str]
    """Systems under test with the best value; none that failed on an example, and none of a check."""
    clear: bool
    """Whether there is one such system and its interval is clear of that of every other one under test."""

    @property
    def floor(self) -> float:
        """Of a distance: what two sets of the reference's own source would give, at the most clips; else NaN."""
        known = [row for row in self.rows.values() if not math.isnan(row["floor"])]
        return float(max(known, key=lambda row: row["n"])["floor"]) if known else math.nan


def columns(rows: Sequence[Record], parts: Mapping[tuple[Any, ...], Parts]) -> list[Column]:
    """The columns of one board in the order in which tables have them."""
    groups: dict[str, dict[tuple[str, str], list[Record]]] = {}
    for row in [*rows, *speed.rows(rows)]:
        kind = results.definition(row["signature"]), str(row["competitors"])
        groups.setdefault(row["metric"], {}).setdefault(kind, []).append(row)
    kinds = [
        (metric, kind, number, mine)
        for metric in labels.in_order(sorted(groups))
        # the quantity that most systems have is the one of the metric's plain name
        for number, (kind, mine) in enumerate(sorted(groups[metric].items(), key=lambda i: (-len(i[1]), i[0])), 1)
    ]
    judged = [ties.columns(mine, parts)[metric] for metric, _, _, mine in kinds]
    found: list[Column] = []
    first: dict[str, tuple[str, str]] = {}
    for (metric, kind, number, mine), column, p in zip(kinds, judged, ties.corrected(judged), strict=True):
        first.setdefault(metric, kind)
        tested = {label(row): row for row in mine if not is_reference(row["model"])}
        top = best.top(tested)
        found.append(
            Column(
                key=metric if number == 1 else f"{metric}~{number}",
                metric=metric,
                short=labels.short(metric),
                quality=labels.quality(metric),
                other=_other(first[metric], kind) if number > 1 else "",
                rows={label(row): row for row in mine},
                higher_is_better=column.higher_is_better,
                letters=ties.letters(column, p),
                detectable=ties.detectable(column),
                best=top,
                clear=bool(best.clear(tested)),
            )
        )
    return found


def _other(first: tuple[str, str], kind: tuple[str, str]) -> str:
    said = differs(first[0], kind[0])
    if first[1] != kind[1]:
        said.append(f"competitors: {first[1] or '-'} != {kind[1] or '-'}")
    return "; ".join(said)
