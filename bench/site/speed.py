"""The speed of systems as a column: seconds by example, of rows that say how long a system took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.boards.structure import is_reference

METRIC = "seconds_per_example"


def rows(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row a system under test, from its values on one board; none of a system whose time is not known.

    The device stands in the signature, so systems that ran on different ones are not ranked together.
    """
    by_system: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in values:
        if row["seconds"] > 0 and not is_reference(row["model"]):
            by_system.setdefault((row["model"], row["variant"]), []).append(row)
    return [_row(max(mine, key=lambda row: (row["n"] + row["n_failed"], row["n"]))) for mine in by_system.values()]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    asked = max(row["n"] + row["n_failed"], 1)
    return dict(row) | {
        "metric": METRIC,
        "value": row["seconds"] / asked,
        **dict.fromkeys(("ci_low", "ci_high", "floor"), math.nan),
        "group_n": 0,
        "group_effective": 0.0,
        "higher_is_better": False,
        "signature": f"{METRIC}|n:{row['n']}|device:{row['device'] or 'unknown'}",
        "competitors": "",
        "note": f"on {row['device'] or 'a device that is not stated'}",
        "warnings": "",
    }
