"""`bench results export`: tables as a paper prints them, rows as files, runs for Weights & Biases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from pylatexenc.latexwalker import LatexEnvironmentNode, LatexMacroNode, LatexWalker

from sightsound.bench.core import results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.exports import collect, hub, latex, markdown, sheets, tracking, wording
from sightsound.bench.exports.select import Selection
from sightsound.bench.exports.sheets import Sheet
from tests.bench import made_results
from tests.bench.made_results import FORMULA, ODD, row


def of(folder: Path, **selection) -> list[Sheet]:
    """The tables of a folder of results."""
    found = collect.sources(folder)
    return sheets.sheets(Selection(**selection).of(collect.rows(found)), scores.parts(collect.examples(found)))


def nodes(found) -> Iterator:
    """All nodes of parsed LaTeX."""
    for node in found or ():
        yield node
        for inner in (getattr(node, "nodelist", None), getattr(getattr(node, "nodeargd", None), "argnlist", None)):
            yield from nodes(inner)


def parsed(text: str) -> list:
    """The nodes of a text that is whole LaTeX; it raises for braces and environments that do not close."""
    found, _, _ = LatexWalker(text, tolerant_parsing=False).get_latex_nodes()
    return list(nodes(found))


def column(sheet: Sheet, metric: str) -> sheets.Column:
    (found,) = [each for each in sheet.columns if each.metric == metric]
    return found


def test_best_ties_and_reference_rows(tmp_path):
    (sheet,) = of(made_results.write(tmp_path / "results"))
    assert sheet.systems == ("a", "b", "reference:silence") and sheet.references == {"reference:silence"}
    kl, clap = column(sheet, "kl_yamnet"), column(sheet, "clap_score")
    assert {name for name, cell in kl.cells.items() if cell.best} == {"a"}, "silence is lower and no system"
    assert kl.cells["a"].letters != kl.cells["b"].letters
    assert {name for name, cell in clap.cells.items() if cell.best} == {"b"}
    assert clap.cells["a"].letters == clap.cells["b"].letters == "a", "not told apart, whoever is bold"
    said = " ".join(wording.caption(sheet, "half"))
    assert "n = 24 examples in 12 independent groups, in effect 12" in said and "Holm" in said
    assert ("CLAP score text", "clap_score|n:24|ref:made@123456|v:1", "") in wording.signatures(sheet)


def test_rows_of_unequal_signature_are_never_in_one_column(tmp_path):
    other = row("c", "kl_yamnet", 0.1, signature="kl_yamnet|n:24|ref:made@123456|v:2")
    fewer = row("d", "clap_score", 0.9, n=20, higher_is_better=True)
    failed = row("e", "clap_score", 0.8, n_failed=2, higher_is_better=True)
    (sheet,) = of(made_results.write(tmp_path / "results", other, fewer, failed))
    assert [each.name for each in sheet.columns] == ["KL YAMNet (1)", "KL YAMNet (2)", "CLAP score text"]
    first, second = sheet.columns[:2]
    assert "c" not in first.cells and second.cells.keys() == {"c"} and not second.cells["c"].best
    clap = column(sheet, "clap_score")
    assert not any(cell.best for cell in clap.cells.values()), "another n is another quantity"
    assert clap.cells["e"].failed and not clap.cells["e"].letters
    assert "† failed on examples" in " ".join(wording.caption(sheet, "half"))


def test_one_system_in_two_runs_has_two_lines_and_reference_rows_one(tmp_path):
    again = row("a", "kl_yamnet", 1.5, run="later"), row("reference:silence", "kl_yamnet", 0.5, run="later")
    folder = made_results.write(tmp_path / "results")
    results.write(folder / "later.csv", results.frame(again))
    (sheet,) = of(folder)
    assert sheet.systems == ("a (later)", "a (run)", "b", "reference:silence")


def test_latex_is_whole_and_names_mean_nothing_in_it(tmp_path):
    folder = made_results.write(tmp_path / "results", row(f"{ODD}:{FORMULA}", "kl_yamnet", 1.5))
    for document in (False, True):
        text = latex.tables(of(folder), document=document)
        found = parsed(text)
        macros = {node.macroname for node in found if isinstance(node, LatexMacroNode)}
        assert {"toprule", "midrule", "bottomrule", "caption", "textbf", "uparrow", "downarrow"} <= macros
        environments = [node.environmentname for node in found if isinstance(node, LatexEnvironmentNode)]
        assert "tabular" in environments and ("document" in environments) == document
        bold = [node for node in found if isinstance(node, LatexMacroNode) and node.macroname == "textbf"]
        assert len(bold) == 2, "the best of KL and of CLAP score"
    tabular = next(node for node in found if getattr(node, "environmentname", "") == "tabular")
    lines = [line for line in tabular.latex_verbatim().splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in lines} == {len(of(folder)[0].columns)}
    assert "<script>" not in text and "[U+4E2D]" in text and r"\'{n}" in text
    assert r"\textbackslash{}" in text and not any(ord(sign) > 127 for sign in text)


def test_markdown_is_a_table_and_no_markup_from_outside(tmp_path):
    text = markdown.tables(of(made_results.write(tmp_path / "results", row(ODD, "kl_yamnet", 1.5))))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace(r"\|", "").count("|") for line in lines}) == 1
    assert "<script>" not in text and "**" in text and "<sup>" in text
    assert r"\[e\]\(f\)" in text and r"\*d\*" in text


@pytest.mark.parametrize("form", ["half", "ends", "none"])
def test_intervals(form):
    even, uneven = row("a", value=1.234), row("a", value=1.0, ci_low=0.9, ci_high=2.0)
    shown = [wording.figures(vars(each), form)[1] for each in (even, uneven)]
    assert (
        shown
        == {"half": ["± 0.10", "[0.9, 2.0]"], "ends": ["[1.13, 1.33]", "[0.900, 2.00]"], "none": ["", ""]}[form]
    )


def test_published_figures_have_the_digits_of_their_source(bench):
    done = bench(*["results", "export", "--latex", "--source", "published", "--metrics", "fad_vggish"])
    assert done.code == 0 and parsed(done.out)
    assert "as published" in done.out and r"$\pm$" not in done.out and "Definitions" in done.out


def test_csv_and_parquet_are_read_again(tmp_path, bench):
    folder = made_results.write(tmp_path / "results", row("c", note=FORMULA, run=FORMULA))
    ask = ("results", "export", "--results", folder, "--systems", "c,b")
    done = bench(*ask, "--csv", "--out", tmp_path / "some.csv")
    assert done.code == 0 and "3 rows" in done.err
    assert (
        f",'{FORMULA}" in (tmp_path / "some.csv").read_text()
        and f",{FORMULA}" not in (tmp_path / "some.csv").read_text()
    )
    back = results.read(tmp_path / "some.csv")
    assert set(back["model"]) == {"b", "c"} and FORMULA in set(back["note"])
    assert bench(*ask, "--csv").out == (tmp_path / "some.csv").read_text()
    assert bench(*ask, "--parquet", "--out", tmp_path / "some.parquet").code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "some.parquet").astype(str), back.astype(str))


WRONG = {
    ("--latex", "--csv"): "2 forms are asked for",
    (): "no forms are asked for",
    ("--parquet",): "needs --out",
    ("--latex", "--task", "nosuch"): "no task among these rows named 'nosuch'",
    ("--latex", "--metrics", "kl_yamnt"): "the nearest: kl_yamnet",
    ("--latex", "--systems", "z"): "no system among these rows",
    ("--latex", "--split", "other"): "no split among these rows",
    ("--latex", "--seed", "7"): "of seed 7",
    ("--latex", "--source", "both"): "no source named",
    ("--latex", "--intervals", "sd"): "half, ends, none",
    ("--csv", "--out", "/proc/nosuch/x.csv"): "cannot be written",
    ("--csv", "--out", "."): "is a folder",
    ("--latex", "--push", "a/b"): "--push sends what --hub writes",
    ("--hub", "--out", ".", "--push", "../x"): "give owner/name",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_is_one_line(tmp_path, monkeypatch, bench, words):
    monkeypatch.chdir(tmp_path)
    made_results.write(tmp_path / "results")
    done = bench("results", "export", *words)
    assert done.code == 2 and WRONG[words] in done.err and done.err.count("\n") == 1, done


class FakeWandb:
    """What the export uses of wandb, kept in lists."""

    def __init__(self) -> None:
        self.runs: list[SimpleNamespace] = []
        self.Settings, self.Table = dict, lambda columns, data: (columns, data)

    def init(self, **given):
        run = SimpleNamespace(given=given, summary={}, logged={}, finished=0)
        run.log, run.finish = run.logged.update, lambda: setattr(run, "finished", run.finished + 1)
        self.runs.append(run)
        return run


def test_a_run_of_wandb_for_each_system(tmp_path, monkeypatch, bench):
    folder = made_results.write(tmp_path / "results", row("c", note=FORMULA))
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    done = bench("results", "export", "--wandb", "--results", folder, "--out", tmp_path / "sent", "--project", "p")
    assert done.code == 0 and "4 runs" in done.err
    first = fake.runs[0]
    assert first.given["mode"] == "offline" and first.given["dir"] == str(tmp_path / "sent")
    assert first.given["name"] == "a (run)" and first.given["project"] == "p"
    assert first.given["config"]["split"] == "made@123456"
    assert first.summary["kl_yamnet"] == pytest.approx(1.0, abs=0.1) and first.summary["kl_yamnet/n"] == 24
    assert first.summary["clap_score/signature"].startswith("clap_score|n:24")
    silence = fake.runs[-1].summary
    assert "thd" not in silence and "thd/signature" in silence, "no value is no number"
    columns, data = fake.runs[2].logged["rows"]
    assert data[0][columns.index("note")] == "'" + FORMULA
    assert all(run.finished == 1 for run in fake.runs)


def test_without_wandb_and_when_it_refuses(tmp_path, monkeypatch):
    rows = collect.rows(collect.sources(made_results.write(tmp_path / "results")))
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(BenchError, match="pip install wandb"):
        tracking.send(rows, "p", None)
    fake = FakeWandb()
    fake.init = lambda **given: (_ for _ in ()).throw(RuntimeError("no\nkey"))  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "wandb", fake)
    with pytest.raises(BenchError, match="no key; WANDB_MODE=offline or --out"):
        tracking.send(rows, "p", None)


def test_a_data_set_is_not_written_over_other_files(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BenchError, match=r"holds thesis\.tex"):
        hub.write(tmp_path, pd.DataFrame(), pd.DataFrame(), [])
    assert (tmp_path / "thesis.tex").read_text() == "mine"
