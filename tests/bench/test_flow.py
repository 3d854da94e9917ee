"""The way of the data through the commands, in the toy world."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightsound.bench.core import registry, results
from sightsound.bench.stages import choose
from sightsound.bench.stages.options import Options

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu")


def files(folder: Path) -> dict[str, bytes]:
    """Every output's bytes by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.wav"))}


def values(folder: Path) -> pd.DataFrame:
    """The run's rows without what a clock decides."""
    return results.read(folder / "rows.csv").drop(columns=["run", "seconds"])


def test_a_run_ends_with_a_table_and_rows(toy_world, bench):
    done = bench(*RUN, "--out", "r", "--json")
    assert done.code == 0, done.err
    rows = {(row["model"], row["variant"], row["metric"]): row for row in json.loads(done.out)}
    same = rows["reference", "same", "fad_toy"]
    assert same["value"] == pytest.approx(0, abs=1e-6) and same["n"] == 12 and same["group_n"] == 6
    echo = rows["echo", "pocket", "cosine_toy"]
    assert echo["ci_low"] <= echo["value"] <= echo["ci_high"] < 1
    noise = rows["reference", "white_noise", "fad_toy"]["value"]
    assert same["value"] < rows["echo", "pocket", "fad_toy"]["value"] < noise
    assert rows["reference", "halves", "fad_toy"]["n"] == 6
    halves = rows["reference", "halves", "fad_toy"]
    assert halves["ci_low"] is None and "no interval: 6 clips make 3 independent groups" in halves["note"]
    fads = [row for (_, _, metric), row in rows.items() if metric == "fad_toy" and row is not halves]
    assert all(row["ci_low"] >= 0 for row in fads)
    assert rows["reference", "halves", "cosine_toy"]["value"] is None
    assert "not paired" in rows["reference", "halves", "cosine_toy"]["note"]
    assert rows["echo", "pocket", "rank_toy"]["value"] is None, "one system alone has no rank"
    assert ("reference", "same", "rank_toy") not in rows
    assert "|n:12|ref:toy@" in same["signature"] and "|x:spectrum@" in same["signature"]
    table = bench(*RUN, "--out", "r")
    assert "echo:" in table.out and "silence" in table.out and "cosine_toy ↑" in table.out


def test_the_mispaired_reference_is_no_example_s_own(toy_world, bench):
    bench(*RUN, "--out", "r")
    lines = Path("r/systems/reference.mispaired/outputs.jsonl").read_text().splitlines()
    notes = {record["id"]: record["notes"]["of"] for record in map(json.loads, lines)}
    assert len(notes) == 12 and all(own != other for own, other in notes.items())
    assert sorted(notes) == sorted(notes.values())


def test_the_same_command_again_does_nothing(toy_world, bench):
    bench(*RUN, "--out", "r")
    before = {path: path.stat().st_mtime_ns for path in Path("r/systems").rglob("*") if path.is_file()}
    first = values(Path("r"))
    assert bench(*RUN, "--out", "r").code == 0
    assert before == {path: path.stat().st_mtime_ns for path in Path("r/systems").rglob("*") if path.is_file()}
    pd.testing.assert_frame_equal(first, values(Path("r")), check_exact=True)


def test_seeds(toy_world, bench):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert bench(*RUN, "--out", name, "--seed", seed).code == 0
    assert files(Path("a")) == files(Path("b"))
    assert files(Path("a/systems/echo.pocket")) != files(Path("c/systems/echo.pocket"))


def test_batches_and_limits_do_not_change_an_output(toy_world, bench):
    bench(*RUN, "--out", "a")
    bench(*RUN, "--out", "b", "--batch-size", 5, "--limit", 7)
    some = files(Path("b/systems/echo.pocket"))
    assert len(some) == 7 and some.items() <= files(Path("a/systems/echo.pocket")).items()


def test_another_run_s_folder_is_refused(toy_world, bench):
    bench(*RUN, "--out", "a")
    done = bench(*RUN, "--out", "a", "--seed", 5)
    assert done.code == 2 and "seed" in done.err and "--out" in done.err
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert bench(*RUN, "--out", "full").code == 2
    assert [path.name for path in Path("full").iterdir() if path.name != ".lock"] == ["mine.txt"]


def test_a_failed_example_costs_one_example(toy_world, bench):
    done = bench(*RUN, "--out", "r", "--set", "fail=toy.004", "--json")
    assert done.code == 1
    rows = [row for row in json.loads(done.out) if row["model"] == "echo"]
    assert {(row["n"], row["n_failed"]) for row in rows if row["metric"] != "rank_toy"} == {(11, 1)}
    journal = Path("r/systems").glob("echo*/outputs.jsonl")
    failed = [r for r in map(json.loads, next(journal).read_text().splitlines()) if r["error"]]
    assert [(r["id"], r["error"]) for r in failed] == [("toy.004", "toy.004: cannot be done")]


def test_a_rank_needs_two_and_sums_to_the_harmonic_number(toy_world, bench):
    done = bench(*RUN, "--model", "echo:twin", "--out", "r", "--json")
    ranks = [row for row in json.loads(done.out) if row["metric"] == "rank_toy"]
    assert sum(row["value"] for row in ranks) == pytest.approx(1.5)
    assert {row["competitors"] for row in ranks} == {"echo:pocket echo:pocket_twin"}


def start(*words: str, cache: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The toy's command in a process of its own."""
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.toy", *words],
        env=os.environ | {"SIGHTSOUND_CACHE": str(cache), "PYTHONPATH": root} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def slow_run(out: str, cache: Path) -> subprocess.Popen[bytes]:
    """A run slow enough to be killed in the middle of each stage."""
    return start(*RUN, "--out", out, "--set", "wait_s=0.02", cache=cache)


def test_a_killed_run_ends_with_the_rows_of_one_that_was_not(toy_world):
    began = time.monotonic()
    whole = slow_run("whole", toy_world / "cache1")
    assert whole.wait() == 0, whole.stderr.read()
    lasts_s = time.monotonic() - began
    rng, killed = random.Random(0), 0
    while killed < 10:
        began = time.monotonic()
        process = slow_run("killed", toy_world / "cache2")
        try:
            process.wait(rng.uniform(0.3, 1) * lasts_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        else:  # it came to its end: start afresh, so that ten kills hit unfinished runs
            lasts_s = min(lasts_s, time.monotonic() - began)  # the first may have shared the machine
            shutil.rmtree("killed")
            shutil.rmtree(toy_world / "cache2")
    last = slow_run("killed", toy_world / "cache2")
    assert last.wait() == 0, last.stderr.read()
    assert files(Path("killed")) == files(Path("whole"))
    pd.testing.assert_frame_equal(values(Path("killed")), values(Path("whole")), check_exact=True)


def test_memory_does_not_grow_with_the_clips(toy_world):
    peaks = {}
    for count in (50, 500):
        run = start(
            *(*RUN, "--out", f"r{count}", "--metrics", "fad_toy,cosine_toy,thd"),
            cache=toy_world / f"cache{count}",
            TOY_EXAMPLES=str(count),
            TOY_SECONDS="10",
        )
        errors = run.communicate()[1].decode()
        assert run.returncode == 0, errors
        peaks[count] = int(re.search(r"peak (\d+) MB", errors).group(1))
    clips_mb = 450 * 3 * 10 * 8000 * 4 / 1e6  # what the clips beyond the first 50 would take if they were kept
    assert peaks[500] - peaks[50] < 40 < clips_mb / 5, peaks


def test_publish_and_leaderboard(toy_world, bench):
    bench(*RUN, "--out", "r")
    assert bench("publish", "r").code == 0 and bench("publish", "r").code == 0
    measured = results.read(Path("results/measured.csv"))
    assert len(measured) == len(results.read(Path("r/rows.csv"))), "publishing twice adds nothing"
    shutil.copy(Path(__file__).parents[2] / "results/published.csv", "results/published.csv")
    assert bench("leaderboard").code == 0
    board = Path("leaderboard.md").read_text()
    assert "| echo:pocket |" in board and "mozarts_touch_2025/1a" in board and "4.625" in board


@pytest.mark.parametrize("damage", [b"", b"PK", b"half"])
@pytest.mark.parametrize("of", ["pack", "index"])
def test_a_damaged_feature_file_is_made_again(toy_world, bench, damage, of):
    bench(*RUN, "--out", "r")
    rows = Path("r/rows.csv").read_text()
    damaged = sorted(Path("cache/features").rglob(f"*.{of}"))
    assert damaged
    for features in damaged:
        whole = features.read_bytes()
        features.write_bytes(whole[: len(whole) // 2] if damage == b"half" else damage)
    done = bench(*RUN, "--out", "r")
    assert done.code == 0, done.err
    assert Path("r/rows.csv").read_text() == rows


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--model", "ekho", "--task", "image2music"), "echo"),
        (("run", "--model", "echo:poket", "--task", "image2music"), "pocket"),
        (("run", "--model", "echo", "--task", "image2musik"), "image2music"),
        (("run", "--model", "echo", "--task", "video2music", "--split", "toy"), "story2music"),
        ((*RUN, "--split", "tony"), "toy"),
        ((*RUN, "--metrics", "fad_tpy"), "fad_toy"),
        ((*RUN, "--preset", "paket"), "pocket"),
        ((*RUN, "--limit", "0"), "--limit"),
        ((*RUN, "--mirror", "nowhere"), "nowhere"),
        ((*RUN, "--set", "colour=red"), "colour"),
        ((*RUN, "--set", "colour"), "key=value"),
        (("score", "nowhere", "--task", "image2music", "--name", "x"), "nowhere"),
        (("check", "nowhere"), "rows.csv"),
        (("run", "--model", "no.such:Model", "--task", "image2music"), "no"),
    ],
)
def test_wrong_words_get_one_line(toy_world, bench, words, said):
    done = bench(*words)
    lines = [line for line in done.err.splitlines() if line.startswith("bench: ")]
    assert done.code == 2 and len(lines) == 1 and said in lines[0], done
    assert "Traceback" not in done.err


@pytest.mark.parametrize("listing", ["models", "metrics", "tasks", "splits", "doctor"])
def test_listings_also_as_json_and_nothing_else_there(toy_world, bench, listing):
    assert json.loads(bench(listing, "--json").out)
    assert bench(listing).out


def test_too_few_clips_give_no_number_but_the_reason(toy_world, bench):
    done = bench(*RUN, "--out", "r", "--limit", 1, "--json")
    rows = {(row["model"], row["variant"], row["metric"]): row for row in json.loads(done.out)}
    row = rows["echo", "pocket", "fad_toy"]
    assert row["value"] is None and "too few clips: 1, needs 2" in row["note"]
    cosine = rows["echo", "pocket", "cosine_toy"]
    assert cosine["n"] == 1 and cosine["ci_low"] is None, "one group has no interval"
    assert rows["reference", "mispaired", "cosine_toy"]["n_failed"] == 1 and done.code == 1


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['bench', '--help']\n"
        "from sightsound.bench.commands import app as cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print('heavy:', [m for m in ('torch', 'numpy', 'pandas', 'transformers') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout and "leaderboard" in done.stdout


def test_reference_rows_stand_where_the_task_has_them():
    assert len(choose.systems_for(Options("story2music"), references=True)) == 5
    rows = choose.systems_for(Options("lyrics2prompt"), references=True)
    assert {system.card.name for system in rows} == {"reference_text", "reference_lyrics"}


def test_a_system_that_fails_everywhere_has_rows_that_say_so(toy_world, bench, monkeypatch):
    monkeypatch.setattr("tests.toy.Echo.generate", lambda model, examples, seed: iter(()))
    done = bench("run", "--model", "echo", "--task", "image2music", "--out", "run", "--device", "cpu", "--json")
    rows = {row["metric"]: row for row in json.loads(done.out) if row["model"] == "echo"}
    assert done.code == 1
    assert all(row["value"] is None and row["n_failed"] == 12 for row in rows.values())
    assert rows["cosine_toy"]["note"] == "12 of 12 failed: the model gave no answer; too few clips: 0, needs 1"
    assert rows["fad_toy"]["note"] == "12 of 12 failed: the model gave no answer; too few clips: 0, needs 2"


def test_rows_of_frames_without_any_clip_have_no_value_either():
    """A metric that keeps several numbers a clip: no clips are no shape to be guessed."""
    from sightsound.bench.stages.values import aggregated

    assert not aggregated(registry.metric("thd"), np.zeros((0, 1, 2)), []).clips
