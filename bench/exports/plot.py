"""Plots of results: intervals by system, one metric against another, a value against the number of examples.

Only rows of one signature (but for n) are in one panel, as in the tables. What the axes say is read from the rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import show
from sightsound.bench.core import console, labels, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import definition
from sightsound.bench.exports import drawing, wording
from sightsound.bench.exports.select import base
from sightsound.bench.exports.sheets import Column, Sheet

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]
"""A row of the results."""
KINDS = ("forest", "against", "n")
"""Intervals by system; one metric against another; a value against n."""


def forest(sheet: Sheet, out: Path) -> None:
    """A panel a metric: every system's value with its 95% interval, reference rows in grey, the floor dashed."""
    figure, axes = drawing.panels(len(sheet.columns), height=0.9 + 0.24 * len(sheet.systems))
    order = list(reversed(sheet.systems))
    for place, column in zip(axes, sheet.columns, strict=True):
        for height, system in enumerate(order):
            cell = column.cells.get(system)
            if cell is not None and not math.isnan(cell.row["value"]):
                colour = drawing.REFERENCE if system in sheet.references else drawing.SYSTEM
                drawing.point(place, cell.row["value"], height, across=_ends(cell.row), colour=colour)
        _floor(place, column)
        place.set_ylim(-0.6, len(order) - 0.4)
        place.set_yticks(range(len(order)), [drawing.plain(name) for name in order])
        place.set_xlabel(_axis(column.metric, up=column.up, name=column.name))
        place.grid(axis="x", alpha=0.3)
    drawing.save(figure, out, f"{wording.title(sheet)}; 95% intervals")


def _floor(place: Any, column: Column) -> None:
    floors = {cell.row["floor"] for cell in column.cells.values() if not math.isnan(cell.row["floor"])}
    if len(floors) == 1:
        place.axvline(floors.pop(), color=drawing.REFERENCE, linestyle="--", linewidth=0.8)


def against(sheet: Sheet, x: str, y: str, out: Path) -> str:
    """Metric `y` over metric `x`, a labelled point with both intervals a system; returns what correlates.

    Correlations are over the systems under test alone. BenchError where fewer than two systems have both values.
    """
    ours, other = _column(sheet, x), _column(sheet, y)
    both = [
        name
        for name in sheet.systems
        if all(name in each.cells and not math.isnan(each.cells[name].row["value"]) for each in (ours, other))
    ]
    if len(both) < 2:
        raise BenchError(f"{x} against {y}: {len(both)} systems have both values; it takes two")
    figure, (place,) = drawing.panels(1, height=4.0)
    for name in both:
        across, up = ours.cells[name].row, other.cells[name].row
        colour = drawing.REFERENCE if name in sheet.references else drawing.SYSTEM
        drawing.point(place, across["value"], up["value"], across=_ends(across), up=_ends(up), colour=colour)
    place.set_xlabel(_axis(x, up=ours.up))
    place.set_ylabel(_axis(y, up=other.up))
    place.grid(alpha=0.3)
    values = {name: (ours.cells[name].row["value"], other.cells[name].row["value"]) for name in both}
    drawing.name_points(figure, place, values)
    tested = [name for name in both if name not in sheet.references]
    said = correlation([values[name] for name in tested])
    drawing.save(figure, out, f"{wording.title(sheet)}\n{said}")
    return said


def correlation(points: Sequence[tuple[float, float]]) -> str:
    """Pearson's and Spearman's coefficients with the number of systems; why there is none below three.

    >>> correlation([(1, 2), (2, 4), (3, 6.5)])
    "Pearson's r 1.00, Spearman's rho 1.00 over n = 3 systems"
    >>> correlation([(1, 2), (2, 4)])
    'no correlation: n = 2 systems under test, it takes 3'
    """
    import numpy as np
    from scipy.stats import rankdata

    if len(points) < 3:
        return f"no correlation: n = {len(points)} systems under test, it takes 3"
    values = np.asarray(points, dtype=np.float64).T
    if any(np.ptp(each) == 0 for each in values):
        return f"no correlation: all {len(points)} systems have the same value"
    pearson, spearman = (
        float(np.asarray(np.corrcoef(pair))[0, 1]) for pair in (values, [rankdata(each) for each in values])
    )
    return f"Pearson's r {pearson:.2f}, Spearman's rho {spearman:.2f} over n = {len(points)} systems"


def by_n(rows: pd.DataFrame, metric: str, out: Path) -> None:
    """A metric's values over the number of examples, a line a system, with intervals and the floor at each n.

    Rows of parts of one split (`--limit`, and the whole) are together. BenchError where no system has values at
    two numbers of examples under one signature.
    """
    wanted = rows[(rows["metric"] == metric) & rows["value"].notna() & (rows["n"] > 0)]
    lines: dict[tuple[str, str, str], list[Record]] = {}
    for row in console.records(wanted):
        whole = f"{base(row['split'])}@{row['split'].partition('@')[2]}, seed {row['seed']}"
        same = f"{_same(row['signature'])} {row['competitors']}"
        lines.setdefault((show.label(row), whole, same), []).append(row)
    lines = {key: mine for key, mine in lines.items() if len({row["n"] for row in mine}) > 1}
    if not lines:
        raise BenchError(
            f"{metric}: no system has values at two numbers of examples; add runs with another --limit by --run"
        )
    cards = registry.model_cards()
    figure, (place,) = drawing.panels(1, height=4.0)
    splits = {split for _, split, _ in lines}
    ends: dict[str, tuple[float, float]] = {}
    for index, ((system, split, _), mine) in enumerate(lines.items()):
        mine.sort(key=lambda row: row["n"])
        family = cards.get(mine[0]["model"])
        colour = drawing.REFERENCE if family is not None and family.reference else f"C{index % 10}"
        name = system if len(splits) == 1 else f"{system}, {split}"
        place.plot([row["n"] for row in mine], [row["value"] for row in mine], color=colour, linewidth=1)
        ends[name] = (mine[-1]["n"], mine[-1]["value"])
        for each in mine:
            drawing.point(place, each["n"], each["value"], up=_ends(each), colour=colour)
    floors = sorted({(each["n"], each["floor"]) for mine in lines.values() for each in mine})
    known = [(n, value) for n, value in floors if not math.isnan(value)]
    if known:
        place.plot(*zip(*known, strict=True), linestyle="--", color=drawing.REFERENCE, linewidth=0.8)
        ends["floor"] = known[-1]
    drawing.name_points(figure, place, ends)
    place.set_xlabel("examples in the value")
    place.set_ylabel(_axis(metric, up=bool(wanted["higher_is_better"].iloc[0])))
    place.grid(alpha=0.3)
    title = f"{labels.short(metric)} by the number of examples; 95% intervals"
    drawing.save(figure, out, f"{title}\n{splits.pop()}" if len(splits) == 1 else title)


def _same(signature: str) -> str:
    """The definition without the part and hash of the split: parts of one split are what is compared here."""
    return "|".join(part for part in definition(signature).split("|") if not part.startswith("ref:"))


def _column(sheet: Sheet, metric: str) -> Column:
    found = [column for column in sheet.columns if column.metric == metric]
    if len(found) != 1:
        why = "has no value here" if not found else "has values of several signatures; narrow it with --run"
        raise BenchError(f"{metric}: {why}")
    return found[0]


def _ends(row: Record) -> tuple[float, float] | None:
    return None if math.isnan(row["ci_low"]) else (row["ci_low"], row["ci_high"])


def _axis(metric: str, *, up: bool, name: str = "") -> str:
    return f"{drawing.plain(name or labels.short(metric))} {'↑' if up else '↓'}"
