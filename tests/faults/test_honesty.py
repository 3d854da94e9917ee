"""What goes wrong must not make a number better: kinds of fault that once flattered a system."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsound.bench.core import results
from tests import toy
from tests.faults.ledger import saw

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "r")
SPLIT = ("--task", "image2music", "--device", "cpu")


@pytest.fixture
def outputs(toy_world, bench):
    """A folder with an output of each of the toy split's examples: the files that `echo` makes."""
    assert bench("generate", *RUN[1:]).code == 0
    (made,) = Path("r/systems").glob("echo*/outputs")
    shutil.copytree(made, "mine")
    return Path("mine")


def noise(path: Path) -> None:
    soundfile.write(path, 0.3 * np.random.default_rng(0).standard_normal(16000), toy.RATE_HZ, subtype="FLOAT")


def two_nan_samples(path: Path) -> None:
    samples, rate_hz = soundfile.read(path)
    samples[5:7] = np.nan
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")


def no_sample(path: Path) -> None:
    soundfile.write(path, np.zeros(0), toy.RATE_HZ)


def no_byte(path: Path) -> None:
    path.write_bytes(b"")


def a_page(path: Path) -> None:
    path.write_text("<html>not found</html>", encoding="utf-8")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


SPOILT = [two_nan_samples, no_sample, no_byte, a_page, cut_short]


def row(done, metric, model="mine"):
    return next(r for r in json.loads(done.out) if (r["model"], r["metric"]) == (model, metric))


@pytest.mark.parametrize("spoil", SPOILT)
def test_outputs_that_cannot_be_scored_stay_in_the_denominator(outputs, bench, spoil):
    """Four of twelve outputs are noise; spoilt on top, they must not vanish from the count."""
    files = sorted(outputs.iterdir())[:4]
    for file in files:
        noise(file)
    noisy = row(bench("score", "mine", *SPLIT, "--name", "mine", "--out", "a", "--json"), "fad_toy")
    for file in files:
        spoil(file)
    done = bench("score", "mine", *SPLIT, "--name", "mine", "--out", "b", "--json")
    spoilt = row(done, "fad_toy")
    assert done.code == 1
    assert (noisy["n"], noisy["n_failed"]) == (12, 0)
    assert (spoilt["n"], spoilt["n_failed"]) == (8, 4)
    assert spoilt["note"].startswith("4 of 12 failed: ")
    failures = Path("b/failures.csv").read_text(encoding="utf-8")
    assert all(f"mine,{file.stem}," in failures for file in files)
    assert "4 of 12" in done.err and "failures.csv" in done.err
    before = "FAD falls from that of the noise to that of the rest, n_failed 0, exit 0"
    now = (
        f"FAD {noisy['value']:.3g} -> {spoilt['value']:.3g} under n 8, n_failed 4, exit {done.code}; no tie letter"
    )
    saw(f"4 of 12 outputs: {spoil.__name__.replace('_', ' ')}", now, spoilt["note"], before)
    assert row(done, "rank_toy")["n_failed"] == 4


def test_a_system_with_failures_is_marked_and_not_tied(outputs, bench):
    two_nan_samples(sorted(outputs.iterdir())[0])
    bench("score", "mine", *SPLIT, "--name", "mine", "--out", "b")
    assert bench("publish", "b", "--to", "results/measured.csv").code == 0
    assert bench("leaderboard").code == 0
    lines = [text for text in Path("leaderboard.md").read_text().splitlines() if text.startswith("| mine")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    *values, counts = cells
    assert {line[0] for line in cells} == {"mine †"} and counts[-1] == "1"
    assert not any(cell.split("<br>")[0][-1:].isalpha() for line in values for cell in line[1:])


def test_a_reference_that_cannot_be_read_counts_for_every_system_alike(toy_world, bench):
    assert bench(*RUN).code == 0
    split = next(Path("cache/splits/toy").rglob("*.wav"))
    split.write_bytes(b"RIFF")
    done = bench(*RUN[:-1], "r2", "--json")
    assert done.code == 2 and split.name in done.err, done
    saw(
        "a prepared reference was overwritten",
        f"refused, exit {done.code}",
        done.err,
        "FAD of 12 against 11, n 12",
    )


@pytest.mark.parametrize("spoil", [two_nan_samples, no_sample, cut_short])
def test_a_split_whose_reference_cannot_be_read_fails_its_verification(toy_world, bench, spoil):
    """A folder of the user's own whose manifest records what is broken: verified, and counted for all alike."""
    assert bench(*RUN).code == 0
    shutil.copytree("cache/splits/toy", "own")
    assert bench("splits", "verify", "own").code == 0
    broken = sorted(Path("own").rglob("*.wav"))[4]
    spoil(broken)
    text = Path("own/manifest.csv").read_text()
    old = hashlib.sha256((Path("cache/splits/toy") / broken.relative_to("own")).read_bytes()).hexdigest()
    Path("own/manifest.csv").write_text(text.replace(old, hashlib.sha256(broken.read_bytes()).hexdigest()))
    checked = bench("splits", "verify", "own")
    assert checked.code == 1 and broken.name in checked.out, checked
    done = bench(*RUN[:-1], "r2", "--split", "own", "--json")
    made = ("pocket", "silence", "white_noise")  # the other reference rows also hand out the broken file
    rows = [r for r in json.loads(done.out) if r["metric"] == "cosine_toy" and r["variant"] in made]
    assert done.code == 1 and {(r["n"], r["n_failed"]) for r in rows} == {(11, 1)}
    saw(
        f"a reference: {spoil.__name__.replace('_', ' ')}", "fails verify; 1 of 12 failed for all", rows[0]["note"]
    )


def test_an_output_that_was_changed_in_place_is_not_scored(toy_world, bench):
    assert bench(*RUN).code == 0
    changed = sorted(Path("r/systems").glob("echo*/outputs/*"))[3]
    shutil.copy(sorted(Path("r/systems").glob("reference.same/outputs/*"))[3], changed)
    done = bench(*RUN, "--json")
    found = row(done, "fad_toy", "echo")
    assert done.code == 1 and found["n_failed"] == 1 and "changed after it was made" in found["note"]
    again = bench(*RUN, "--retry-failed", "--json")
    assert again.code == 0 and row(again, "fad_toy", "echo")["n_failed"] == 0
    saw(
        "an output was replaced by its reference",
        "counts as failed, exit 1",
        found["note"],
        "a better FAD, exit 0",
    )


def test_another_version_of_a_system_is_not_credited_with_its_outputs(toy_world, bench):
    code = """
import numpy as np
from sightsound import Generated, ModelCard

class Drone:
    card = ModelCard("drone", ("image2music",), {}, "one note", "MIT")

    def __init__(self, device, weights):
        pass

    def generate(self, examples, seed):
        for example in examples:
            yield Generated(example.id, LOUD * np.sin(np.arange(16000) / 9), 8000)
"""
    command = ("run", "--model", "drones:Drone", *SPLIT, "--out", "d")
    Path("drones.py").write_text(code.replace("LOUD", "0.3"))
    assert bench(*command).code == 0
    Path("drones.py").write_text(code.replace("LOUD", "0.1"))
    done = bench(*command)
    assert done.code == 2 and "another version of drones" in done.err and "--remake" in done.err, done
    assert bench(*command, "--remake").code == 0
    assert bench(*command).code == 0
    saw("a model's code was edited between two runs", "refused, exit 2; --remake makes anew", done.err, "a blend")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "reference:same", "reference_image", "x" * 101, "a\nb"])
def test_a_name_that_would_harm_is_refused(outputs, bench, name):
    assert bench("score", "mine", *SPLIT, "--name", "good", "--out", "b").code == 0
    kept = sorted(path.name for path in Path("b/systems").iterdir())
    done = bench("score", "mine", *SPLIT, "--name", name, "--out", "b")
    assert done.code == 2 and done.err.count("\n") == 1, done
    assert sorted(path.name for path in Path("b/systems").iterdir()) == kept
    saw(
        f"--name {name[:20]!r}",
        "refused, nothing removed",
        done.err,
        "outputs deleted, exit 0" if not name else "",
    )


def test_an_unfinished_run_does_not_lose(outputs, bench, monkeypatch):
    assert bench("run", *RUN[1:-1], "a").code == 0
    calls = []

    def stops(model, examples, seed):
        calls.append(len(examples))
        raise KeyboardInterrupt

    monkeypatch.setattr("tests.toy.Echo.generate", stops)
    stopped = bench("run", *RUN[1:-1], "b")
    assert stopped.code == 130 and "stopped; the same command goes on from here" in stopped.err
    done = bench("compare", "a", "b")
    assert done.code == 2 and "to go" in done.err, done
    saw(
        "a run that was stopped before its first output, compared",
        "refused, exit 2",
        done.err,
        "rank 1.0, p = .028",
    )


def test_rows_of_a_part_stand_beside_those_of_the_whole(toy_world, bench):
    assert bench(*RUN).code == 0 and bench("publish", "r", "--to", "m.csv").code == 0
    whole = results.read(Path("m.csv"))
    assert bench(*RUN[:-1], "part", "--limit", 5).code == 0
    assert bench("publish", "part", "--to", "m.csv").code == 0
    both = results.read(Path("m.csv"))
    assert len(both) == 2 * len(whole) and set(both["split"].str.contains("limit5")) == {True, False}
    saw("rows of --limit 5 published beside the whole", "both stand", "", "the whole system's rows were deleted")


def test_few_groups_have_no_interval_and_none_leaves_the_range(toy_world, bench):
    rows = {(r["variant"], r["metric"]): r for r in json.loads(bench(*RUN, "--json").out)}
    halves, same = rows["halves", "fad_toy"], rows["same", "cosine_toy"]
    assert halves["value"] is not None and halves["ci_low"] is None and "it takes 5" in halves["note"]
    assert same["ci_high"] <= 1
    distances = [row for (_, metric), row in rows.items() if metric == "fad_toy" and row["ci_low"] is not None]
    assert distances and all(row["ci_low"] >= 0 for row in distances)
    saw("a value over 3 independent groups", "no interval, no letter", halves["note"], "an interval, too narrow")
