"""The gate in a CI: JUnit XML, annotations, a baseline that is made anew with a reason."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from sightsound.bench.boards import ci
from sightsound.bench.boards.check import Finding
from sightsound.bench.core import results, scores
from tests.bench.test_flow import RUN

ROOT = Path(__file__).parents[2]
FINDINGS = [
    Finding(True, "thd", "a:b", 1.0, 0.9, "no worse", 3, 0.8),
    Finding(False, "kl_x", "a:b", 1.0, 2.0, "worse by 50%, twice:\x1b[31m <b>&amp;", 3, 0.001),
    Finding(True, "pairing", "a:b", math.nan, math.nan, "cannot see mispairing"),
]


def test_junit_has_a_case_a_finding():
    suite = ElementTree.fromstring(ci.junit(FINDINGS, "r\x07un")).find("testsuite")
    assert suite is not None and suite.attrib["tests"] == "3" and suite.attrib["failures"] == "1"
    cases = [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in suite]
    assert cases == [
        ("a:b", "thd", ["system-out"]),
        ("a:b", "kl_x", ["failure"]),
        ("a:b", "pairing", ["system-out"]),
    ]
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "worse by 50%, twice: [31m <b>&amp;" and "run 2.000" in str(failure.text)


def test_annotations_are_github_s_and_end_no_line():
    lines = ci.github(FINDINGS, Path("results/a,b.csv"))
    (line,) = lines
    assert line.startswith(
        "::error file=results/a%2Cb.csv,title=kl_x of a%3Ab::worse by 50%25, twice: [31m <b>&amp;"
    )
    assert line.endswith(" (baseline 1.000, run 2.000)")
    assert ci.github(FINDINGS[:1], Path("b.csv")) == ["::notice title=bench check::1 values are no worse"]


@pytest.fixture
def runs(toy_world: Path, bench: Callable) -> Path:
    """Three seeds of the toy world: two make a baseline."""
    for seed in range(3):
        assert bench(*RUN, "--seed", seed, "--out", f"r{seed}").code == 0
    for seed in range(2):
        assert bench("publish", f"r{seed}", "--to", "base.csv").code == 0
    return toy_world


def test_the_command_writes_junit_and_annotates_where_github_runs_it(runs, bench, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    check = ("check", "r2", "--baseline", "base.csv")
    done = bench(*check, "--junit", "out/gate.xml")
    assert done.code == 0 and "::" not in done.out
    assert ElementTree.parse("out/gate.xml").getroot().find("testsuite").attrib["failures"] == "0"
    assert "::notice title=bench check::" in bench(*check, "--github").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = bench(*check, "--json")
    assert json.loads(done.out) and "::notice" in done.err
    rows = Path("base.csv").read_text()
    Path("base.csv").write_text(rows.replace("|v:1", "|v:7"))
    done = bench(*check, "--junit", "gate.xml")
    assert (
        done.code == 1
        and "::error file=base.csv,title=fad_toy of echo%3Apocket::the signature changed" in done.out
    )
    assert "the signature changed" in Path("gate.xml").read_text()


def test_a_baseline_is_made_anew_with_a_reason_and_never_of_fewer_seeds(runs, bench):
    Path("base.csv").write_text(Path("base.csv").read_text().replace("|v:1", "|v:7"))
    before = Path("base.csv").read_bytes()
    update = ("check", "r1", "r2", "--baseline", "base.csv", "--update")
    assert "--update takes the reason" in bench(*update).err
    fewer = bench("check", "r2", "--baseline", "base.csv", "--update", "--reason", "x")
    assert fewer.code == 2 and "has 2 seeds of echo:pocket, and 1 would see less" in fewer.err
    shutil.copytree("r2", "again")
    twice = bench("check", "r2", "again", "--baseline", "base.csv", "--update", "--reason", "x")
    assert "several runs have one seed" in twice.err
    (Path("again") / "rows.csv").unlink()
    broken = bench("check", "r1", "again", "--baseline", "base.csv", "--update", "--reason", "x")
    assert "is not finished: it was not scored" in broken.err
    assert Path("base.csv").read_bytes() == before
    done = bench(*update, "--reason", "=a new noise, louder")
    assert done.code == 0 and "changed: cosine_toy of echo:pocket: was" in done.out, done
    table = results.read(Path("base.csv"))
    assert set(table["seed"]) == {1, 2} and not table["signature"].str.contains("v:7").any()
    assert set(scores.read(Path("base.parquet"))["seed"]) == {1, 2}
    lines = [json.loads(line) for line in Path("base.changes.jsonl").read_text().splitlines()]
    assert {line["reason"] for line in lines} == {"=a new noise, louder"}
    assert all(line["runs"] == ["r1", "r2"] for line in lines) and {"metric", "was", "now"} <= lines[0].keys()
    assert bench("check", "r1", "--baseline", "base.csv").code == 0
    assert bench(*update, "--reason", "again").code == 0
    first = bench("check", "r1", "r2", "--baseline", "first.csv", "--update", "--reason", "there was none")
    assert first.code == 0, first.err
    assert len(results.read(Path("first.csv"))) == len(table) and Path("first.parquet").exists()
    assert bench("check", "r1", "--baseline", "first.csv").code == 0
    told = Path("base.changes.jsonl").read_text().splitlines()
    assert len(told) == len(lines) + 1, "no value changed, and that is told too"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.S)


def test_the_workflow_and_the_hook_of_the_page_are_what_this_repository_has():
    (workflow, hook) = blocks("ci.md", "yaml")
    ours = (ROOT / ".github/workflows/gate.yml").read_text()
    assert workflow == ours
    made = yaml.safe_load(ours)
    steps = [step.get("run", "") for job in made["jobs"].values() for step in job["steps"]]
    assert any("make gate" in step for step in steps)
    assert "bench check" in (ROOT / "Makefile").read_text()
    (repo,) = yaml.safe_load(hook)["repos"]
    assert {"id", "name", "entry", "language"} <= set(repo["hooks"][0]) and "bench" in repo["hooks"][0]["entry"]
