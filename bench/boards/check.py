"""The regression gate: a run against a baseline of one or more seeds, failing on evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightsound.bench.boards import gate_test, pairing
from sightsound.bench.boards.gate_test import Case, Tested
from sightsound.bench.boards.structure import is_reference, same_quantity
from sightsound.bench.core import results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.02  # false alarms of a whole check
# Two machines' float32 networks differ in the last digits; what a change of this size means is nothing.
RELATIVE, ABSOLUTE = 1e-4, 1e-6


class Values(NamedTuple):
    """A result file and the values by example beside it."""

    rows: pd.DataFrame
    """As `results.read` gives it."""
    scores: pd.DataFrame
    """As `scores.read` gives it."""


@dataclass(frozen=True)
class Finding:
    """The verdict on one value of the baseline, or on whether a system's outputs are their own examples'."""

    ok: bool
    """False fails the check."""
    metric: str
    """Metric name, or `pairing`."""
    system: str
    """`family:variant`."""
    baseline: float
    """Value of the baseline, the mean of its seeds'."""
    value: float
    """Value of the run, NaN where it has none."""
    verdict: str
    """What was found, on one line."""
    seeds: int = 0
    """Seeds of the baseline that the value was held against."""
    p: float = math.nan
    """p-value of being no worse, corrected for all tests of the check; NaN where nothing was tested."""


def read(path: Path, remedy: str) -> Values:
    """A result file with its values by example. BenchError, with the `remedy`, where either is not there."""
    rows, beside = results.read(path), scores.beside(path)
    if not beside.is_file():
        raise BenchError(f"{beside}: not there, and without values by example nothing can be tested; {remedy}")
    return Values(rows, scores.read(beside))


def check(run: Values, baseline: Values) -> list[Finding]:
    """A finding for each value that the baseline has of the run's systems on its task and split, and one for each
    system under test on whether its outputs are their own examples'.

    A value fails when it is missing or lost, when its signature or its number of failures changed, when it is a
    reference row's and changed at all, and when it is worse than the baseline's seeds by more than another seed
    explains. The last is one test over all values (bench/boards/gate_test.py): of an unchanged system 2 checks in
    100 fail. A rank among other competitors is not compared. Raises BenchError where nothing can be compared.
    """
    new = {_key(row): row for row in results.rows(run.rows)}
    there = {key[:4] for key in new}
    old: dict[tuple[str, ...], list[Row]] = {}
    for row in results.rows(baseline.rows):
        if _key(row)[:4] in there:
            old.setdefault(_key(row), []).append(row)
    if not old:
        asked = ", ".join(sorted({f"{m}:{v} {t} on {s}" for m, v, t, s in there}))
        raise BenchError(f"the baseline has no row for {asked or 'an empty run'}")
    mine, theirs = _by_input(run.scores), _by_input(baseline.scores)
    findings: list[Finding] = []
    cases: list[tuple[int, Case]] = []
    for key, olds in old.items():
        found = same_quantity(new.get(key), olds)
        held = found if isinstance(found, list) else olds
        value, before = new[key].value if key in new else math.nan, _mean([row.value for row in held])
        finding = Finding(True, olds[0].metric, _label(olds[0]), before, value, "", len(held))
        if isinstance(found, tuple):
            finding = replace(finding, ok=found[0], verdict=found[1])
        elif case := _case(new[key], found, mine, theirs):
            cases.append((len(findings), case))
        else:
            finding = replace(finding, verdict="not tested: the metric has no values by example")
        findings.append(finding)
    for first in {key[:4]: olds[0] for key, olds in old.items() if not is_reference(olds[0].model)}.values():
        seen = pairing.judge(_label(first), _of(run.scores, first), _of(baseline.scores, first))
        cases += [(len(findings), seen.case)] if seen.case else []
        findings.append(
            Finding(
                seen.ok, pairing.METRIC, _label(first), seen.baseline, seen.value, seen.verdict, seen.seeds, seen.p
            )
        )
    for (index, _), tested in zip(cases, gate_test.test([case for _, case in cases]), strict=True):
        findings[index] = _judged(findings[index], tested)
    return findings


def _key(row: Row) -> tuple[str, ...]:
    return row.model, row.variant, row.task, row.split.split("@")[0], row.metric


def _label(row: Row) -> str:
    return f"{row.model}:{row.variant}".rstrip(":")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _by_input(table: pd.DataFrame) -> dict[tuple[object, ...], gate_test.Parts]:
    """The parts of every value, with the inputs for their groups."""
    return scores.parts(table.assign(group=table["input"]))


def _of(table: pd.DataFrame, row: Row) -> pd.DataFrame:
    """The values by example of a row's system, task and split."""
    same = table["split"] == row.split
    for name in ("model", "variant", "task"):
        same &= table[name] == getattr(row, name)
    return table[same]


def _case(
    new: Row,
    olds: Sequence[Row],
    mine: dict[tuple[object, ...], gate_test.Parts],
    theirs: dict[tuple[object, ...], gate_test.Parts],
) -> Case | None:
    """What is to be tested; None for a metric that has no values by example.

    BenchError where the run has them and the baseline has not: such a baseline tests nothing.
    """
    own = scores.find(mine, asdict(new))
    if own is None:
        return None
    found = {old.seed: scores.find(theirs, asdict(old)) for old in sorted(olds, key=lambda old: old.n)}
    known = {seed: parts for seed, parts in found.items() if parts is not None}
    if not known:
        raise BenchError(
            f"the baseline has {new.metric} of {_label(new)} without values by example; make it anew with "
            "`bench publish RUN --to` that file"
        )
    return Case(_label(new), new.metric, new.higher_is_better, own, known)


def _judged(finding: Finding, tested: Tested) -> Finding:
    """A finding with what the test says."""
    if tested.worse <= RELATIVE * abs(finding.baseline) + ABSOLUTE:
        return replace(finding, verdict="no worse", p=tested.p)
    if tested.p > LEVEL:
        return replace(finding, verdict=f"worse by {tested.worse:.4g}, within chance", p=tested.p)
    seeds = "the baseline" if finding.seeds == 1 else f"{finding.seeds} seeds"
    what = f"worse by {tested.worse:.4g} than {seeds}"
    if finding.metric == pairing.METRIC:
        what = f"mispaired: less like the baseline's of the same examples, by {tested.worse:.4g}"
    return replace(finding, ok=False, verdict=f"{what} (p = {tested.p:.2g})", p=tested.p)
