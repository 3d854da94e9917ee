"""The faults that flattered, planted in the real pocket metrics on the split `wesnoth`: what was, what is now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile

from sightsound.bench import splits
from tests.faults.ledger import saw
from tests.faults.test_honesty import SPOILT, noise

METRICS = "fad_musicnn,kl_musicnn"
COMMAND = ("score", "clips", "--task", "image2music", "--split", "wesnoth", "--name", "clips", "--limit", 12)


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """Music of other scenes as a system's outputs for twelve scenes, four of them noise."""
    monkeypatch.chdir(tmp_path)
    examples = splits.load("wesnoth", task="image2music", limit=12).examples
    Path("clips").mkdir()
    for example, other in zip(examples, [*examples[1:], examples[0]], strict=True):
        assert other.audio is not None
        shutil.copy(other.audio, f"clips/{example.id}{other.audio.suffix}")
    return sorted(Path("clips").iterdir())


def scored(bench, out):
    done = bench(*COMMAND, "--metrics", METRICS, "--device", "cpu", "--out", out, "--json")
    assert done.out, done.err
    return done.code, {row["metric"]: row for row in json.loads(done.out) if row["model"] == "clips"}


def test_four_of_twelve_that_cannot_be_scored(clips, bench):
    for path in clips[:4]:
        path.unlink()
        noise(path.with_suffix(".wav"))
    _, noisy = scored(bench, "a")
    for path in clips[:4]:
        SPOILT[0](path.with_suffix(".wav"))
    code, spoilt = scored(bench, "b")
    assert code == 1
    for metric in METRICS.split(","):
        assert (spoilt[metric]["n"], spoilt[metric]["n_failed"]) == (8, 4)
        assert spoilt[metric]["value"] < noisy[metric]["value"], "the rest alone would look better"
        values = f"{noisy[metric]['value']:.3g} -> {spoilt[metric]['value']:.3g}"
        saw(
            f"wesnoth: 4 of 12 clips noise, then spoilt by NaN, {metric}",
            f"{values}, n 8, n_failed 4, exit 1, no tie letter, marked †",
            spoilt[metric]["note"],
            f"{values}, n 8, n_failed 0, exit 0",
        )


def test_a_clip_with_few_voiced_frames_has_no_distortion(bench, tmp_path, monkeypatch):
    import numpy as np

    from sightsound.bench.core import registry
    from sightsound.bench.stages import reading
    from sightsound.metrics.networks.pocket import harmonics

    time_s = np.arange(160000) / 16000
    tone = 0.3 * np.sin(2 * np.pi * 220 * time_s) + 0.1 * np.sin(2 * np.pi * 440 * time_s)
    short = np.where(time_s < 0.3, tone, 0)
    card = registry.metric("thd")
    network = harmonics.load({}, "cpu")
    found = [network([clip.astype(np.float32)])[0] for clip in (tone, short)]
    rows = reading.module_of(card).statistics([f["thd"] for f in found], [f["voiced"] for f in found])
    assert rows[0] == pytest.approx(1 / 3, rel=0.02) and np.isnan(rows[1])
    voiced = int(found[1]["voiced"].sum())
    saw(
        f"THD of a clip with {voiced} voiced frames of {len(found[1]['voiced'])}",
        "no value, counted in the note",
        "",
        "counted like one with all frames voiced",
    )


def test_a_reference_that_a_system_overwrites_is_noticed(toy_world, bench, monkeypatch):
    """A model that overwrites the references with its own sound: the run is refused, and so is the next."""
    monkeypatch.delitem(__import__("sys").modules, "thief", raising=False)
    Path("thief.py").write_text(
        "import os, shutil\nfrom pathlib import Path\nimport numpy as np, soundfile\n"
        "from sightsound import Generated, ModelCard\n\n"
        "class Thief:\n    card = ModelCard('thief', ('image2music',), {}, 'x', 'MIT')\n"
        "    def __init__(self, device, weights): pass\n"
        "    def generate(self, examples, seed):\n"
        "        for path in Path(os.environ['SIGHTSOUND_CACHE']).glob('splits/toy/**/*.wav'):\n"
        "            soundfile.write(path, 0.3 * np.sin(np.arange(16000) / 9), 8000)\n"
        "        for example in examples:\n"
        "            yield Generated(example.id, 0.3 * np.sin(np.arange(16000) / 9), 8000)\n"
    )
    command = ("run", "--task", "image2music", "--device", "cpu")
    done = bench(*command, "--model", "thief:Thief", "--out", "a")
    assert done.code == 2 and "is not the file that toy@" in done.err, done
    again = bench(*command, "--model", "echo", "--out", "b")
    assert again.code == 2 and "is not the file" in again.err, again
    assert soundfile.info(next(Path("cache/splits/toy").rglob("*.wav"))).frames
    saw(
        "a model overwrites the references",
        "refused, exit 2, for it and for later runs",
        done.err,
        "428 -> 41, exit 0",
    )
