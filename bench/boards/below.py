"""What stands below a table: a line a remark, and what all values have in common said once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.boards import scope
from sightsound.bench.boards.cells import NOT_APART, label, measured_by
from sightsound.bench.core import remarks
from sightsound.bench.review.warnings import PAGE, ReviewWarning
from sightsound.metrics.statistics.interval import LEAST_GROUPS

Record = Mapping[str, Any]
"""A row of the results."""


def lines(rows: Sequence[Record]) -> list[str]:
    """What is to be said of these rows below their table, each line once; what its sentence says
    (bench/boards/scope.py) is not said again."""
    return [*others(rows), *_by_remark(rows), *_certainty(rows)]


def others(rows: Sequence[Record]) -> list[str]:
    """A line a system that others measured and handed in, with their names and how far it was computed again."""
    by_system: dict[str, list[Record]] = {}
    for row in rows:
        by_system.setdefault(label(row), []).append(row)
    said = {name: measured_by(mine) for name, mine in sorted(by_system.items())}
    return [f"{name} was measured by others ({by}; docs/submitting.md)" for name, by in said.items() if by]


def warnings(found: Sequence[ReviewWarning]) -> list[str]:
    """A line a warning, and where they are explained."""
    return [f"warning: {each}" for each in found] + ([f"warnings are explained in {PAGE}"] if found else [])


def warned(row: Record, found: Sequence[ReviewWarning]) -> list[dict[str, str]]:
    """The warnings that a row has the codes of, with their sentences."""
    codes = set(row["warnings"].split())
    return [
        {"code": each.code, "text": each.text}
        for each in found
        if each.code in codes and each.system in ("", label(row))
    ]


def certainty(rows: Sequence[Record]) -> list[str]:
    """Why values have no interval, and what the mark of a distance means; a line each, where there is a case."""
    return [line for line in (scope.nothing(rows), *_certainty(rows)) if line]


def _certainty(rows: Sequence[Record]) -> list[str]:
    found = [_few_groups(rows), _not_covered(rows)]
    if any(remarks.NOT_APART in row["note"] for row in rows):
        found.append(
            f"{NOT_APART} {remarks.NOT_APART} 0, or from the floor: what two sets of the reference's own source "
            "would give"
        )
    return [line for line in found if line]


def _by_remark(rows: Sequence[Record]) -> list[str]:
    """Remarks of single values, with whom they concern; what concerns a system is said once."""
    said: dict[str, dict[str, None]] = {}  # remark -> whom it concerns, each once
    for row in rows:
        if remark := remarks.others(row["note"]):
            of_system = " failed: " in remark or "its code opened" in remark
            said.setdefault(remark, {})[label(row) if of_system else row["metric"]] = None
    return sorted(f"{', '.join(whom)}: {remark}" for remark, whom in said.items())


def _few_groups(rows: Sequence[Record]) -> str:
    """One line for the values whose groups are too few, where others have an interval: they differ by n only.

    Where none has, the sentence below the table says it (bench/boards/scope.py)."""
    valued = [row for row in rows if not math.isnan(row["value"]) and remarks.NOT_COVERED not in row["note"]]
    few = [row for row in valued if remarks.TOO_FEW.search(row["note"])]
    if not few or len(few) == len(valued):
        return ""
    left = {label(row) for row in valued if row not in few}
    whole = list(dict.fromkeys(label(row) for row in few if label(row) not in left))
    single = list(dict.fromkeys(row["metric"] for row in few if label(row) in left))
    return f"{', '.join([*whole, *single])}: no interval: {scope.groups(few)}; it takes {LEAST_GROUPS:g}"


def _not_covered(rows: Sequence[Record]) -> str:
    metrics = dict.fromkeys(row["metric"] for row in rows if remarks.NOT_COVERED in row["note"])
    return f"{', '.join(metrics)}: {remarks.NOT_COVERED}" if metrics else ""
