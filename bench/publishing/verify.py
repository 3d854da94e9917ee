"""A submission's values, computed again as far as what came along allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core import registry, results, scores
from sightsound.bench.core.errors import BenchError, tell
from sightsound.bench.core.results import Row
from sightsound.bench.core.row import IDENTITY
from sightsound.bench.core.types import Report
from sightsound.bench.publishing import features
from sightsound.bench.publishing.archive import Submission
from sightsound.bench.stages import recorded
from sightsound.bench.stages.score import score
from sightsound.metrics.statistics.interval import Estimate, estimate
from sightsound.metrics.statistics.parts import Parts

RELATIVE, ABSOLUTE = 1e-3, 1e-6
"""Within which two machines' values are one: ten times what the gate takes for rounding."""
SHOWN = 20


@dataclass(frozen=True)
class Verified:
    """What could be checked of a submission's rows."""

    by_scores: int
    """Rows whose value is that of their values by example."""
    by_features: int
    """Rows whose value was computed again from features."""
    neither: int
    """Rows that stand as they were handed in."""
    why_not: str = ""
    """Why nothing was computed from features; empty where it was."""


def verify(
    submission: Submission, *, device: str = "cpu", mirror: Path | None = None, report: Report
) -> tuple[list[Row], Verified]:
    """The submission's rows, marked with who measured them, and what was checked.

    Raises BenchError, a line a row, where a value is not what its values by example or its features give.
    """
    rows = results.rows(submission.rows)
    parts = scores.parts(submission.scores)
    by_clip = {key[:-1] for key, lines in _kinds(submission) if lines}
    errors: list[BenchError] = []
    checked: set[int] = set()
    for place, row in enumerate(rows):
        found = scores.find(parts, asdict(row))
        if found is not None and not math.isnan(row.value):
            checked.add(place)
            own = scores.key(asdict(row))[:-1] in by_clip
            errors += [_error(submission, row, what, "values by example") for what in _of_parts(row, found, own)]
    tell(errors[:SHOWN])
    again, why_not = _again(submission, device, mirror, report)
    recomputed: set[int] = set()
    for place, row in enumerate(rows):
        mine = again.get(_key(row))
        if mine is not None:
            recomputed.add(place)
            errors += [_error(submission, row, what, "features") for what in _differs(row, mine)]
    tell(errors[:SHOWN])
    names = ", ".join(submission.card.authors)
    marked = [
        Row(**asdict(row) | {"measured_by": f"{'verified' if place in recomputed else 'submitted'}: {names}"})
        for place, row in enumerate(rows)
    ]
    neither = len(rows) - len(checked | recomputed)
    return marked, Verified(len(checked - recomputed), len(recomputed), neither, why_not)


def _error(submission: Submission, row: Row, what: str, source: str) -> BenchError:
    return BenchError(f"{submission.path}: {row.metric} of {results.label(row)}: by its {source} {what}; refused")


def _kinds(submission: Submission) -> Iterator[tuple[tuple[object, ...], bool]]:
    for key, lines in submission.scores.groupby(list(scores.KEY), sort=False):
        yield key, bool(lines["by_clip"].all())


def _of_parts(row: Row, found: Parts, by_clip: bool) -> Iterator[str]:
    """What the values by example give that the row does not say."""
    card = registry.metrics().get(row.metric.partition("@")[0])
    if not _close(row.value, found.value):
        yield f"the value is {found.value:.6g}, not {row.value:.6g}"
    if by_clip and len(found.values) != row.n:
        yield f"n is {len(found.values)}, not {row.n}"
    if by_clip and found.count != row.group_n:
        yield f"there are {found.count} groups, not {row.group_n}"
    sure = estimate(found) if not math.isnan(row.ci_low) else Estimate(found.value)
    low, high = (-math.inf, math.inf) if card is None else (card.low, card.high)
    ends = (row.ci_low, sure.low), (row.ci_high, sure.high)
    ranked = bool(row.competitors)  # its interval ends at what the last of all gets
    if not math.isnan(row.ci_low) and not ranked and not all(_close(a, min(max(b, low), high)) for a, b in ends):
        yield f"the interval is {sure.low:.6g} to {sure.high:.6g}, not {row.ci_low:.6g} to {row.ci_high:.6g}"


def _again(
    submission: Submission, device: str, mirror: Path | None, report: Report
) -> tuple[dict[tuple[object, ...], Row], str]:
    """The rows that the submission's features make here; none, and why, where they cannot be made."""
    if not features.there(submission.place):
        return {}, "it has no features"
    plan = submission.plan
    if plan.get("split") not in registry.split_cards():
        return {}, f"the split {plan.get('split')!r:.60} is not known here"
    labels = list(plan["systems"])
    split = splits.load(
        str(plan["split"]), mirror=mirror, task=str(plan["task"]), limit=plan.get("limit"), report=report
    )
    if split.hash != plan.get("split_hash"):
        return {}, f"{split.label} is another version of the split here"
    try:
        found = features.read(submission.place, plan, labels, split, device=device, mirror=mirror, report=report)
    except features.OtherNetworkError as error:
        return {}, str(error)
    made = score(
        found, [recorded.system(label) for label in labels], features.cards_of(plan), str(plan["task"]), report
    )
    return {_key(row): row for row in made.rows}, ""


def _key(row: Row) -> tuple[object, ...]:
    """What a row of a submission shares with the one that is made here: all but the number of clips, which is
    compared."""
    return (*(getattr(row, name) for name in IDENTITY), results.definition(row.signature))


def _differs(row: Row, mine: Row) -> Iterator[str]:
    for name in ("value", "ci_low", "ci_high"):
        if not _close(getattr(row, name), getattr(mine, name)):
            yield f"{name} is {getattr(mine, name):.6g}, not {getattr(row, name):.6g}"
    for name in ("n", "n_failed", "group_n"):
        if getattr(row, name) != getattr(mine, name):
            yield f"{name} is {getattr(mine, name)}, not {getattr(row, name)}"


def _close(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
