"""`bench cite`: every card has its citation, and a run's paragraph names all that it used."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest
from pylatexenc.latexwalker import LatexWalker

from sightsound.bench.citing import bibliography
from sightsound.bench.citing.used import formula_of
from sightsound.bench.core import cards as door
from sightsound.bench.core import provenance, registry
from tests.bench.test_flow import RUN

KINDS = ("model", "formula", "metric", "network", "split", "asset")


@pytest.fixture
def ours():
    """KIND:NAME of every card of ours, and what else is cited."""
    known = [f"{kind}:{name}" for kind in KINDS for name in door.cards(kind)]
    packages = [f"package:{name}" for name in provenance.PACKAGES]
    return [*known, *packages, "statistic:groups", "statistic:holm", "suite:sightsound"]


def test_every_card_has_its_citation(ours):
    assert [name for name in ours if not bibliography.of(*name.split(":", 1))] == []
    assert len(ours) > 250


def test_every_metric_is_cited_by_its_formula_and_its_networks():
    for name, card in registry.metrics().items():
        assert bibliography.of(*formula_of(name)), name
        for need in card.needs:
            assert bibliography.of("network", need.extractor), (name, need.extractor)


def test_no_entry_is_for_a_card_that_is_not_there(ours):
    patterns = [(entry.key, card) for entry in bibliography.entries() for card in entry.cards]
    assert [each for each in patterns if not any(fnmatchcase(name, each[1]) for name in ours)] == []


def test_the_entries_are_whole():
    keys = [entry.key for entry in bibliography.entries()]
    assert len(keys) == len(set(keys)) > 70
    for entry in bibliography.entries():
        names = [name for name, _ in entry.fields]
        assert {"author", "title"} <= set(names) and len(names) == len(set(names)), entry.key
        assert entry.bibtex.count("{") == entry.bibtex.count("}") and "cards =" not in entry.bibtex
        for name, value in entry.fields:
            assert value.isascii() and not re.search(r"(?<!\\)[&%#]", value), (entry.key, name)
            assert name != "eprint" or re.fullmatch(r"\d{4}\.\d{4,5}", value), entry.key


def test_a_card_s_arxiv_number_is_that_of_a_work_it_cites():
    for kind in ("model", "network"):
        for name, card in door.cards(kind).items():
            said = re.findall(
                r"arXiv:(\d{4}\.\d{4,5})", f"{getattr(card, 'paper', '')} {getattr(card, 'source', '')}"
            )
            cited = {dict(entry.fields).get("eprint") for entry in bibliography.of(kind, name)}
            assert set(said) <= cited, (kind, name)


def test_the_paragraph_of_a_run(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    done = bench("cite", "r", "--json")
    found = json.loads(done.out)
    kinds = {(each["kind"], each["name"]) for each in found["used"]}
    assert {("model", "echo:pocket"), ("metric", "fad_toy"), ("package", "torch")} <= kinds
    assert all(
        each["signature"] for each in found["used"] if each["kind"] == "metric" and each["name"] != "rank_toy"
    )
    text = bench("cite", "r").out
    paragraph, bibtex = text.split("\n@", 1)
    cited = set(re.findall(r"@([\w]+)", paragraph.replace("[limit", ""))) & {e.key for e in bibliography.entries()}
    assert {"sightsound", "paszke2019pytorch", "holm1979simple"} <= cited
    assert cited == set(re.findall(r"^@?\w+\{(\w+),$", bibtex, re.MULTILINE)), "what is cited is in the BibTeX"
    row = next(each for each in found["used"] if each["name"] == "fad_toy")
    assert row["signature"] in paragraph


def test_latex_and_a_file_of_bibtex(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    done = bench("cite", "r", "--latex", "--bib", "refs.bib")
    assert (
        done.code == 0
        and "refs.bib: " in done.err
        and "@" not in done.out.replace("@{}", "").partition("\\cite")[0]
    )
    LatexWalker(done.out, tolerant_parsing=False).get_latex_nodes()
    keys = {key for group in re.findall(r"\\cite\{([^}]*)\}", done.out) for key in group.split(",")}
    written = set(re.findall(r"^@\w+\{(\w+),$", (toy_world / "refs.bib").read_text(), re.MULTILINE))
    assert keys == written
    assert not re.search(r"(?<!\\)[%&#]", done.out), "a sign that LaTeX reads"


def test_outputs_given_as_files_are_nobody_s_model(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    given = bench("score", "r/systems/echo.pocket/outputs", "--task", "image2music", "--name", "echo:pocket",
                  "--out", "s")  # fmt: skip
    assert given.code == 0, given.err
    used = json.loads(bench("cite", "s", "--json").out)["used"]
    (model,) = [each for each in used if each["kind"] == "model"]
    assert model["says"] == "made elsewhere, its outputs given as files" and model["cited"] == []


def test_no_run_is_one_line(tmp_path, bench):
    done = bench("cite", tmp_path)
    assert done.code == 2 and "holds no run" in done.err and done.err.count("\n") == 1
