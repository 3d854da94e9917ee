"""`bench check`: what fails a run against its baseline, on small tables and in the toy world."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sightsound.baselines import reference, reference_image, reference_text
from sightsound.bench.boards import gate_test, pairing, structure
from sightsound.bench.boards.check import Finding, Values, check, read
from sightsound.bench.core import registry, results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row, definition
from sightsound.bench.core.scores import Score
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.perf import gate as perf
from sightsound.metrics.statistics.exchange import exchange_test
from tests.bench.test_flow import RUN

N = 53
NAMES = [f"e{index:02d}" for index in range(N)]
MIX = np.random.default_rng(9).standard_normal((N, 8))
"""What each example's outputs are like, whatever the seed."""


def run(
    seed: int, metrics: Mapping[str, Sequence[float]], prints: np.ndarray | None = None, **columns: object
) -> Values:
    """One system's rows and values by example; lower is better. `columns`: of all rows."""
    shared = {
        "run": f"r{seed}",
        "model": "mine",
        "variant": "v",
        "task": "image2music",
        "split": "s@1",
        "seed": seed,
    }
    shared |= columns
    rows, made = [], []
    for name, values in metrics.items():
        whole = [value for value in values if not math.isnan(value)]
        row = Row(
            metric=name,
            value=float(np.mean(whole)) if whole else math.nan,
            n=len(whole),
            higher_is_better=False,
            signature=f"{name}|n:{len(whole)}|v:1",
            **shared,
        )
        rows.append(row)
        made += [_score(row, name, e, v) for e, v in zip(NAMES, values, strict=True) if not math.isnan(v)]
    for index in range(0 if prints is None else prints.shape[1]):
        row = replace(rows[0], signature="fingerprint|v:1", competitors="")
        made += [_score(row, f"fingerprint.{index}", e, v) for e, v in zip(NAMES, prints[:, index], strict=True)]
    return Values(results.frame(rows), scores.table(made))


def _score(row: Row, metric: str, example: str, value: float) -> Score:
    return Score(
        run=row.run,
        model=row.model,
        variant=row.variant,
        task=row.task,
        split=row.split,
        metric=metric,
        competitors=row.competitors,
        seed=row.seed,
        definition=definition(row.signature),
        example=example,
        group="g",
        input=example,
        value=float(value),
        weight=1.0,
        by_clip=True,
    )


def drawn(seed: int, shift: float = 0.0, count: int = 4) -> dict[str, np.ndarray]:
    """Metrics that depend on the example and share half of what the seed adds; the first is `shift` worse."""
    rng, own = np.random.default_rng(seed), 3 * np.random.default_rng(99).standard_normal(N)
    both = rng.standard_normal(N)
    found = {f"m{index}": own + both + rng.standard_normal(N) for index in range(count)}
    return found | {"m0": found["m0"] + shift}


def like(seed: int, order: Sequence[int] = range(N)) -> np.ndarray:
    """Fingerprints of outputs that are given to the examples in some order."""
    return (MIX + 0.5 * np.random.default_rng(1000 + seed).standard_normal(MIX.shape))[list(order)]


def together(*several: Values) -> Values:
    return Values(*(pd.concat(tables, ignore_index=True) for tables in zip(*several, strict=True)))


def failed(findings: Sequence[Finding]) -> dict[str, str]:
    return {finding.metric: finding.verdict for finding in findings if not finding.ok}


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("skewed", [False, True])
def test_an_unchanged_system_fails_one_check_in_twenty(seeds: int, skewed: bool) -> None:
    rng, alarms, repeats = np.random.default_rng(seeds), 0, 400
    for _ in range(repeats):
        values = rng.standard_normal((seeds + 1, 1, 53)) + rng.standard_normal((seeds + 1, 8, 53))
        values = np.exp(values) if skewed else values
        alarms += exchange_test(values, np.ones_like(values), deals=199).p.min() <= 0.05
    # three standard errors of a share of 5% over the repeats
    assert 0.017 < alarms / repeats < 0.083


def test_a_worse_system_is_seen_and_by_more_seeds_better() -> None:
    def power(seeds: int) -> float:
        found = []
        for repeat in range(24):
            mine, *others = (run(100 * repeat + seed, drawn(100 * repeat + seed, 0.8 * (seed == 0)))
                             for seed in range(seeds + 1))  # fmt: skip
            found.append("m0" in failed(check(mine, together(*others))))
        return float(np.mean(found))

    assert 0.3 < power(1) < power(4) and power(4) > 0.6


def test_better_or_rounded_is_no_failure() -> None:
    assert not failed(check(run(1, drawn(1, shift=-3)), run(0, drawn(0))))
    base = drawn(0)
    rounded = {name: values + 1e-5 * abs(values.mean()) for name, values in base.items()}
    (first, *_) = check(run(0, rounded), run(0, base))
    assert first.ok and first.verdict == "no worse", "every example is worse, by what two machines differ"


def test_the_correction_is_for_all_metrics_of_all_systems() -> None:
    def both(seed: int, shift: float = 0.0) -> Values:
        return together(run(seed, drawn(seed, shift)), run(seed, drawn(seed + 50), variant="w"))

    alone = {f.metric: f.p for f in check(run(1, drawn(1, 0.7)), run(0, drawn(0)))}
    two = {(f.system, f.metric): f.p for f in check(both(1, 0.7), both(0))}
    assert two["mine:v", "m0"] == pytest.approx(2 * alone["m0"])


def test_what_a_seed_does_to_all_examples_together_is_added() -> None:
    names = tuple(NAMES)
    rng = np.random.default_rng(0)

    def case(moves: Sequence[float]) -> gate_test.Case:
        runs = [gate_test.Parts(names, names, rng.standard_normal(N) + move, np.ones(N)) for move in moves]
        return gate_test.Case("s", "m", False, runs[0], dict(enumerate(runs[1:])))

    still, moving = (gate_test.test([case(moves)])[0] for moves in ((1, 0, 0, 0, 0), (1, -1, 1, -1, 1)))
    assert still.p < 0.01 < moving.p


def test_missing_lost_changed_and_failed_rows() -> None:
    base = run(0, drawn(0))
    rows = base.rows.set_index("metric", drop=False)
    rows.loc["m1", "signature"] = "m1|n:53|v:2"
    rows.loc["m2", "n_failed"] = 2
    rows.loc["m3", ["value", "note"]] = math.nan, "too few clips"
    new = Values(rows.drop(index="m0").reset_index(drop=True), base.scores)
    found = failed(check(new, base))
    assert found == {
        "m0": "missing from the run",
        "m1": "the signature changed: v: 1 != 2",
        "m2": "the coverage changed: failed 0 -> 2",
        "m3": "the value is lost: too few clips",
    }
    assert failed(check(base, together(base, run(1, drawn(1))))) == {}


def test_another_number_of_voiced_clips_is_no_failure() -> None:
    few = {name: np.where(np.arange(N) < 4, np.nan, values) for name, values in drawn(1).items()}
    assert not failed(check(run(1, few), run(0, drawn(0))))


def test_a_rank_among_others_is_not_compared() -> None:
    old, new = run(0, drawn(0), competitors="mine:v other"), run(1, drawn(1, 5), competitors="mine:v third")
    assert all("a rank among others" in f.verdict for f in check(new, old) if f.metric != pairing.METRIC)
    assert "m0" in failed(check(run(1, drawn(1, 5), competitors="mine:v other"), old))


def test_an_older_version_in_the_baseline_stands_beside_the_new_one() -> None:
    old = run(0, drawn(0))
    rows = old.rows.assign(signature=old.rows["signature"].str.replace("v:1", "v:0"))
    both = together(Values(rows, old.scores.iloc[:0]), run(2, drawn(2)))
    findings = check(run(1, drawn(1)), both)
    assert not failed(findings) and {f.seeds for f in findings if f.metric != pairing.METRIC} == {1}


def test_reference_rows_must_stay_what_they_are() -> None:
    def row(variant: str, seed: int, value: float) -> Values:
        return run(seed, {"m": np.full(N, value)}, model="reference", variant=variant)

    assert not failed(check(row("same", 1, 2.0001), row("same", 0, 2.0)))
    assert "a decoder or the split" in failed(check(row("same", 1, 2.01), row("same", 0, 2.0)))["m"]
    assert "changed by -0.01" in failed(check(row("same", 1, 1.99), row("same", 0, 2.0)))["m"], (
        "better is no better"
    )
    assert failed(check(row("white_noise", 0, 2.01), row("white_noise", 0, 2.0)))
    (other,) = check(row("white_noise", 1, 2.01), row("white_noise", 0, 2.0))
    assert other.ok and "another seed" in other.verdict


@pytest.mark.parametrize("card", [reference.CARD, reference_image.CARD, reference_text.CARD], ids=lambda c: c.name)
def test_which_reference_rows_depend_on_the_seed(card, tmp_path: Path) -> None:
    def example(index: int) -> Example:
        return Example(
            f"e{index}", f"g{index}", audio=tmp_path / f"{index}.wav", reference_image=tmp_path / f"{index}.png",
            reference_text=f"one two three four five {index}",
        )  # fmt: skip

    def content(made: Generated) -> tuple[object, ...]:
        arrays = [None if array is None else array.tobytes() for array in (made.audio, made.image)]
        return made.path, made.text, *arrays

    examples = [example(index) for index in range(9)]
    for name, variant in card.variants.items():
        row = registry.load(variant.entry)("cpu", {})
        made = [[content(each) for each in row.generate(examples, seed)] for seed in range(2)]
        assert (made[0] != made[1]) == (name in structure.SEEDED), name


def test_a_baseline_without_values_by_example_is_refused(toy_world: Path, bench) -> None:
    bench(*RUN, "--out", "r")
    shutil.copy("r/rows.csv", "old.csv")
    done = bench("check", "r", "--baseline", "old.csv")
    assert done.code == 2 and len(done.err.strip().splitlines()) == 1
    assert "old.parquet: not there" in done.err and "bench publish RUN --to old.csv" in done.err
    with pytest.raises(BenchError, match="without values by example; make it anew"):
        check(run(1, drawn(1)), Values(run(0, drawn(0)).rows, run(0, drawn(0)).scores.iloc[:0]))
    Path("r/scores.parquet").unlink()
    with pytest.raises(BenchError, match=r"scores.parquet: not there.*; do this"):
        read(Path("r/rows.csv"), "do this")


def test_a_metric_without_values_by_example_is_said_to_be_untested() -> None:
    bare = [Values(each.rows, each.scores.iloc[:0]) for each in (run(1, drawn(1)), run(0, drawn(0)))]
    assert {f.verdict for f in check(*bare) if f.metric != pairing.METRIC} == {
        "not tested: the metric has no values by example"
    }


def swapped(count: int) -> list[int]:
    """An order of the examples in which the first `count` go round."""
    return [*range(1, count), 0, *range(count, N)]


@pytest.mark.parametrize("seeds", [1, 2, 4])
def test_outputs_of_other_examples_are_seen(seeds: int) -> None:
    base = together(*(run(seed, drawn(seed), like(seed)) for seed in range(1, seeds + 1)))
    own, other = (
        {f.metric: f for f in check(run(0, drawn(0), like(0, order)), base)}[pairing.METRIC]
        for order in (range(N), swapped(N))
    )
    assert own.ok and "cannot see" not in own.verdict and own.value > 0.5
    assert not other.ok and "mispaired" in other.verdict and abs(other.value) < 0.2


def test_a_fifth_of_the_outputs_swapped_is_seen_with_two_seeds() -> None:
    base = together(*(run(seed, drawn(seed), like(seed)) for seed in (1, 2)))
    assert set(failed(check(run(0, drawn(0), like(0, swapped(10))), base))) == {pairing.METRIC}


@pytest.mark.parametrize("seeds", [1, 2])
def test_the_gate_says_where_it_cannot_see_mispairing(seeds: int) -> None:
    def blind(new: Values, old: Values) -> str:
        finding = {f.metric: f for f in check(new, old)}[pairing.METRIC]
        assert finding.ok and finding.verdict.startswith("cannot see mispairing: ")
        return finding.verdict

    def unlike(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).standard_normal(MIX.shape)

    base = together(*(run(seed, drawn(seed), unlike(seed)) for seed in range(1, seeds + 1)))
    why = "publish another seed" if seeds == 1 else "no more alike for one example than for two"
    assert why in blind(run(0, drawn(0), unlike(0)), base)
    assert "no fingerprints" in blind(run(0, drawn(0), like(0)), run(1, drawn(1)))
    assert "no metric of the run" in blind(run(0, drawn(0)), base)


def test_swapped_outputs_hardly_ever_appear_where_nothing_depends_on_the_example() -> None:
    rng = np.random.default_rng(0)
    frames = [run(seed, {"m": np.zeros(N)}, rng.standard_normal((N, 8))).scores for seed in range(31)]
    verdicts = [pairing.judge("s", a, b) for a, b in itertools.pairwise(frames)]
    assert sum(not verdict.ok for verdict in verdicts) <= 2


def test_noise_and_a_missing_output_fail(toy_world: Path, bench) -> None:
    for name, seed in (("base", 0), ("again", 1)):
        bench(*RUN, "--model", "echo:twin", "--out", name, "--seed", seed)
    done = bench("check", "again", "--baseline", "base/rows.csv")
    assert done.code == 0, done.out
    made = Path("base/systems/echo.pocket/outputs")
    bench("score", made, "--task", "image2music", "--name", "echo:pocket", "--out", "alone")
    done = bench("check", "alone", "--baseline", "base/rows.csv")
    assert done.code == 0 and "not compared, a rank among others" in done.out, done.out
    noisy, fewer = Path("noisy"), Path("fewer")
    for folder in (noisy, fewer):
        shutil.copytree(made, folder)
    for path in noisy.iterdir():
        samples, rate = soundfile.read(path)
        noise = np.random.default_rng(0).standard_normal(len(samples))
        soundfile.write(path, np.clip(samples + 0.3 * noise, -1, 1), rate)
    (fewer / "toy.003.wav").unlink()
    score = ("score", "--task", "image2music", "--name", "echo:pocket")
    assert bench(*score, noisy, "--out", "r1").code == 0
    done = bench("check", "r1", "--baseline", "base/rows.csv")
    assert done.code == 1 and "worse by" in done.out
    assert bench(*score, fewer, "--out", "r2").code == 1
    done = bench("check", "r2", "--baseline", "base/rows.csv", "--json")
    bad = [finding for finding in json.loads(done.out) if not finding["ok"]]
    assert done.code == 1 and {finding["system"] for finding in bad} == {"echo:pocket"}
    assert all("coverage" in finding["verdict"] for finding in bad)


def test_the_command_and_its_json(toy_world: Path, bench) -> None:
    for seed in (0, 1, 2):
        assert bench(*RUN, "--out", f"r{seed}", "--seed", seed).code == 0
    for seed in (0, 1):
        assert bench("publish", f"r{seed}", "--to", "base.csv").code == 0
    done = bench("check", "r2", "--baseline", "base.csv", "--json")
    assert done.code == 0, done.out
    found = {(f["system"], f["metric"]): f for f in json.loads(done.out)}
    cosine = found["echo:pocket", "cosine_toy"]
    assert cosine["seeds"] == 2 and 0 < cosine["p"] <= 1 and cosine["ok"]
    assert found["echo:pocket", "pairing"]["value"] > 0.5
    assert found["reference:same", "cosine_toy"]["verdict"] == "unchanged"
    outputs = Path("r2/systems/echo.pocket/outputs")
    names = sorted(path.name for path in outputs.iterdir())
    Path("other").mkdir()
    for name, source in zip(names, [*names[5:], *names[:5]], strict=True):
        shutil.copy(outputs / source, Path("other") / name)
    assert bench("score", "other", "--task", "image2music", "--name", "echo:pocket", "--out", "swapped").code == 0
    done = bench("check", "swapped", "--baseline", "base.csv")
    assert done.code == 1 and "mispaired: " in done.out and "rows failed the check" in done.err


def test_what_the_gate_can_see_is_measured(toy_world: Path, bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perf, "SHARES", (0.2,))
    monkeypatch.setattr(perf, "COPIES", 1)
    for seed in range(4):
        bench(*RUN, "--out", f"r{seed}", "--seed", seed)
    done = bench("perf", "gate", "r0", "r1", "r2", "r3", "--json")
    assert done.code == 0, done.err
    lines = {(line["outputs"], line["share"], line["seeds"]): line for line in json.loads(done.out)}
    unchanged = lines["unchanged", 0.0, 1]
    assert unchanged["checks"] == 12 and lines["unchanged", 0.0, 3]["checks"] == 4
    assert lines["mispaired", 1.0, 3]["failed"] == 4 and "pairing" in lines["mispaired", 1.0, 3]["by"]
    assert lines["one clip", 1.0, 1]["failed"] == 12
    text = bench("perf", "gate", "r0", "r1", "r2").out
    assert "white noise" in text and "seeds" in text
    done = bench("perf", "gate", "r0", "r1", "r1")
    assert done.code == 2 and "three runs or more" in done.err
