"""The regression gate: rows against a baseline, failing on evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.stats import norm
from scipy.stats import t as student_t

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row, rows
from sightsound.metrics.signature import differs
from sightsound.metrics.statistics.bootstrap import difference_interval

if TYPE_CHECKING:
    import pandas as pd

# Two machines' float32 networks differ in the last digits; what a change of this size means is nothing.
RELATIVE, ABSOLUTE = 1e-4, 1e-6


@dataclass(frozen=True)
class Finding:
    """The verdict on one row of the baseline."""

    ok: bool
    """False fails the check."""
    metric: str
    """Metric name."""
    system: str
    """`family:variant`."""
    baseline: float
    """Value of the baseline."""
    value: float
    """Value of the run, NaN where it has none."""
    verdict: str
    """What was found, on one line."""


def check(run: pd.DataFrame, baseline: pd.DataFrame) -> list[Finding]:
    """A finding for each baseline row of the run's systems, task and split.

    A row fails when it is missing, when its signature or its number of failures changed, or when its value is
    worse by more than the interval of the difference allows. The 95% is for all rows together: each interval is
    widened (Bonferroni, and Student's t for few groups), so that an unchanged system fails in one check of twenty
    at most. A rank among other competitors is not compared. Raises BenchError where nothing can be compared.
    """
    new = {_key(row): row for row in rows(run)}
    there = {key[:4] for key in new}
    wanted = [row for row in rows(baseline) if _key(row)[:4] in there]
    findings = [_judge(new.get(_key(old)), old, len(wanted)) for old in wanted]
    if not findings:
        asked = ", ".join(sorted({f"{m}:{v} {t} on {s}" for m, v, t, s in there}))
        raise BenchError(f"the baseline has no row for {asked or 'an empty run'}")
    return findings


def _widening(comparisons: int, groups: int) -> float:
    """From a 95% interval by normal quantiles to one that all `comparisons` share, by Student's t over groups."""
    tail = 0.025 / comparisons
    return float(student_t.ppf(1 - tail, max(groups - 1, 1)) / norm.ppf(0.975))


def _key(row: Row) -> tuple[str, str, str, str, str]:
    return row.model, row.variant, row.task, row.split.split("@")[0], row.metric


def _judge(new: Row | None, old: Row, comparisons: int) -> Finding:
    ok, verdict = (False, "missing from the run") if new is None else _compare(new, old, comparisons)
    system = f"{old.model}:{old.variant}".rstrip(":")
    return Finding(ok, old.metric, system, old.value, math.nan if new is None else new.value, verdict)


def _compare(new: Row, old: Row, comparisons: int) -> tuple[bool, str]:
    if new.competitors != old.competitors:
        return True, f"not compared, a rank among others: {old.competitors} -> {new.competitors}"
    if new.n_failed != old.n_failed:
        return False, (f"the coverage changed: n {old.n} -> {new.n}, failed {old.n_failed} -> {new.n_failed}")
    # without failures n counts the clips that have a value (voiced ones, for thd): it differs from seed to seed
    if changed := [what for what in differs(old.signature, new.signature) if not what.startswith("n: ")]:
        return False, "the signature changed: " + "; ".join(changed)
    if math.isnan(new.value) or math.isnan(old.value):
        same = math.isnan(new.value) and math.isnan(old.value)
        return same, "no value in either" if same else f"no value in one of them: {new.note or old.note}"
    low, high = difference_interval(new.value, new.ci_low, new.ci_high, old.value, old.ci_low, old.ci_high)
    middle, half = (low + high) / 2, (high - low) / 2 * _widening(comparisons, min(new.group_n, old.group_n))
    low, high = middle - half, middle + half
    gain = new.value - old.value if old.higher_is_better else old.value - new.value
    slack = RELATIVE * abs(old.value) + ABSOLUTE
    # The interval of new - old lies on one side of 0 where the change is more than the samples explain.
    beyond = high < 0 if old.higher_is_better else low > 0
    known = not (math.isnan(low) or math.isnan(high))
    if gain < -slack and (beyond or not known):
        return False, f"worse by {-gain:.4g}; the interval of the difference is [{low:.4g}, {high:.4g}]"
    return True, "within the interval" if gain < 0 else "no worse"
