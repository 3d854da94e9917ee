"""What a board can say from rows alone: who is tied with whom, and how small a difference would show.

The rows hold an interval each and not the clips, so two values are treated as independent. On the same examples
they are not: `bench compare` pairs the clips and tells apart what is tied here. Only for ranks, where one system's
gain is another's loss, may the pairing be the stricter one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median
from typing import Any

from scipy.stats import norm

from sightsound.bench.boards.show import label
from sightsound.metrics.statistics.bootstrap import difference_interval
from sightsound.metrics.statistics.difference import POWER, tie_letters

Record = Mapping[str, Any]
"""A row of the results."""


def letters(rows: Sequence[Record]) -> dict[str, str]:
    """Letters of one metric's rows by system label, the best value first; who shares one is tied.

    Two rows tie when the 95% interval of their difference contains 0. Rows without an interval, of a system with
    failures, or of another signature or other competitors than most, have no letter.
    """
    kinds = [(row["signature"], row["competitors"]) for row in rows]
    usual = max(dict.fromkeys(kinds), key=kinds.count)
    known = [
        row
        for row, kind in zip(rows, kinds, strict=True)
        if kind == usual and not math.isnan(row["ci_low"]) and not row["n_failed"]
    ]
    known.sort(key=lambda row: row["value"], reverse=bool(rows[0]["higher_is_better"]))
    differ = {(label(a), label(b)): _differ(a, b) for a, b in combinations(known, 2)}
    return tie_letters([label(row) for row in known], differ)


def _differ(a: Record, b: Record) -> bool:
    limits = [row[name] for row in (a, b) for name in ("value", "ci_low", "ci_high")]
    low, high = difference_interval(*limits)
    return low > 0 or high < 0


def detectable(rows: Sequence[Record]) -> float:
    """The smallest true difference that a test at 5% between two such systems finds in 80% of experiments.

    (1.96 + 0.84) sqrt(2) standard errors, the standard error a middling one of the systems under test: their
    interval's width over 2 x 1.96. NaN where none has an interval.
    """
    known = [row for row in rows if not math.isnan(row["ci_low"])]
    tested = [row for row in known if not row["model"].startswith("reference")] or known
    if not tested:
        return math.nan
    quantile = float(norm.ppf(0.975))
    error = median((row["ci_high"] - row["ci_low"]) / (2 * quantile) for row in tested)
    return float((quantile + norm.ppf(POWER)) * math.sqrt(2) * error)
