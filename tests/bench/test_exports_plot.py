"""`bench results plot`: the files are pictures, and what is drawn is what the rows say."""

from __future__ import annotations

import re

import pytest

from sightsound.bench.exports import plot
from tests.bench import made_results
from tests.bench.made_results import ODD, row

BEGINS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("ending", BEGINS)
def test_forest_in_each_format_twice_the_same(tmp_path, bench, ending):
    results = made_results.write(tmp_path / "results", row(ODD, "kl_yamnet", 1.5))
    made = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}{ending}"
        done = bench("results", "plot", "--results", results, "--out", out, "--metrics", "kl_yamnet,clap_score")
        assert done.code == 0 and "written" in done.err, done
        made.append(out.read_bytes())
    assert made[0].startswith(BEGINS[ending]) and made[0] == made[1]
    if ending == ".svg":
        text = made[0].decode()
        assert "<script" not in text and "KL YAMNet" in text


def test_metric_against_metric_says_what_correlates(tmp_path, bench):
    more = [
        row(name, metric, value, higher_is_better=metric == "clap_score")
        for name, kl, clap in (("c", 3.0, 0.2), ("d", 4.0, 0.1))
        for metric, value in (("kl_yamnet", kl), ("clap_score", clap))
    ]
    results = made_results.write(tmp_path / "results", *more)
    ask = ("results", "plot", "--results", results, "--kind", "against", "--x", "kl_yamnet", "--y", "clap_score")
    done = bench(*ask, "--out", tmp_path / "x.svg")
    said = re.search(r"Pearson's r (-0\.\d\d), Spearman's rho (-?\d\.\d\d) over n = 4 systems", done.err)
    assert done.code == 0 and said, done
    assert "n = 4 systems" in (tmp_path / "x.svg").read_text().replace("&#x27;", "'")
    few = bench(*ask, "--out", tmp_path / "y.svg", "--systems", "a,b")
    assert few.code == 0 and "no correlation: n = 2 systems under test, it takes 3" in few.err


def test_values_against_n_are_of_one_definition(tmp_path, bench):
    counts = {"n": 8, "group_n": 8, "group_effective": 8.0}
    split = "made[limit8]@123456"
    signature = f"kl_yamnet|n:8|ref:{split}|v:1"
    small = row("a", "kl_yamnet", 1.2, **counts, split=split, run="small", signature=signature)
    results = made_results.write(tmp_path / "results", small)
    ask = ("results", "plot", "--results", results, "--kind", "n", "--out", tmp_path / "n.png")
    assert bench(*ask, "--y", "kl_yamnet").code == 0
    alone = bench(*ask, "--y", "clap_score")
    assert alone.code == 2 and "no system has values at two numbers of examples" in alone.err


WRONG = {
    ("--out", "x.jpg"): ".png, .svg, .pdf",
    ("--out", "x.png", "--kind", "pie"): "no kind of plot named 'pie'",
    ("--out", "x.png", "--kind", "against", "--x", "kl_yamnet"): "--x METRIC and --y METRIC",
    ("--out", "x.png", "--kind", "n"): "--y METRIC",
    ("--out", "x.png", "--metrics", "fad"): "no metric among these rows",
    ("--out", "x.png"): "a plot is of one table, these are 2",
    ("--out", "/proc/nosuch/x.png", "--seed", "0"): "cannot be written",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_is_one_line(tmp_path, monkeypatch, bench, words):
    monkeypatch.chdir(tmp_path)
    made_results.write(tmp_path / "results", row("a", seed=1))
    done = bench("results", "plot", *words)
    assert done.code == 2 and WRONG[words] in done.err and done.err.count("\n") == 1, done


def test_correlation():
    assert (
        plot.correlation([(1, 3), (2, 2), (3, 1)]) == "Pearson's r -1.00, Spearman's rho -1.00 over n = 3 systems"
    )
    assert "same value" in plot.correlation([(1, 3), (1, 2), (1, 1)])
