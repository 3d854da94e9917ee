"""`bench compare` and the ties of the board, in the toy world."""

from __future__ import annotations

import json
import shutil
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsound.bench.boards import ties
from sightsound.bench.core import results
from tests.bench.test_flow import RUN


def pairs(done) -> dict[tuple[str, str, str], dict]:
    """The lines of `bench compare --json` by metric and systems."""
    assert done.code == 0, done.err
    return {(line["metric"], line["a"], line["b"]): line for line in json.loads(done.out)}


def test_systems_of_one_run(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    lines = pairs(bench("compare", "r", "--json"))
    assert set(lines) == {(m, "echo:pocket", "echo:pocket_twin") for m in ("fad_toy", "cosine_toy", "rank_toy")}
    rows = {row.metric: row for row in results.rows(results.read(Path("r/rows.csv"))) if row.model == "echo"}
    for (metric, _, _), line in lines.items():
        assert line["value_a"] == pytest.approx(rows[metric].value, rel=1e-9), "the value of rows.csv"
        assert line["difference"] == pytest.approx(0, abs=1e-9) and line["better"] == ""
        assert line["tie_a"] == line["tie_b"] == "a" and line["p_holm"] > 0.05
        assert (line["n"], line["group_n"], line["note"]) == (12, 6, "")


def noisy(source: Path, folder: Path, level: float) -> None:
    """Copies with white noise."""
    folder.mkdir()
    for index, path in enumerate(sorted(source.glob("*.wav"))):
        samples, rate = soundfile.read(path)
        noise = np.random.default_rng(index).standard_normal(len(samples))
        soundfile.write(folder / path.name, np.clip(samples + level * noise, -1, 1), rate)


def test_a_worse_system_of_another_run_is_found_worse(toy_world, bench):
    bench(*RUN, "--out", "r")
    noisy(Path("r/systems/echo.pocket/outputs"), Path("files"), 0.05)
    score = ("score", "files", "--task", "image2music", "--name", "mine")
    assert bench(*score, "--out", "r2").code == 0
    lines = pairs(bench("compare", "r", "r2", "--json"))
    for metric in ("fad_toy", "cosine_toy"):
        line = lines[metric, "echo:pocket", "mine"]
        assert line["better"] == "echo:pocket" and line["p"] < 0.05, line
        assert (line["tie_a"], line["tie_b"]) == ("a", "b")
        assert line["ci_low"] * line["ci_high"] > 0 and line["ci_low"] < line["difference"] < line["ci_high"]
        assert line["detectable"] < abs(line["difference"])
    rank = lines["rank_toy", "echo:pocket", "mine"]
    assert (rank["value_a"], rank["value_b"]) == (1.0, 0.5), "positions among the systems of both runs"
    text = bench("compare", "r", "r2")
    assert "echo:pocket" in text.out and "a - b" in text.out and "share a letter" in text.out


def test_reference_rows_are_asked_for_and_few_groups_are_said(toy_world, bench):
    bench(*RUN, "--out", "r")
    lines = pairs(bench("compare", "r", "--references", "--json"))
    names = {name for _, a, b in lines for name in (a, b)}
    assert names == {"echo:pocket", *(f"reference:{n}" for n in ("same", "mispaired", "silence", "white_noise"))}
    assert not any(metric == "rank_toy" for metric, _, _ in lines)
    line = lines["cosine_toy", "reference:same", "reference:white_noise"]
    assert line["value_a"] > 0.999 > line["value_b"]
    assert line["better"] == "" and "6 groups are too few" in line["note"]


def test_a_missing_output_leaves_its_example_out_for_all(toy_world, bench):
    bench(*RUN, "--out", "r")
    files = Path("files")
    shutil.copytree("r/systems/echo.pocket/outputs", files)
    (files / "toy.003.wav").unlink()
    assert bench("score", files, "--task", "image2music", "--name", "mine", "--out", "r2").code == 1
    lines = pairs(bench("compare", "r", "r2", "--json"))
    for metric in ("fad_toy", "cosine_toy"):
        line = lines[metric, "echo:pocket", "mine"]
        assert line["n"] == 11 and line["difference"] == pytest.approx(0, abs=1e-9)
        assert "mine has no value for 1" in line["note"]
    rank = lines["rank_toy", "echo:pocket", "mine"]
    assert rank["n"] == 12 and rank["value_a"] > rank["value_b"], "a missing output is last"


def test_the_same_system_with_two_seeds(toy_world, bench):
    bench(*RUN, "--out", "r")
    bench(*RUN, "--out", "r2", "--seed", 1)
    lines = pairs(bench("compare", "r", "r2", "--json"))
    line = lines["cosine_toy", "echo:pocket (r)", "echo:pocket (r2)"]
    assert line["note"] == "seeds 0, 1" and line["difference"] != 0


def test_rows_that_were_scored_otherwise_are_named(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    rows = Path("r/rows.csv")
    text = "\n".join(
        line.replace("|v:1", "|v:0") if "cosine_toy" in line else line for line in rows.read_text().splitlines()
    )
    rows.write_text(text + "\n")
    lines = pairs(bench("compare", "r", "--json"))
    note = lines["cosine_toy", "echo:pocket", "echo:pocket_twin"]["note"]
    assert note.startswith("echo:pocket: rows.csv and this differ in v: 0 != 1")
    assert lines["fad_toy", "echo:pocket", "echo:pocket_twin"]["note"] == ""


def test_what_cannot_be_compared(toy_world, bench):
    bench(*RUN, "--out", "r")
    bench(*RUN, "--out", "short", "--limit", 5)
    bench("generate", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "g")
    for words, said in (
        (("r", "short"), "limit"),
        (("r",), "--references"),
        (("r", "r"), "--references"),
        (("nowhere",), "holds no run"),
        (("g",), "not scored"),
    ):
        done = bench("compare", *words)
        lines = [line for line in done.err.splitlines() if line.startswith("bench: ")]
        assert done.code == 2 and len(lines) == 1 and said in lines[0], done
    assert not Path("nowhere").exists()


def row(model: str, value: float, half: float, **other) -> dict:
    """A row of the results with a symmetric interval."""
    cells = {"variant": "", "competitors": "", "n_failed": 0, "signature": "s", "higher_is_better": True}
    return cells | {"model": model, "value": value, "ci_low": value - half, "ci_high": value + half} | other


def test_ties_of_rows():
    # differences 1 and 1.2 against hypot(1, 1) = 1.41, and 2.2
    rows = [row("x", 3.2, 1), row("y", 2.2, 1), row("z", 1.0, 1)]
    assert ties.letters(rows) == {"x": "a", "y": "ab", "z": "b"}
    down = [dict(each, higher_is_better=False) for each in rows]
    assert ties.letters(down) == {"z": "a", "y": "ab", "x": "b"}
    broken = [row("x", 3.2, 1, n_failed=1), *rows[1:]]
    assert set(ties.letters(broken)) == {"y", "z"}, "who failed is not tied with anybody"
    odd = [*rows, row("halves", 3.2, 1, signature="t"), row("none", nan, nan)]
    assert ties.letters(odd) == ties.letters(rows)


def test_detectable_of_rows_by_hand():
    # standard error 1 each: 2.8016 x sqrt(2)
    rows = [row("x", 3, 1.959964), row("y", 2, 1.959964), row("reference", 0, 100)]
    assert ties.detectable(rows) == pytest.approx(2.801585 * 2**0.5, rel=1e-5)
    assert isnan(ties.detectable([row("x", 1, nan)]))


def test_the_board_has_letters_and_the_smallest_difference(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    bench("publish", "r")
    assert bench("leaderboard").code == 0
    board = Path("leaderboard.md").read_text()
    lines = {line.split(" | ")[0]: line.split(" | ") for line in board.splitlines() if line.startswith("| ")}
    heads = lines["| system"]
    place = next(i for i, head in enumerate(heads) if head.startswith("cosine_toy"))
    letters = {
        name: lines[f"| {name}"][place].split("<br>")[0].split()[1:]
        for name in ("echo:pocket", "echo:pocket_twin", "reference:same", "reference:white_noise")
    }
    assert letters["echo:pocket"] == letters["echo:pocket_twin"] != letters["reference:same"] == ["a"]
    assert letters["reference:white_noise"] != letters["echo:pocket"]
    assert float(lines["| *smallest difference seen*"][place]) > 0
