"""`import sightsound`: light, complete, and equal to the command line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sightsound
from tests import toy
from tests.bench.test_flow import RUN


def test_the_name_alone_loads_nothing_heavy():
    code = (
        "import sys, sightsound; sightsound.ModelCard; sightsound.Asset\n"
        "print([m for m in ('torch', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # the types of audio and pictures are numpy's
    assert "torch" not in done.stdout and "pandas" not in done.stdout


def test_everything_public_is_there_and_documented():
    assert set(sightsound.__all__) <= set(dir(sightsound))
    for name in sightsound.__all__:
        item = getattr(sightsound, name)
        assert name.startswith("__") or item.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sightsound.nothing


def test_run_and_score_are_the_commands(toy_world):
    made = sightsound.run("echo", "image2music", device="cpu", out="runs/a", limit=6)
    assert set(made.rows["metric"]) == {"fad_toy", "cosine_toy", "rank_toy"}
    (outputs,) = Path("runs/a/systems").glob("echo*/outputs")
    again = sightsound.score(
        {"mine": outputs, "twin": outputs},
        "image2music",
        metrics=["fad_toy", "cosine_toy", "rank_toy"],
        device="cpu",
        out="runs/b",
        limit=6,
    )
    value, found = (
        {(row.model, row.metric): row.value for row in result.rows.itertuples()} for result in (made, again)
    )
    for name in ("mine", "twin"):
        assert found[name, "fad_toy"] == pytest.approx(value["echo", "fad_toy"], rel=1e-12)
        assert found[name, "rank_toy"] == pytest.approx(0.75)


def test_fad_of_two_folders_of_any_size(toy_world):
    rng = np.random.default_rng(0)
    for folder, count in (("a", 5), ("b/below", 3)):
        Path(folder).mkdir(parents=True)
        for index in range(count):
            tone = toy.tone(200 + 20 * index) + 0.01 * rng.standard_normal(round(toy.SECONDS * toy.RATE_HZ))
            soundfile.write(f"{folder}/{index}.wav", tone, toy.RATE_HZ)
    assert sightsound.fad("a", "a", "spectrum", device="cpu") == pytest.approx(0, abs=1e-6)
    assert sightsound.fad("a", "b", "spectrum", device="cpu") > 0
    with pytest.raises(sightsound.BenchError, match="no such folder"):
        sightsound.fad("a", "c", "spectrum")
    Path("empty").mkdir()
    with pytest.raises(sightsound.BenchError, match="holds no audio"):
        sightsound.fad("a", "empty", "spectrum")


def test_embed_and_metric(toy_world):
    soundfile.write("a.wav", toy.tone(300), toy.RATE_HZ)
    (features,) = sightsound.embed("spectrum", ["a.wav"], device="cpu")
    assert features["embedding"].shape[1] == 16
    metric = sightsound.metric("cosine_toy")
    metric.update([features["embedding"]], [features["embedding"]])
    assert metric.compute().item() == pytest.approx(1)
    Path("bad.wav").write_bytes(b"RIFF")
    with pytest.raises(sightsound.BenchError, match=r"bad\.wav"):
        sightsound.embed("spectrum", ["bad.wav"], device="cpu")


def test_results_come_with_the_package(tmp_path):
    rows = sightsound.read_results()
    assert {"published.csv", "measured.csv", "baseline.csv"} <= set(rows["file"])
    with pytest.raises(sightsound.BenchError, match="no result file"):
        sightsound.read_results(tmp_path)


def test_results_of_runs(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    alone = sightsound.read_results(runs=["r"])
    assert set(alone["file"]) == {"r/rows.csv"} and set(alone["run"]) == {"r"}
    assert bench("publish", "r", "--to", "kept/measured.csv").code == 0
    both = sightsound.read_results("kept", runs=["r"])
    assert len(both) == 2 * len(alone) and set(both["file"]) == {"r/rows.csv", "measured.csv"}
    with pytest.raises(sightsound.BenchError, match="holds no run"):
        sightsound.read_results(runs=["kept"])
