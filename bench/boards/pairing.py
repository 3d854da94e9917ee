"""The gate's eye for outputs that were given to other examples than their own, by their fingerprints."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sightsound.bench.boards.gate_test import Case
from sightsound.bench.stages import fingerprint
from sightsound.metrics.statistics.likeness import likeness
from sightsound.metrics.statistics.parts import of_clips

if TYPE_CHECKING:
    import pandas as pd

METRIC = "pairing"
"""Where a metric's name stands. Its value is the likeness to the other runs' outputs, -1 to 1."""
BLIND = "cannot see mispairing: "
"""How the verdict begins where the gate could not tell."""
LEVEL = 0.05
ELSEWHERE = 0.005
"""Level at which outputs that are like those of other examples fail a check against a single seed; it comes on top
of the gate's level, for systems whose outputs do not depend on their example."""


@dataclass(frozen=True)
class Pairing:
    """What the fingerprints of a system's outputs say."""

    ok: bool = True
    """False: the outputs are not their own examples'."""
    verdict: str = ""
    """On one line; empty where `case` is still to be tested."""
    case: Case | None = None
    """With several seeds in the baseline: what is tested together with the metrics."""
    baseline: float = math.nan
    """Mean likeness of the baseline's outputs to those of the other runs."""
    value: float = math.nan
    """Of the run's."""
    seeds: int = 0
    """Seeds in the baseline."""
    p: float = math.nan
    """Of the verdict against a single seed."""


def judge(system: str, new: pd.DataFrame, old: pd.DataFrame) -> Pairing:
    """The pairing of a system's outputs; `new`, `old`: its values by example in the run and in the baseline."""
    prints = new[new["metric"].str.startswith(fingerprint.NAME)]
    if prints.empty:
        return Pairing(verdict=f"{BLIND}no metric of the run reads an embedding of the outputs")
    theirs = old[old["definition"] == prints["definition"].iloc[0]]
    if theirs.empty:
        return Pairing(verdict=f"{BLIND}the baseline has no fingerprints by the same network; make it anew")
    by_seed = {int(seed): lines for seed, lines in theirs.groupby("seed")}
    tables = [
        lines.pivot(index="example", columns="metric", values="value") for lines in (prints, *by_seed.values())
    ]
    shared = sorted(set.intersection(*(set(table.index) for table in tables)))
    shown = dict(zip(prints["example"], prints["input"], strict=True))
    inputs = [shown[example] for example in shared]
    if len(set(inputs)) < 2:
        return Pairing(verdict=f"{BLIND}the runs share outputs for {len(set(inputs))} inputs only")
    cube = np.stack([table.loc[shared].to_numpy(dtype=np.float64) for table in tables])
    found = likeness(cube, np.unique(inputs, return_inverse=True)[1])
    mean = found.own.mean(axis=1)
    whole = Pairing(baseline=float(mean[1:].mean()), value=float(mean[0]), seeds=len(by_seed))
    if len(by_seed) == 1:
        return _of_one_seed(whole, found.p, found.elsewhere)
    if found.p > LEVEL:
        why = f"outputs of two seeds are no more alike for one example than for two (p = {found.p:.2g})"
        return replace(whole, verdict=f"{BLIND}in the baseline {why}")
    new_own, *old_own = (of_clips(values, shared, inputs) for values in found.own)
    case = Case(system, METRIC, True, new_own, dict(zip(by_seed, old_own, strict=True)))
    return replace(whole, case=case)


def _of_one_seed(whole: Pairing, p: float, elsewhere: float) -> Pairing:
    """With one seed there is nothing to hold the likeness against; only its absence can be told."""
    if p <= LEVEL:
        return replace(whole, verdict="like the baseline's of the same examples; one seed shows no more")
    if elsewhere <= ELSEWHERE:
        why = "mispaired: the outputs are like the baseline's of other examples, not of their own"
        return replace(whole, ok=False, verdict=f"{why} (p = {elsewhere:.2g})", p=elsewhere)
    return replace(whole, verdict=f"{BLIND}no likeness to the baseline's one seed; publish another seed into it")
