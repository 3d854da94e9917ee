"""Which system is the best under one metric, and whether that is shown: one rule for every table and page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sightsound.bench.core import labels

Record = Mapping[str, Any]
"""A row of the results."""


def top(rows: Mapping[str, Record]) -> frozenset[str]:
    """Of systems under test, name -> row of one metric, those with the best value.

    None where fewer than two have a value, where values are over other clips, definitions or competitors, where a
    system failed on an example, and for a check, which is passed or not.
    """
    there = {name: row for name, row in rows.items() if not math.isnan(row["value"])}
    kinds = {(row["n"], row["signature"], row["competitors"]) for row in there.values()}
    if len(there) < 2 or len(kinds) > 1 or any(row["n_failed"] for row in there.values()):
        return frozenset()
    first = next(iter(there.values()))
    if labels.quality(first["metric"]) == "check":
        return frozenset()
    best = (max if first["higher_is_better"] else min)(row["value"] for row in there.values())
    return frozenset(name for name, row in there.items() if row["value"] == best)


def clear(rows: Mapping[str, Record]) -> str:
    """The one system of `top` whose interval is clear of every other's; empty where there is none."""
    best = top(rows)
    if len(best) != 1:
        return ""
    (name,) = best
    sign = 1 if rows[name]["higher_is_better"] else -1
    nearest, _ = _ends(rows[name], sign)
    others = (row for other, row in rows.items() if other != name and not math.isnan(row["value"]))
    return name if all(_ends(row, sign)[1] < nearest for row in others) else ""


def _ends(row: Record, sign: int) -> tuple[float, float]:
    """Worse and better end of a row's interval on a scale where more is better; NaN is clear of nothing."""
    ends = sign * row["ci_low"], sign * row["ci_high"]
    return min(ends), max(ends)
