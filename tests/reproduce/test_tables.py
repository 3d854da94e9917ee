"""Every recipe runs from its command on tiny checkpoints, and every published figure it claims gets a value."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sightsound.bench.core import registry, results, spectrogram
from sightsound.bench.reproduce import figures, recipe
from sightsound.bench.reproduce.panels import SIDE
from sightsound.bench.splits.published.emotion import EMOTIONS
from sightsound.bench.stages import settings
from tests.conftest import Done

QUICK = {"seconds": "1", "steps": "1", "frames": "2", "candidates": "1"}
"""Options that make the systems quick, those that know them: a second of music, one step."""
PUBLISHED = results.rows(results.read(results.CARRIED / "published.csv"))
EXAMPLES = {"lawrence-5.1": 2, "lawrence-6.1": 4, "lawrence-6.2": 4}
EXAMPLES |= {"mgs-I": 1, "mozart-fig2": 1, "lawrence-fig4.2": 1, "lawrence-fig5.2": 1, "lawrence-fig6.1": 1}
"""Of a run, where not 3: MERT's convolutions are as wide as published and slow; precision and recall reach for the
third neighbour of a picture; a figure shows each example like any other."""
TARGET = 310
"""Published figures, of 318, that a command has to answer."""


def quick(known: recipe.Recipe) -> list[str]:
    """Words for those of QUICK that some system of a recipe knows."""
    specs = {spec for run in known.runs for spec in run.systems.values()}
    systems = [system for spec in specs for system in registry.systems(spec, preset="paper")]
    keys = {key for system in systems for key in settings.known(system) or ()} & QUICK.keys()
    return [word for key in sorted(keys) for word in ("--set", f"{key}={QUICK[key]}")]


def address(known: recipe.Recipe, server: str) -> list[str]:
    """Words that lead a recipe's chat models at an address to a server."""
    served = any("_openai" in spec for run in known.runs for spec in run.systems.values())
    return ["--set", f"llm_url={server}"] if served else []


def corpus(folder: Path) -> Path:
    """Texts that metrics compare with."""
    path = folder / "corpus.txt"
    path.write_text("a castle in the fog, oil painting\na small robot, trending\n")
    return path


def ratings(folder: Path, known: recipe.Recipe) -> Path:
    """Made answers to every question of a table, each pair of systems heard together where the paper has pairs."""
    assert known.ratings is not None
    names, asked = known.ratings.systems, known.ratings.asked
    lines = ["rater,example,system,question,answer,against"]
    for row in (row for row in PUBLISHED if row.run == known.published):
        own = results.label(row)
        other = next((name for name in row.competitors.split() if name != own), "")
        (question,) = (each for each in asked.questions if each.metric == row.metric)
        for rater in range(3):
            answer = int(own > other) if question.chooses else 3
            cells = (names.get(own, own), question.name, answer, names.get(other, other))
            lines.append(f"rater{rater},one,{','.join(map(str, cells))}")
    path = folder / f"{known.name}-answers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@cache
def recipes() -> tuple[recipe.Recipe, ...]:
    """All of them, read once."""
    return tuple(map(recipe.read, recipe.names()))


def answered(row: results.Row) -> str:
    """The recipe that claims to answer a published figure, or empty."""
    for known in recipes():
        if known.published != row.run or figures.reason(known, row):
            continue
        if figures.asked(known, row) or any(figures.answers(run, row) for run in known.runs):
            return known.name
    return ""


def test_how_many_figures_have_a_command() -> None:
    """That each really gets a value is what `test_every_figure_of_a_table_gets_a_value` shows."""
    left = [row for row in PUBLISHED if not answered(row)]
    for row in left:
        print(f"no command: {row.run} {results.label(row)} {row.task} {row.split} {row.metric}")
    count = len(PUBLISHED) - len(left)
    print(f"{count} of {len(PUBLISHED)} published figures have a command")
    assert count >= TARGET


def shown(run: recipe.Run, folder: str, panels: list[dict[str, Any]]) -> None:
    """Every system has its place beside what it was given, with what it made, and notes where it has any."""
    page = Path(folder, "table.md").read_text()
    sounds = registry.task(run.task).output == "audio"
    assert {panel["system"] for panel in panels} == {"given", "reference", *run.systems}
    for panel in panels:
        assert not panel["error"] and panel["picture"], panel
        assert f"]({panel['picture']})" in page
        drawn = sounds is (panel["system"] != "given")
        size = Image.open(Path(folder, panel["picture"])).size
        assert size == (spectrogram.COLUMNS, spectrogram.BANDS) if drawn else max(size) <= SIDE
    noted = {name for panel in panels for name in panel["texts"] if panel["system"] in run.systems}
    assert set(run.notes) <= noted, "a note that no system has"


@pytest.mark.parametrize("table", recipe.names())
def test_every_figure_of_a_table_gets_a_value(
    table: str, world: Path, prepared: Callable[[str], None], bench: Callable[..., Done], server: str
) -> None:
    known = recipe.read(table)
    for run in known.runs:
        prepared(run.split)
        if run.reference:
            prepared(run.reference)
    has_figures = any(row.run == known.published for row in PUBLISHED)
    rated = ("--ratings", ratings(world, known)) if known.ratings and has_figures else ()
    runs = [word for run in known.runs for word in ("--run", run.name)]
    told = ("--corpus", corpus(world)) if any(run.corpus for run in known.runs) else ()
    done = bench(
        *("reproduce", table, "--limit", EXAMPLES.get(table, 3), "--mirror", "mirror", "--device", "cpu"),
        *(*rated, *told, *runs, *quick(known), *address(known, server), "--out", table, "--json"),
    )
    assert done.code == 0, done.err
    everything = json.loads(done.out)
    found = everything["figures"]
    for run in (run for run in known.runs if run.figure):
        shown(run, table, [panel for panel in everything["panels"] if panel["run"] == run.name])
    lacking = [f"{f['run']} {f['system']} {f['metric']}: {f['note']}" for f in found if f["value"] is None]
    assert [line for line in lacking if not line.endswith(tuple(known.without.values()))] == []
    assert {"table.md", "table.csv"} <= {path.name for path in Path(table).iterdir()}
    claimed = [row for row in PUBLISHED if answered(row) == table]
    asked = {run.name: run.of_task or run.task for run in known.runs}
    theirs = {(asked.get(f["run"], f["task"]), f["system"], f["competitors"], f["published"]) for f in found}
    assert {(r.task, results.label(r), r.competitors, r.value) for r in claimed} <= theirs


def test_a_plan_of_every_table_takes_no_network_and_little_time(
    world: Path, bench: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a machine that has nothing yet."""

    def refuse(*words: object) -> None:
        raise AssertionError("a plan asks the network for nothing")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    for table in recipe.names():
        told = ("--corpus", corpus(tmp_path)) if any(run.corpus for run in recipe.read(table).runs) else ()
        started_s = time.process_time()
        done = bench("reproduce", table, "--plan", "--json", *told)
        assert time.process_time() - started_s < 2, table
        assert done.code == 0, done.err
        plan = json.loads(done.out)
        specs = [spec for run in recipe.read(table).chosen(()) for spec in run.systems.values()]
        assert len(plan["work"]) == sum(not spec.startswith("reference") for spec in specs), table
        assert bool(plan["downloads"] or plan["bring"]) == bool(specs), table


def test_the_first_twelve_of_the_published_list(
    world: Path, prepared: Callable[[str], None], bench: Callable[..., Done]
) -> None:
    """Three systems, FAD, KL and IB Rank, the paper's table beside ours; and again, nothing left to do."""
    prepared("muimage_eval")
    words = ("reproduce", "mozart-1a", "--limit", 12, "--mirror", "mirror", "--device", "cpu", "--out", "twelve")
    words = (*words, *quick(recipe.read("mozart-1a")))
    done = bench(*words)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "table: image2music on muimage_eval[12/2500][limit12]" in done.out
    heads = next(line for line in lines if line.startswith("system"))
    assert all(metric in heads for metric in ("fad_vggish", "kl_passt", "ib_rank"))
    kinds = [kind for line in lines for kind in ("paper", "ours", "gap") if f" {kind} " in f" {line} "]
    assert kinds == ["paper", "ours", "gap"] * 3
    assert "6.674" in done.out and "4.625" in done.out
    assert "KeyError on the published list" in done.err and "Evaluation/Image2Music/generate_m2ugen.py" in done.err
    found = results.read(Path("twelve/table/rows.csv"))
    ranks = found[(found["metric"] == "ib_rank") & (found["model"] != "reference")]
    assert ranks["value"].sum() == pytest.approx(11 / 6) and set(ranks["n"]) == {12}
    again = bench(*words)
    assert again.code == 0 and again.out == done.out


def test_a_figure_by_parts_of_the_examples(
    world: Path, prepared: Callable[[str], None], bench: Callable[..., Done]
) -> None:
    """Figure 3 of MG-S: the parts' means, weighed by their sizes, are the value of the whole."""
    prepared("emotion_painting_music_test")
    words = ("reproduce", "mgs-fig3", "--mirror", "mirror", "--device", "cpu", "--set", "seconds=1")
    done = bench(*words, "--out", "mgs-fig3", "--limit", 3, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    whole = {figure["system"]: figure["value"] for figure in found["figures"]}
    assert len(whole) == 4
    for system, value in whole.items():
        parts = [part for part in found["parts"] if part["system"] == system]
        assert sum(part["n"] for part in parts) == 3 and {part["text"] for part in parts} <= set(EMOTIONS)
        assert sum(part["value"] * part["n"] for part in parts) / 3 == pytest.approx(value, rel=1e-9)
    page = Path("mgs-fig3/table.md").read_text()
    assert "by part, with half of its 95% interval" in page and "| mgs:emotive |" in page
