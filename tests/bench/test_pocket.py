"""The plain command on real pictures and real music: what the demo shows, the gate, the kill, the listener."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sightsound.baselines.composer import Composer
from sightsound.bench import assets
from sightsound.bench.core import media, results
from sightsound.bench.core.cache import cache_dir
from sightsound.metrics.networks.pocket import musicnn
from tests import tiny

ROOT = Path(__file__).parents[2]
RUN = ("run", "--model", "mozart", "--task", "image2music", "--device", "cpu")
SAD = "A slow, sad and melancholic piano ballad with mournful strings"
ENERGETIC = "Energetic, driving rock with heavy electric guitars, bass and pounding drums"


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with the user's cache and without a mirror."""
    return subprocess.run(
        [sys.executable, "-m", "sightsound", *map(str, words)],
        env={key: value for key, value in os.environ.items() if key != "SIGHTSOUND_MIRROR"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(folder: Path) -> dict[tuple[str, str], dict]:
    """Rows by (system, metric)."""
    table = results.read(folder / "rows.csv")
    return {(f"{row['model']}:{row['variant']}", row["metric"]): row for row in table.to_dict("records")}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of `make demo`."""
    folder = tmp_path_factory.mktemp("pocket") / "demo"
    done = bench(*RUN, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert "preset pocket" in done.stderr and "bench assets fetch yamnet" in done.stderr
    assert "kl_musicnn" in done.stdout
    return folder


@pytest.fixture(scope="module")
def noisy_and_fewer(demo: Path) -> tuple[Path, Path]:
    """The demo's outputs with noise added, and with a tenth of them missing."""
    made = demo / "systems" / "mozart.pocket" / "outputs"
    noisy, fewer = demo.parent / "noisy", demo.parent / "fewer"
    for folder in (noisy, fewer):
        shutil.copytree(made, folder)
    rng = np.random.default_rng(0)
    for path in sorted(noisy.iterdir()):
        samples, rate_hz = soundfile.read(path)
        level = np.sqrt(np.mean(samples**2))  # as loud as the music itself
        soundfile.write(path, np.clip(samples + level * rng.standard_normal(samples.shape), -1, 1), rate_hz)
    for path in sorted(fewer.iterdir())[::10]:
        path.unlink()
    return noisy, fewer


def test_the_table_has_the_model_its_ablation_and_the_reference_rows(demo):
    found = rows(demo)
    systems = {system for system, _ in found}
    assert systems == {"mozart:pocket", "mozart:pocket_no_bridge"} | {
        f"reference:{name}" for name in ("same", "halves", "mispaired", "silence", "white_noise")
    }
    for metric in ("fad_musicnn", "kl_musicnn", "inception_score_musicnn", "thd", "cosine_labels_tags_minilm"):
        row = found["mozart:pocket", metric]
        assert np.isfinite(row["value"]), metric
        assert np.isnan([row["ci_low"], row["ci_high"]]).all(), "12 groups, in effect 1.7: no interval"
        assert row["group_n"] <= 12 and row["group_effective"] < 2 and "it takes 5" in row["note"]
        assert 48 <= row["n"] <= 53 if metric == "thd" else row["n"] == 53, (
            "thd is of clips with enough voiced frames"
        )
        assert row["n_failed"] == 0 and row["seconds"] > 0
    ranks = [
        found[f"mozart:{name}", "rank_labels_tags_minilm"]["value"] for name in ("pocket", "pocket_no_bridge")
    ]
    assert sum(ranks) == pytest.approx(1.5)


def test_the_metrics_tell_sense_from_nonsense(demo):
    found = rows(demo)
    for metric in ("fad_musicnn", "fad_musicnn_mtt"):
        halves, mozart, silence, noise = (
            found[system, metric]["value"]
            for system in ("reference:halves", "mozart:pocket", "reference:silence", "reference:white_noise")
        )
        assert halves < mozart < min(silence, noise), metric
    same, mispaired = (found[f"reference:{name}", "kl_musicnn"]["value"] for name in ("same", "mispaired"))
    assert same <= 1e-9 < mispaired


def test_the_outputs_are_ten_seconds_of_sound_and_say_where_they_come_from(demo):
    lines = (demo / "systems/mozart.pocket/outputs.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 53 and all(
        record["notes"]["caption"] and record["notes"]["prompt"] for record in records
    )
    assert len({record["sha256"] for record in records}) == 53
    for record in records:
        samples, rate_hz = soundfile.read(demo / "systems/mozart.pocket" / record["path"])
        assert len(samples) == 10 * rate_hz and np.sqrt(np.mean(samples**2)) > 0.01


def test_the_gate_of_this_repository(demo):
    done = bench("check", demo)
    assert done.returncode == 0, done.stdout


def test_the_gate_passes_another_seed(demo):
    other = demo.parent / "seed1"
    assert bench(*RUN, "--seed", 1, "--out", other).returncode == 0
    assert (
        rows(other)["mozart:pocket", "kl_musicnn"]["value"] != rows(demo)["mozart:pocket", "kl_musicnn"]["value"]
    )
    done = bench("check", other, "--baseline", demo / "rows.csv")
    assert done.returncode == 0, done.stdout


def test_the_gate_fails_noise_and_missing_outputs(demo, noisy_and_fewer):
    score = ("score", "--task", "image2music", "--name", "mozart:pocket", "--device", "cpu")
    for folder, code, reason in zip(noisy_and_fewer, (0, 1), ("worse by", "the coverage changed"), strict=True):
        out = demo.parent / f"scored_{folder.name}"
        assert bench(*score, folder, "--out", out).returncode == code
        done = bench("check", out, "--baseline", demo / "rows.csv", "--json")
        bad = {f["metric"]: f["verdict"] for f in json.loads(done.stdout) if not f["ok"]}
        assert done.returncode == 1 and reason in bad["fad_musicnn_mtt"], done.stdout


def test_videos_are_scored_too(tmp_path):
    done = bench("run", "--model", "mozart", "--task", "video2music", "--limit", 3, "--out", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "r")
    assert found["mozart:pocket", "kl_musicnn"]["n"] == 3
    record = json.loads((tmp_path / "r/systems/mozart.pocket/outputs.jsonl").read_text().splitlines()[0])
    assert "frame_index" in record["notes"]["frames"]


def test_a_run_killed_ten_times_ends_with_the_same_bytes_and_rows(tmp_path):
    assets_cache = cache_dir()
    words = [*RUN, "--limit", "5", "--batch-size", "2", "--metrics", "kl_musicnn,thd,cosine_labels_tags_minilm"]

    def start(name: str) -> subprocess.Popen[bytes]:
        links = tmp_path / f"cache_{name}"  # the assets are shared, the features are not
        links.mkdir(exist_ok=True)
        for part in ("assets", "converted", "splits"):
            if not (links / part).exists():
                (links / part).symlink_to(assets_cache / part)
        return subprocess.Popen(
            [sys.executable, "-m", "sightsound", *words, "--out", str(tmp_path / name)],
            env=os.environ | {"SIGHTSOUND_CACHE": str(links)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=(tmp_path / f"{name}.err").open("wb"),
        )

    began = time.monotonic()
    assert start("whole").wait() == 0
    lasts_s = time.monotonic() - began
    rng, killed = random.Random(1), 0
    while killed < 10:
        began = time.monotonic()
        process = start("killed")
        try:
            process.wait(rng.uniform(0.2, 1.0) * lasts_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        else:  # it came to its end: start afresh, so that all kills hit unfinished runs
            lasts_s = min(lasts_s, time.monotonic() - began)  # the first may have shared the machine
            assert process.returncode == 0, (tmp_path / "killed.err").read_text()
            shutil.rmtree(tmp_path / "killed")
            shutil.rmtree(tmp_path / "cache_killed" / "features")
    assert start("killed").wait() == 0
    for path in (tmp_path / "whole").rglob("*.wav"):
        assert path.read_bytes() == (tmp_path / "killed" / path.relative_to(tmp_path / "whole")).read_bytes()
    tables = [
        results.read(tmp_path / name / "rows.csv").drop(columns=["run", "seconds"]) for name in ("whole", "killed")
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_the_paper_s_parts_run_from_a_mirror(tmp_path):
    tiny.make(tmp_path / "mirror")
    done = bench(
        *(*RUN, "--preset", "paper", "--mirror", tmp_path / "mirror", "--limit", 3, "--set", "seconds=2"),
        *("--metrics", "kl_musicnn", "--out", tmp_path / "r"),
    )
    assert done.returncode == 0, done.stderr
    row = rows(tmp_path / "r")["mozart:paper+seconds=2", "kl_musicnn"]
    assert row["n"] == 3 and "musicgen_small@" in row["versions"]


def test_a_listener_tells_the_sad_piece_from_the_energetic_one(tmp_path):
    composer = Composer("cpu", {"soundfont": assets.fetch("soundfont")})
    tagger = musicnn.load_mtt({"musicnn": assets.fetch("musicnn")}, "cpu")
    heard: dict[str, dict[str, float]] = {}
    for name, prompt in (("sad", SAD), ("energetic", ENERGETIC)):
        (piece,) = composer.generate([prompt], [3], 10.0)
        media.write_audio(tmp_path / "piece.wav", piece, composer.rate_hz)
        clip = media.load_audio(tmp_path / "piece.wav", [16000])[16000]
        probabilities = 1 / (1 + np.exp(-tagger([clip])[0]["logits"].mean(axis=0)))
        heard[name] = dict(zip(musicnn.MTT_TAGS, probabilities, strict=True))
        spectrum = np.abs(np.fft.rfft(clip))
        heard[name]["centroid_hz"] = float(
            (np.fft.rfftfreq(len(clip), 1 / 16000) * spectrum).sum() / spectrum.sum()
        )
    sad, energetic = heard["sad"], heard["energetic"]
    assert sad["piano"] > 0.8 > 0.5 > energetic["piano"]
    assert sad["slow"] > 0.2 > 0.1 > energetic["slow"]
    assert energetic["rock"] > 0.15 > 0.05 > sad["rock"]
    assert energetic["loud"] > 0.25 > 0.05 > sad["loud"]
    assert energetic["centroid_hz"] > 1.5 * sad["centroid_hz"]
