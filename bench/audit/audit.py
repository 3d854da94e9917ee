"""`bench audit RUN`: with which of a run's values the packages agree, and which nobody here can check."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sightsound.bench import assets
from sightsound.bench.audit import ask
from sightsound.bench.audit.material import MAKERS, Material, Read, UnlikeError, material
from sightsound.bench.audit.networks import network_of, of_files
from sightsound.bench.core import registry, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import Example, Report
from sightsound.bench.elsewhere import interpreter
from sightsound.bench.folders import kept
from sightsound.bench.stages import reading, recorded
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.scope import halves, scope
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.signature import differs

FORMULAS = "sightsound.metrics.formulas."
BOUND = 1e-6
"""Largest relative difference of a value from the same features."""
NETWORK_BOUND = 1e-4
"""The same where the package runs the network again, in float32, on files or texts."""


@dataclass(frozen=True)
class Finding:
    """One value, computed again by one package."""

    system: str
    """`family:variant`."""
    metric: str
    package: str
    version: str
    function: str
    """What of the package was called."""
    theirs: float
    ours: float
    """The value in rows.csv."""
    difference: float
    """Relative; infinite where the two sides count different examples, NaN where a value is none."""
    bound: float
    """Up to which they agree."""
    ok: bool


@dataclass(frozen=True)
class Unchecked:
    """A value that no package here could compute."""

    system: str
    metric: str
    why: str


@dataclass(frozen=True)
class Audit:
    """What an audit found."""

    findings: Sequence[Finding]
    unchecked: Sequence[Unchecked]
    absent: Sequence[str]
    """Packages that could check values of this run and are not in the environment."""


@dataclass(frozen=True)
class _Job:
    row: Row
    formula: str
    given: Material


def audit(
    folder: Path,
    *,
    python: str | None = None,
    device: str = "cpu",
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> Audit:
    """Compute the run's values again. `python`: the interpreter that has the packages; None: this one.

    Raises BenchError for a folder without a scored run, and where no value at all could be checked.
    """
    python = python and interpreter.locate(python)
    folder = folder.resolve()
    plan = recorded.plan(folder)
    recorded.know([plan])
    with store.locked(folder, reading=True):
        rows = results.rows(results.read(folder / "rows.csv"))
        jobs, unchecked = _jobs(folder, plan, rows, device, mirror, report)
    findings: list[Finding] = []
    absent = []
    checkers = [each for each in ask.checkers() if any(job.formula in each.serves for job in jobs)]
    for done, checker in enumerate(checkers):
        report("packages", done, len(checkers))
        mine = [job for job in jobs if job.formula in checker.serves]
        answers = ask.ask(checker, [(job.formula, job.given) for job in mine], python)
        if answers.version is None:
            absent.append(checker.package)
            continue
        for job, answer in zip(mine, answers.values, strict=True):
            if isinstance(answer, str):
                unchecked.append(Unchecked(*_key(job.row), f"{checker.package} {answers.version}: {answer}"))
            else:
                findings.append(_finding(job, checker, answers.version, answer))
    report("packages", len(checkers), len(checkers))
    seen = {(each.system, each.metric) for each in findings} | {(each.system, each.metric) for each in unchecked}
    left = {
        key: f"needs {_packages(job.formula)}, not in this environment" for job in jobs for key in [_key(job.row)]
    }
    unchecked += [Unchecked(*key, why) for key, why in left.items() if key not in seen]
    if not findings:
        why = unchecked[0].why if unchecked else "it has no rows"
        raise BenchError(f"{folder.name}: no value could be checked: {why}")
    return Audit(findings, sorted(unchecked, key=lambda each: (each.metric, each.system)), absent)


def _jobs(
    folder: Path, plan: Mapping[str, Any], rows: Sequence[Row], device: str, mirror: Path | None, report: Report
) -> tuple[list[_Job], list[Unchecked]]:
    """What packages are to be asked, and the rows of which none can be."""
    task = registry.task(plan["task"])
    systems = {label: recorded.system(label) for label in plan["systems"]}
    cards = {name: registry.metric(name, task) for name in plan["metrics"]}
    lacking = {name: _lacking(card, mirror) for name, card in cards.items()}
    served = {formula for checker in ask.checkers() for formula in checker.serves}
    asked = [card for name, card in cards.items() if not lacking[name] and formula_of(card) in served]
    split = kept.split_of(folder, plan, mirror, report)
    stored = gather(
        *(folder, list(systems.values()), split, task, asked),
        device=device,
        mirror=mirror,
        length=plan["length"],
        report=report,
    )
    jobs: list[_Job] = []
    unchecked: list[Unchecked] = []
    for row in rows:
        label, card = _key(row)[0], cards.get(row.metric)
        if card is None or label not in systems:
            why = "not of this run: run.json does not name it"
        elif math.isnan(row.value):
            why = f"no value: {row.note or 'none was found'}"
        elif lacking[row.metric]:
            why = lacking[row.metric]
        elif formula_of(card) not in served:
            why = "no package that the audit knows computes it"
        elif other := differs(row.signature, reading.sign(card, stored, row.n)):
            why = f"scored otherwise than here ({', '.join(other)}); run it again"
        else:
            try:
                made, why = _asked(row, card, stored, systems[label], mirror)
                jobs += made
            except UnlikeError as unlike:
                why = str(unlike)
        if why:
            unchecked.append(Unchecked(label, row.metric, why))
    return jobs, unchecked


def formula_of(card: MetricCard) -> str:
    """The module of a metric below `FORMULAS`; empty where the audit has no material for it."""
    found = card.module.removeprefix(FORMULAS)
    return found if found in MAKERS else ""


def _asked(
    row: Row, card: MetricCard, stored: FeatureSet, system: registry.System, mirror: Path | None
) -> tuple[list[_Job], str]:
    """The value from features, and from files where a package has the network as well, or why not from them."""
    read, examples = _read(card, stored, system)
    jobs = [_Job(row, formula_of(card), material(formula_of(card), read))]
    why = ""
    if network := network_of(card):
        try:
            jobs.append(_Job(row, network, of_files(card, stored, system.label, examples, mirror)))
        except UnlikeError as unlike:
            why = f"the network itself: {unlike}"
    return jobs, why


def _read(card: MetricCard, stored: FeatureSet, system: registry.System) -> tuple[Read, list[Example]]:
    """The features that the value was made of, by the rule that docs/metrics.md states; the paired examples."""
    mine, needs = scope(system, stored.examples, stored.only), card.needs
    others: Sequence[Example] | None = None
    if card.kind == "two_sets" and system.build.halves:  # held against the references of the other half
        others = halves(stored.examples)[1]
    elif card.kind == "two_sets" and stored.against is not None:  # or against another set
        others, needs = stored.against.examples, (needs[0], replace(needs[1], side="against"))
    if others is None:
        sides = [_there(stored, needs, system.label, mine)] * len(needs)
    else:
        sides = [_there(stored, needs[:1], system.label, mine), _there(stored, needs[1:], system.label, others)]
    clips, groups = [], []
    for need, side in zip(needs, sides, strict=True):
        clips.append([_feature(stored, need, system.label, example.id) for example in side])
        groups.append([example.group for example in side])
    return Read(card, clips, groups), sides[0]


def _there(stored: FeatureSet, needs: Sequence[Need], system: str, examples: Sequence[Example]) -> list[Example]:
    """The examples that have all of these features."""
    return [e for e in examples if all(_feature(stored, need, system, e.id) is not None for need in needs)]


def _feature(stored: FeatureSet, need: Need, system: str, example: str) -> Any:
    key = stored.key(need, system, example)
    return None if key is None else stored.feature(need.extractor, key, need.output)


def _lacking(card: MetricCard, mirror: Path | None) -> str:
    """Which weights are not here; empty where all are."""
    for name in reading.extractors([card]):
        for asset in registry.extractor(name).assets:
            if assets.locate(asset, mirror) is None:
                return f"needs the weights {asset}, which are not here: bench assets fetch {asset}"
    return ""


def _finding(job: _Job, checker: ask.Checker, version: str, theirs: float) -> Finding:
    ours, bound = job.row.value, BOUND if job.formula in MAKERS else NETWORK_BOUND
    difference = abs(theirs - ours) / max(abs(theirs), abs(ours), job.given.floor)
    if job.given.n != job.row.n:
        difference = math.inf
    return Finding(
        *_key(job.row),
        package=checker.package,
        version=version,
        function=checker.serves[job.formula],
        theirs=theirs,
        ours=ours,
        difference=difference,
        bound=bound,
        ok=difference <= bound,
    )


def _key(row: Row) -> tuple[str, str]:
    return f"{row.model}:{row.variant}".rstrip(":"), row.metric


def _packages(formula: str) -> str:
    return " or ".join(each.package for each in ask.checkers() if formula in each.serves)
