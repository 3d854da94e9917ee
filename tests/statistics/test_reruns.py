"""The gate on real runs: it seldom fails an unchanged system, and sees what was made worse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sightsound.bench.boards import check as gate
from sightsound.bench.boards.check import Values
from sightsound.bench.stages.fingerprint import NAME
from tests.statistics import reruns

CHECKS = 28


def test_another_seed_raises_no_more_alarms_than_stated() -> None:
    found = reruns.measure(CHECKS)
    assert found.runs >= 10 and found.checks == CHECKS
    assert found.failed <= 0.05 * CHECKS, found
    assert found.at[0.05] > 0, "the test can say otherwise: at a level of 5% some checks fail"
    assert gate.LEVEL == 0.02


def spoilt(run: Values, how: str, count: int) -> Values:
    """With some outputs given to other examples, or as silence."""
    scores = run.scores.copy()
    names = sorted(set(scores["example"]))
    chosen = [names[index] for index in np.random.default_rng(0).choice(len(names), count, replace=False)]
    if how == "silent":
        silent = (scores["metric"] == "silent_share") & scores["example"].isin(chosen)
        scores.loc[silent, "value"] = 1.0
        return Values(run.rows, scores)
    prints = scores["metric"].str.startswith(NAME) & scores["example"].isin(chosen)
    swapped = dict(zip(chosen, [*chosen[1:], chosen[0]], strict=True))
    moved = scores[prints].assign(example=scores.loc[prints, "example"].map(swapped))
    inputs = scores.drop_duplicates("example").set_index("example")["input"]
    moved["input"] = moved["example"].map(inputs)
    return Values(run.rows, pd.concat([scores[~prints], moved], ignore_index=True))


@pytest.mark.parametrize(("how", "by"), [("silent", "silent_share"), ("mispaired", "pairing")])
def test_a_fifth_of_the_outputs_spoilt_is_seen(how: str, by: str) -> None:
    whole = gate.read(reruns.FILE, "")
    for seed in (3, 7, 11):
        run, others = reruns.of_seeds(whole, [seed]), reruns.of_seeds(whole, [0, 1, 2])
        bad = {finding.metric for finding in gate.check(spoilt(run, how, 11), others) if not finding.ok}
        assert bad == {by}, (seed, bad)
        assert all(finding.ok for finding in gate.check(run, others))
