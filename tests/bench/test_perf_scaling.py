"""`bench perf store` and `bench perf scaling` at sizes of seconds, and what the values of large sets rest on."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from sightsound.bench.core import registry, scores
from sightsound.bench.perf import made_features, scaling
from sightsound.bench.stages import score, values
from sightsound.metrics import streams
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.rows import stack
from sightsound.metrics.statistics.parts import jackknife


def test_the_store_is_measured(bench):
    done = bench("perf", "store", "--count", "60", "--json")
    found = {each["what"]: each for each in json.loads(done.out)}
    assert found["files"]["value"] == 3 and found["60 clips put, times as fast as one file a clip"]["ok"], done.out


def test_scaling_is_measured_in_processes(bench):
    done = bench("perf", "scaling", "--sizes", "12", "--json")
    assert done.code == 0, done.err
    (run,) = json.loads(done.out)["runs"]
    assert run["clips"] == 12 and run["scored_s"] > 0
    assert all(50 < run[field] < 4000 for field in scaling.PEAKS.values())
    assert bench("perf", "scaling", "--sizes", "9").code == 2


def test_a_second_scoring_is_measured(bench):
    done = bench("perf", "again", "--count", "5", "--json")
    again, anew = json.loads(done.out)
    assert anew["ok"], f"the rows are others: {done.err}"
    assert 0.2 < again["value"] < 60 and 0.2 < anew["value"] < 60


def test_stored_features_are_scored_without_what_takes_long_to_import(tmp_path):
    code = f"""
import sys
from pathlib import Path
from sightsound.bench.commands.app import app
from sightsound.bench.perf import scaling
from sightsound.bench.stages import choose, run
folder = Path({str(tmp_path)!r})
scaling._filled(folder, 12, ["made0", "made1"])
scaling._scored(folder, 12, 2)
assert choose.device_of("cpu") == "cpu"
print(*sorted({{"torch", "transformers", "scipy.stats", "scipy.sparse"}} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"


def test_memory_that_grows_is_missed():
    small = scaling.Run(2500, 1.0, 1.0, 1.0, 1.0, 600.0, 1.0, 600.0, 1.0, 600.0)
    for field in scaling.PEAKS.values():
        for peak, missed in ((700.0, 0), (900.0, 1)):
            found = scaling.figures([small, small._replace(clips=25000, **{field: peak})])
            told = [each.ok for each in found if "times that of 2500" in each.what]
            assert (len(told), told.count(False)) == (3, missed)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("at_once", [7, 1000])
def test_a_distance_in_pieces_is_that_of_the_definition(monkeypatch, at_once, kind):
    monkeypatch.setattr(streams, "AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    rows, others = rng.standard_normal((2, 60, 3, 5)) @ rng.standard_normal((5, 5)) + [[[[1.0]]], [[[2.0]]]]
    rows[::4, 2] = np.nan
    rows, others = rows.astype(kind), others.astype(kind)
    assert not np.isnan(rows[:, :2]).any()
    weights = rng.integers(0, 3, (4, 60)).astype(float)
    for mine, theirs in zip(weights, weights[::-1], strict=True):
        want = defined(rows, mine, others, theirs)
        assert frechet.aggregate(rows, mine, others, theirs) == pytest.approx(want, rel=1e-10)
        found = frechet.replicates(rows, mine[None], others, theirs[None])
        assert found[0] == pytest.approx(want, rel=1e-10)


def test_the_parts_of_a_distance_are_those_without_each_clip():
    rng = np.random.default_rng(1)
    rows, others = rng.standard_normal((2, 30, 2, 4))
    value = frechet.aggregate(rows, np.ones(30), others, np.ones(30))
    names = [str(clip) for clip in range(30)] * 2

    def slow(kept):
        return np.array([defined(rows, one[:30] * 1.0, others, one[30:] * 1.0) for one in kept])

    def fast(kept):
        return frechet.replicates(rows, kept[:, :30] * 1.0, others, kept[:, 30:] * 1.0)

    one, other = (jackknife(each, value, names, names).values for each in (fast, slow))
    np.testing.assert_allclose(one, other, atol=1e-10 * 60)


def defined(rows, weights, others, other_weights):
    """The Fréchet distance by np.cov and the eigenvalues of the covariances' product."""
    means, covariances = [], []
    for side, weight in ((rows, weights), (others, other_weights)):
        clips = [clip[~np.isnan(clip[:, 0])] for clip in side]
        frames = np.repeat(
            np.concatenate(clips).astype(np.float64), np.repeat(weight.astype(int), list(map(len, clips))), axis=0
        )
        means.append(frames.mean(axis=0))
        covariances.append(np.cov(frames, rowvar=False))
    roots = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).real).sum()
    return np.square(means[0] - means[1]).sum() + sum(map(np.trace, covariances)) - 2 * roots


def test_parts_are_let_go_when_they_are_copied():
    parts = [np.ones((2, 3)), np.zeros((1, 2))]
    found = stack(parts, consumed=True)
    assert np.isnan(found[2, 2]) and [len(part) for part in parts] == [0, 0]


def test_what_is_written_is_the_table_in_its_order(tmp_path, monkeypatch):
    systems, cards = made_features.systems(2), made_features.cards()
    labels = [each.label for each in systems]
    made_features.fill(tmp_path / "features", 12, labels, cards)
    stored = made_features.stored(tmp_path / "features", 12, labels, cards)
    made = score.score(stored, systems, cards, made_features.TASK)
    assert all(row.n == 12 for row in made.rows) and values.LOADED > 12
    for rows in (1 << 17, 5):
        monkeypatch.setattr(scores, "ROWS", rows)
        scores.write(tmp_path / "streamed.parquet", made.scores)
        scores.write_table(tmp_path / "table.parquet", scores.table(made.scores))
        one, other = (scores.read(tmp_path / name) for name in ("streamed.parquet", "table.parquet"))
        assert one.equals(other) and len(one) > 100


def test_rows_that_are_read_block_by_block_give_the_same(tmp_path, monkeypatch):
    systems, cards = made_features.systems(1), [registry.metric(name) for name in ("fad_musicnn", "thd")]
    labels = [each.label for each in systems]
    made_features.fill(tmp_path / "features", 150, labels, cards)
    stored = made_features.stored(tmp_path / "features", 150, labels, cards)
    plain = score.score(stored, systems, cards, made_features.TASK)
    monkeypatch.setattr(values, "MANY", 100)
    monkeypatch.setattr(streams, "AT_ONCE", 64)
    read = score.score(stored, systems, cards, made_features.TASK)
    for one, other in zip(plain.rows, read.rows, strict=True):
        assert (one.value, one.ci_low, one.ci_high, one.floor) == pytest.approx(
            (other.value, other.ci_low, other.ci_high, other.floor), rel=1e-9, nan_ok=True
        )
