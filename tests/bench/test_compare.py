"""`bench compare` and the board of the same runs, in the toy world."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pylatexenc.latexwalker import LatexWalker

from sightsound.bench.boards import compare as comparison
from sightsound.bench.boards import ties
from sightsound.bench.core import cards as door
from sightsound.bench.core import console, results, scores
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.statistics.difference import holm
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
        assert line["tie_a"] == line["tie_b"] == ("" if metric == "rank_toy" else "a") and line["p_holm"] > 0.05
        assert (line["n"], line["group_n"], line["group_effective"], line["note"]) == (12, 6, 6.0, "")
        assert line["seed_share"] is None and line["seeds_a"] == 1
        assert (line["p_swap"] is None) == (metric == "fad_toy"), "a swap test of means alone"


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
    assert rank["tie_a"] == rank["tie_b"] == "", "ranks have no letters"
    corrected = [line["p_holm"] for line in lines.values()]
    assert corrected == pytest.approx(holm([line["p"] for line in lines.values()])), "over all metrics"
    text = bench("compare", "r", "r2")
    assert "a - b" in text.out and "p swap" in text.out and "12 (6, 6.0)" in text.out
    assert "share a letter" in text.out and "seed" not in text.out
    assert "corrected over 3 comparisons, those with an interval of 1 x 3" in text.err


def test_the_board_says_what_compare_says(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    noisy(Path("r/systems/echo.pocket/outputs"), Path("files"), 0.05)
    bench("score", "files", "--task", "image2music", "--name", "mine", "--out", "r2")
    metrics = ("fad_toy", "cosine_toy")  # a rank is among the systems of its own run
    lines = pairs(bench("compare", "r", "r2", "--json"))
    lines = {key: line for key, line in lines.items() if key[0] in metrics}
    for run in ("r", "r2"):
        bench("publish", run)
    table = results.read(Path("results/measured.csv"))
    tested = table[~table["model"].str.startswith("reference") & table["metric"].isin(metrics)]
    parts = scores.parts(scores.read(Path("results/measured.parquet")))
    columns = ties.columns(console.records(tested), parts)
    found = {}
    for metric, p in zip(columns, ties.corrected(list(columns.values())), strict=True):
        letters = ties.letters(columns[metric], p)
        for (a, b), value in p.items():
            found[metric, a, b] = (value, columns[metric].found[a, b].detectable, letters[a], letters[b])
    p = holm([line["p"] for line in lines.values()])
    said = {
        key: (value, line["detectable"], line["tie_a"], line["tie_b"])
        for (key, line), value in zip(lines.items(), p, strict=True)
    }
    assert len({line["tie_a"] for line in lines.values()} | {line["tie_b"] for line in lines.values()}) > 1
    for (metric, a, b), (value, detectable, *letters) in said.items():
        assert found[metric, a, b] == (
            pytest.approx(value, abs=1e-6), pytest.approx(detectable, rel=1e-5, abs=1e-9), *letters
        )  # fmt: skip


def test_reference_rows_are_asked_for_and_few_groups_are_said(toy_world, bench):
    bench(*RUN, "--out", "r")
    lines = pairs(bench("compare", "r", "--references", "--json"))
    names = {name for _, a, b in lines for name in (a, b)}
    assert names == {"echo:pocket", *(f"reference:{n}" for n in ("same", "mispaired", "silence", "white_noise"))}
    assert not any(metric == "rank_toy" for metric, _, _ in lines)
    line = lines["cosine_toy", "reference:same", "reference:white_noise"]
    assert line["value_a"] > 0.999 > line["value_b"] and line["better"] == "reference:same"
    bench(*RUN, "--out", "few", "--limit", 6)
    lines = pairs(bench("compare", "few", "--references", "--json"))
    line = lines["cosine_toy", "reference:same", "reference:white_noise"]
    assert line["better"] == line["tie_a"] == "" and line["p_holm"] is None
    assert "are too few to tell systems apart; it takes 5" in line["note"]
    text = bench("compare", "few", "--references")
    assert "corrected over 0 comparisons" in text.err and "detectable" in text.out


def test_a_run_that_was_stopped_is_refused_before_anything_is_computed(toy_world, bench, monkeypatch):
    bench(*RUN, "--out", "r")
    bench(*RUN, "--out", "r2", "--seed", 1)
    journal = Path("r2/systems/echo.pocket/outputs.jsonl")
    for left, lines in ((5, journal.read_text().splitlines(keepends=True)[:7]), (12, [])):
        journal.write_text("".join(lines))
        monkeypatch.setattr(comparison, "gather", None)
        done = bench("compare", "r", "r2")
        assert done.code == 2 and done.err.count("\n") == 1, done
        assert f"echo:pocket was stopped with {left} of 12 examples to go; run it to its end first" in done.err
        assert "`bench run r2/run.toml` goes on" in done.err


def test_it_says_what_is_paired_and_what_is_left_out(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    bench(*RUN, "--out", "r2", "--seed", 1, "--metrics", "cosine_toy")
    done = bench("compare", "r", "--references")
    assert "paired example by example: cosine_toy (n 12)" in done.err
    assert "paired by what each example adds to the value of the set: fad_toy (n 12)" in done.err
    assert "positions of the systems among each other on each example: rank_toy (n 12)" in done.err
    assert "not paired, as half of the examples are no answer to all: reference:halves" in done.err
    assert "p sign" in done.out
    two = bench("compare", "r", "r2")
    assert "not compared, as not all runs have it: fad_toy, rank_toy" in two.err


def test_a_comparison_for_a_paper(toy_world, bench):
    bench(*RUN, "--out", "r")
    noisy(Path("r/systems/echo.pocket/outputs"), Path("files"), 0.05)
    bench("score", "files", "--task", "image2music", "--name", "mine_50+x=1", "--out", "r2")
    done = bench("compare", "r", "r2", "--latex", "--plot", "pairs.svg")
    assert done.code == 0 and "pairs.svg: written" in done.err, done
    LatexWalker(done.out, tolerant_parsing=False).get_latex_nodes()
    assert r"\textbf{echo:pocket} & mine\_50+x=1" in done.out and "corrected over 3 comparisons" in done.out
    assert "cosine\\_\\allowbreak{}toy|" in done.out, "the signature"
    assert Path("pairs.svg").read_text().startswith("<?xml")
    lines = pairs(bench("compare", "r", "r2", "--json"))
    assert lines["cosine_toy", "echo:pocket", "mine_50+x=1"]["p_sign"] == pytest.approx(2 * 0.5**6)
    assert lines["fad_toy", "echo:pocket", "mine_50+x=1"]["p_sign"] is None
    wrong = bench("compare", "r", "r2", "--plot", "pairs.gif")
    assert wrong.code == 2 and ".png, .svg, .pdf" in wrong.err and wrong.err.count("\n") == 1


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
        assert line["tie_a"] == line["tie_b"] == line["better"] == "", "who failed is tied with nobody"
    rank = lines["rank_toy", "echo:pocket", "mine"]
    assert rank["n"] == 12 and rank["value_a"] > rank["value_b"], "a missing output is last"


def test_the_same_system_with_two_seeds(toy_world, bench):
    bench(*RUN, "--out", "r")
    bench(*RUN, "--out", "r2", "--seed", 1)
    lines = pairs(bench("compare", "r", "r2", "--json"))
    line = lines["cosine_toy", "echo:pocket (r)", "echo:pocket (r2)"]
    assert line["note"] == "seeds 0, 1" and line["difference"] != 0


def test_seeds_of_one_system_are_one_system(toy_world, bench):
    for seed in range(3):
        bench(*RUN, "--model", "echo:twin", "--out", f"r{seed}", "--seed", seed)
    runs = ("r0", "r1", "r2")
    lines = pairs(bench("compare", *runs, "--seeds", "--json"))
    assert {key[1:] for key in lines} == {("echo:pocket", "echo:pocket_twin")}
    line = lines["cosine_toy", "echo:pocket", "echo:pocket_twin"]
    own = [results.read(Path(run) / "rows.csv") for run in runs]
    own = [rows[(rows["metric"] == "cosine_toy") & (rows["variant"] == "pocket")]["value"].item() for rows in own]
    assert line["value_a"] == pytest.approx(np.mean(own)) and len(set(own)) == 3
    assert line["seeds_a"] == line["seeds_b"] == 3 and line["n"] == 12
    assert line["better"] == "" and line["tie_a"] == "a"
    noisy(Path("r0/systems/echo.pocket/outputs"), Path("files"), 0.05)
    bench("score", "files", "--task", "image2music", "--name", "mine", "--out", "f")
    lines = pairs(bench("compare", *runs, "f", "--seeds", "--json"))
    line = lines["cosine_toy", "echo:pocket", "mine"]
    assert (line["seeds_a"], line["seeds_b"]) == (3, 1) and line["better"] == "echo:pocket"
    assert 0 <= line["seed_share"] <= 1
    rank = lines["rank_toy", "echo:pocket", "mine"]
    assert rank["p"] is None and "not compared over several seeds" in rank["note"]
    text = bench("compare", *runs, "f", "--seeds")
    assert "seed share" in text.out and "3, 1" in text.out and "%" in text.out


QUIET = "loud_toy"


def statistics(features: list[np.ndarray]) -> np.ndarray:
    """A metric that quiet clips have no value of, as clips without pitch have no THD: mean log energy."""
    loud = np.array([clip.mean() for clip in features])
    return np.where(loud > -6.8, loud, np.nan)


def aggregate(rows: np.ndarray, weights: np.ndarray) -> float:
    """The mean."""
    return float(weights @ rows / weights.sum())


def test_clips_without_a_value_are_left_out_for_all_and_a_system_without_any_is_no_side(toy_world, bench):
    need = (Need("generated", "spectrum", "embedding"),)
    door.add([MetricCard(QUIET, __name__, "single", True, need, "loudness", "tests")], __name__)
    words = ("--metrics", f"{QUIET},cosine_toy")
    bench(*RUN, "--out", "r", *words)
    files = Path("files")
    shutil.copytree("r/systems/echo.pocket/outputs", files)
    for name in ("toy.003.wav", "toy.008.wav"):
        samples, rate = soundfile.read(files / name)
        soundfile.write(files / name, np.zeros_like(samples), rate)
    score = ("score", files, "--task", "image2music", "--name", "mine", "--out", "r2", *words)
    assert bench(*score).code == 0, "no clip failed"
    line = pairs(bench("compare", "r", "r2", "--json"))[QUIET, "echo:pocket", "mine"]
    assert line["n"] == 10 and line["difference"] == pytest.approx(0, abs=1e-9)
    assert line["tie_a"] == line["tie_b"] == "a" and line["note"] == "mine has no value for 2"
    lines = pairs(bench("compare", "r", "r2", "--references", "--json"))
    assert lines[QUIET, "echo:pocket", "mine"]["n"] == 10
    silence = lines[QUIET, "echo:pocket", "reference:silence"]
    assert silence["value_b"] is None and "reference:silence has no value for 12" in silence["note"]
    assert silence["tie_b"] == "" and silence["p"] is None
    for run in ("r", "r2"):
        bench("publish", run)
    bench("leaderboard")
    cells = board_cells(QUIET)
    assert cells["echo:pocket"].split()[1:] == cells["mine"].split()[1:] != []
    assert len(cells["reference:silence"].split()) == 1


def board_cells(metric: str) -> dict[str, str]:
    """A column of the leaderboard: number and letters by system."""
    for table in Path("leaderboard.md").read_text().split("\n\n"):
        lines = [line[2:-2].split(" | ") for line in table.splitlines() if line.startswith("| ")]
        for place, head in enumerate(lines[0] if lines else ()):
            if head.removesuffix(" ↑").removesuffix(" ↓") == metric:
                cells = {line[0]: line[place].split("<br>")[0].replace("*", "") for line in lines[2:]}
                return {name: re.sub(r" ± \S+", "", cell) for name, cell in cells.items()}
    raise AssertionError(f"no column {metric}")


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


def test_the_board_has_letters_groups_and_the_smallest_difference(toy_world, bench):
    bench(*RUN, "--out", "r")
    noisy(Path("r/systems/echo.pocket/outputs"), Path("files"), 0.001)
    bench("score", "files", "--task", "image2music", "--name", "mine", "--out", "r2")
    for run in ("r", "r2"):
        bench("publish", run)
    assert bench("leaderboard").code == 0
    cells = board_cells("cosine_toy")
    letters = {name: cell.split()[1:] for name, cell in cells.items()}
    assert letters["reference:same"] == ["a"] != letters["echo:pocket"]
    assert letters["reference:white_noise"] not in (letters["echo:pocket"], [])
    assert letters["reference:halves"] == [], "it has no value"
    assert float(cells["*detectable*"]) > 0
    assert {board_cells(name)["mine"] for name in ("groups", "in effect")} == {"6", "6.0"}
    assert len(board_cells("rank_toy")["mine"].split()) == 1
    Path("results/measured.parquet").unlink()
    assert bench("leaderboard").code == 0
    assert len(board_cells("fad_toy")["mine"].split()) == 1, "without values by example no letters"
    assert "*detectable*" not in board_cells("fad_toy")
