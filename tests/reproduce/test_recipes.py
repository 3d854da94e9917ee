"""Recipes as files: what they name is there, what is wrong is one line, and a gap is what it says."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from sightsound.bench.core import registry, results
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from sightsound.bench.reproduce import figures, recipe, show
from sightsound.bench.reproduce.running import Table
from tests.conftest import Done

PUBLISHED = results.rows(results.read(results.CARRIED / "published.csv"))
MINE = """
title = "Mine"
paper = "Somebody 2020, table 1"
published = "mine/1"
[without]
fad_vggish = "nobody knows"
[[run]]
name = "one"
task = "image2music"
split = "wesnoth"
metrics = ["kl_passt", "thd"]
[run.called]
kl_passt = "kl"
[run.systems]
"theirs" = "mozart:pocket"
"""


@pytest.mark.parametrize("table", recipe.names())
def test_what_a_recipe_names_is_there(table: str) -> None:
    known = recipe.read(table)
    rows = [row for row in PUBLISHED if row.run == known.published]
    for run in known.runs:
        task = registry.task(run.task)
        assert task.name in registry.split_cards()[run.split].tasks
        for name in run.metrics:
            registry.metric(name, task)
        for spec in run.systems.values():
            (system,) = registry.systems(spec, preset="paper")
            assert run.task in system.card.tasks
        there = {results.label(row) for row in rows if row.task == (run.of_task or run.task)}
        assert known.ratings or not rows or set(run.systems) <= there, "systems of the table and no others"
        assert known.ratings or not rows or any(figures.answers(run, row) for row in rows), (
            "a run answers something"
        )
        assert run.why
    metrics = {metric for run in known.runs for metric in run.metrics}
    rated = {question.metric for question in known.ratings.asked.questions} if known.ratings else set()
    for fact in known.facts:
        assert fact.says and fact.source and set(fact.metrics) <= metrics | rated
    for name in known.without:
        assert any(name in (row.metric, f"{results.label(row)}/{row.metric}") for row in rows)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('title = "Mine"', ""), "mine.toml: lacks title"),
        (('title = "Mine"', "title = 3"), "mine.toml: title cannot be 3"),
        (('title = "Mine"', 'titel = "Mine"'), "mine.toml: no key named 'titel'; the nearest: title"),
        (('task = "image2music"', ""), "mine.toml: run 1: lacks task"),
        (('metrics = ["kl_passt", "thd"]', 'metrics = "thd"'), "mine.toml: run 1: metrics cannot be 'thd'"),
        (('"theirs" = "mozart:pocket"', "x = "), "mine.toml: is not TOML"),
        (("[run.systems]", "[[run]]"), "mine.toml: run 1: lacks systems"),
    ],
)
def test_what_is_no_recipe_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(MINE.replace(*change))
    with pytest.raises(BenchError) as raised:
        recipe.read("mine.toml")
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_unknown_names_get_the_nearest(bench: Callable[..., Done]) -> None:
    done = bench("reproduce", "mozart-1c")
    assert done.code == 2 and "mozart-1a" in done.err
    done = bench("reproduce", "mozart-1a", "--run", "tabel")
    assert done.code == 2 and "table" in done.err
    done = bench("reproduce", "mozart-1a", "--ratings", "answers.csv")
    assert done.code == 2 and "mozart-1a is no table of ratings" in done.err
    listed = bench("reproduce", "--list")
    assert listed.code == 0 and all(name in listed.out for name in recipe.names())


def row(metric: str, value: float, **more: object) -> Row:
    model = str(more.pop("model", "theirs"))
    return Row("mine/1", model, "", "image2music", "wesnoth", metric, value, **more)  # type: ignore[arg-type]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """One figure that is answered, one that is not, and a value of ours that the paper lacks."""
    (tmp_path / "mine.toml").write_text(MINE)
    known = recipe.read(str(tmp_path / "mine.toml"))
    published = [row("kl", 1.5, n=100), row("fad_vggish", 4.0), row("kl", 9.0, model="another")]
    ours = row("kl_passt", 1.75, model="mozart", ci_low=1.5, ci_high=2.25, n=12)
    found = figures.figures(known, published, known.runs, {("one", "theirs", "kl_passt"): ours})
    return Table(known, tmp_path / "out", tuple(found))


def test_a_gap_is_ours_less_theirs_with_our_interval(table: Table) -> None:
    kl, thd, fad, another = table.figures
    assert (kl.run, kl.ours, kl.published, kl.gap, kl.gap_interval) == ("one", "mozart", 1.5, 0.25, (0.0, 0.75))
    assert math.isnan(thd.published) and thd.note == "it did not run"
    assert (fad.run, fad.note) == ("", "nobody knows") and math.isnan(fad.gap)
    assert another.note == "no run of those that ran answers it"


def test_what_is_written(table: Table) -> None:
    show.write(table)
    page = (table.folder / show.MARKDOWN).read_text(encoding="utf-8")
    assert "| theirs | paper | 1.5 | – |" in page and "| mozart | ours | 1.750 | – |" in page
    assert "|  | gap | +0.250 [0, +0.750] | – |" in page and "nobody knows" in page
    lines = (table.folder / show.CSV).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5 and lines[0].startswith("run,task,split,system,ours,metric")
    assert "1.75,1.5,2.25,12,0,0.25,0,0.75" in lines[1]


def test_text_of_a_recipe_is_no_markup(tmp_path: Path) -> None:
    text = MINE.replace("nobody knows", "<script>alert(1)</script> | `x`").replace('"Mine"', '"=1+1"')
    (tmp_path / "mine.toml").write_text(text)
    known = recipe.read(str(tmp_path / "mine.toml"))
    found = figures.figures(known, [row("fad_vggish", 4.0)], known.runs, {})
    page = show.markdown(Table(known, tmp_path, tuple(found)))
    assert "<script" not in page and "&lt;script" in page and "`x`" not in page
    assert ",=1" not in show.as_csv(Table(known, tmp_path, tuple(found)))
