"""`bench perf gate`: how often the gate fails an unchanged system, and how often it sees spoilt outputs.

The runs are one system with different seeds. Unchanged: every run is checked against every other one, against the
next three, and against all others together. Spoilt: in copies of each run some outputs are replaced, scored by the
stage that `bench run` scores with, and checked against the other runs in the same ways. Which examples are spoilt
is drawn anew for each copy. Nothing is embedded: silence and noise are the outputs of the run's reference rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightsound.bench import splits
from sightsound.bench.boards.check import Values, check
from sightsound.bench.core import registry, results, scores, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.length import USUAL
from sightsound.bench.core.types import Report
from sightsound.bench.stages import choose
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.fingerprint import fingerprints
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.score import score
from sightsound.metrics.card import MetricCard

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.05, 0.1, 0.2)
COPIES = 2  # of each run, kind and share
SEVERAL = 3  # runs in the baseline, as `make baseline` has them
SILENCE, NOISE = "reference:silence", "reference:white_noise"

Keys = Mapping[str, str]
"""Example id -> content key of its output."""
Spoil = Callable[["Run", Sequence[str]], Keys]
"""The outputs that take the place of those of some examples."""


@dataclass(frozen=True)
class Run:
    """One seed of the system."""

    name: str
    """Run folder's name."""
    system: registry.System
    """The system."""
    stored: FeatureSet
    """Features of its outputs and of the reference rows."""
    cards: Sequence[MetricCard]
    """Metrics."""
    task: str
    """Task name."""
    values: Values
    """As the run was scored, of this system alone."""

    @property
    def outputs(self) -> Keys:
        """The system's."""
        return self.stored.outputs[self.system.label]


@dataclass(frozen=True)
class Line:
    """Some checks of one kind."""

    outputs: str
    """What became of them."""
    share: float
    """Of the outputs, what share."""
    count: int
    """How many that is."""
    seeds: int
    """Runs in the baseline."""
    checks: int
    """How many were made."""
    failed: int
    """How many failed."""
    by: str
    """What failed them and how often, the most frequent first."""


def measure(
    folders: Sequence[Path], *, device: str = "cpu", mirror: Path | None = None, report: Report
) -> list[Line]:
    """False alarms, then power. Raises BenchError where the folders are not runs of one system with as many seeds,
    three at least."""
    runs = _read(folders, device, mirror, report)
    lines = list(_count("unchanged", 0.0, 0, [(run.values, run) for run in runs], runs))
    kinds = [(name, spoil, share) for name, spoil in KINDS.items() for share in SHARES]
    kinds += [(name, KINDS[name], 1.0) for name in ("mispaired", "one clip")]
    rng = np.random.default_rng(0)
    for done, (name, spoil, share) in enumerate(kinds):
        report("kinds of damage", done, len(kinds))
        count = max(2, round(share * len(runs[0].outputs)))
        copies = [(_scored(run, spoil(run, _drawn(run, count, rng))), run) for run in runs for _ in range(COPIES)]
        lines += _count(name, share, count, copies, runs)
    report("kinds of damage", len(kinds), len(kinds))
    return lines


def table(lines: Sequence[Line]) -> tuple[list[str], list[list[str]]]:
    """Columns and lines of what a person sees: a kind of damage a line, a size of the baseline a column."""
    seeds = sorted({line.seeds for line in lines})
    by_kind: dict[tuple[str, int], dict[int, Line]] = {}
    for line in lines:
        by_kind.setdefault((line.outputs, line.count), {})[line.seeds] = line
    made = []
    for (outputs, count), found in by_kind.items():
        cells = [f"{f.failed} of {f.checks}, {f.failed / f.checks:.0%}" for f in (found[each] for each in seeds)]
        by = ", ".join(found[seeds[-1]].by.split(", ")[:3])
        made.append([outputs, f"{count}, {found[seeds[0]].share:.0%}" if count else "", *cells, by])
    heads = [f"failed by {each} seed{'s' if each > 1 else ''}" for each in seeds]
    return ["outputs", "spoilt", *heads, f"with {seeds[-1]} by"], made


def _count(
    what: str, share: float, count: int, copies: Sequence[tuple[Values, Run]], runs: Sequence[Run]
) -> Iterator[Line]:
    """A line of checks against each other run, one of checks against some others, one of all others."""
    for seeds in sorted({1, min(SEVERAL, len(runs) - 1), len(runs) - 1}):
        checks = []
        for new, own in copies:
            at = [run is own for run in runs].index(True)
            others = [run.values for run in (*runs[at + 1 :], *runs[:at])]
            baselines = [[each] for each in others] if seeds == 1 else [others[:seeds]]
            checks += [check(new, _together(several)) for several in baselines]
        bad = [[finding.metric for finding in found if not finding.ok] for found in checks]
        names = Counter(name for metrics in bad for name in metrics).most_common()
        by = ", ".join(f"{name} {times}" for name, times in names)
        yield Line(what, share, count, seeds, len(checks), sum(map(bool, bad)), by)


def _together(several: Sequence[Values]) -> Values:
    import pandas as pd

    return Values(
        pd.concat([each.rows for each in several], ignore_index=True),
        pd.concat([each.scores for each in several], ignore_index=True),
    )


def _drawn(run: Run, count: int, rng: np.random.Generator) -> list[str]:
    """Some examples of the run."""
    ids = sorted(run.outputs)
    return [ids[index] for index in rng.choice(len(ids), count, replace=False)]


def _scored(run: Run, spoilt: Keys) -> Values:
    """The run scored with other outputs for some examples."""
    outputs = {**run.stored.outputs, run.system.label: {**run.outputs, **spoilt}}
    stored = replace(run.stored, outputs=outputs)
    made = score(stored, [run.system], run.cards, run.task)
    return Values(
        results.frame(made.rows),
        scores.table([*made.scores, *fingerprints(stored, [run.system], run.cards, run.task)]),
    )


def _mispaired(run: Run, chosen: Sequence[str]) -> Keys:
    """The outputs of the chosen examples, each given to one that shows something else, as far as there are any."""
    inputs = {example.id: example.input_group for example in run.stored.examples}
    ordered = sorted(chosen, key=lambda name: inputs[name])
    shift = max(Counter(inputs[name] for name in chosen).values())
    partners = ordered[shift:] + ordered[:shift]
    return {name: run.outputs[other] for name, other in zip(ordered, partners, strict=True)}


def _one_clip(run: Run, chosen: Sequence[str]) -> Keys:
    return dict.fromkeys(chosen, run.outputs[chosen[0]])


def _of(label: str) -> Spoil:
    """The outputs of a reference row."""
    return lambda run, chosen: {name: run.stored.outputs[label][name] for name in chosen}


KINDS: Mapping[str, Spoil] = {
    "silence": _of(SILENCE),
    "white noise": _of(NOISE),
    "mispaired": _mispaired,
    "one clip": _one_clip,
}


def _read(folders: Sequence[Path], device: str, mirror: Path | None, report: Report) -> list[Run]:
    plans = {}
    for folder in folders:
        plan = store.read_plan(folder)
        if plan is None or not (folder / scores.NAME).is_file():
            raise BenchError(f"{folder}: holds no run with values by example; `bench run` makes them")
        plans[folder] = plan
    first = next(iter(plans.values()))
    same = ("task", "split", "split_hash", "limit", "metrics", "systems")
    if odd := [name for plan in plans.values() for name in same if plan[name] != first[name]]:
        raise BenchError(f"{folders[0]}: the runs differ in {odd[0]}; they must be one system's with other seeds")
    if len({plan["seed"] for plan in plans.values()}) < max(len(folders), 3):
        raise BenchError(f"{folders[0]}: it takes three runs or more, each with a seed of its own")
    references = {system.label: system for system in registry.reference_systems()}
    if lacking := {SILENCE, NOISE} - set(first["systems"]):
        raise BenchError(f"{folders[0]}: has no row {min(lacking)}; the gate is measured on tasks to music")
    system = choose.given(next(label for label in first["systems"] if label not in references))
    task = registry.task(first["task"])
    split = splits.load(first["split"], mirror=mirror, task=task.name, limit=first["limit"], report=report)
    cards = [registry.metric(name, task) for name in first["metrics"]]
    wanted = [system, references[SILENCE], references[NOISE]]
    runs = []
    for folder, plan in plans.items():
        stored = gather(
            *(folder, wanted, split, task, cards),
            device=device,
            mirror=mirror,
            length=plan.get("length", USUAL),
            report=report,
        )
        stored = replace(stored, facts={system.label: {"run": folder.name, "seed": plan["seed"]}})
        values = Values(
            _own(results.read(folder / "rows.csv"), system), _own(scores.read(folder / scores.NAME), system)
        )
        runs.append(Run(folder.name, system, stored, cards, task.name, values))
    return runs


def _own(table: pd.DataFrame, system: registry.System) -> pd.DataFrame:
    label = table["model"] + ":" + table["variant"]
    return table[label.str.rstrip(":") == system.label].reset_index(drop=True)
