"""What is really printed of a table at each width: no line beyond it, no name broken, every value there."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from sightsound.bench.boards import grid, show
from sightsound.bench.core import console, labels, registry, results, scores
from tests.bench.test_flow import RUN
from tests.bench.test_tables import row

MEASURED = Path(__file__).parents[2] / "results/measured.csv"
WIDTHS = (80, 100, 120, 200)
LONG = "mozart:pocket+bridge=HuggingFaceTB/SmolLM2-135M-Instruct+guidance=3.5"


@pytest.fixture(params=["games_test", "wesnoth"])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Rows of a real run, with intervals and without."""
    whole = results.read(MEASURED)
    return whole[whole["split"].str.startswith(request.param)]


def printed(table: pd.DataFrame, capsys: pytest.CaptureFixture[str], *, wide: bool = False) -> list[str]:
    capsys.readouterr()
    directions = dict(zip(table["metric"], table["higher_is_better"], strict=True))
    show.values(table, [], directions, scores.read(scores.beside(MEASURED)), wide=wide)
    return capsys.readouterr().out.splitlines()


def assert_whole(lines: Sequence[str], found: grid.Grid) -> None:
    """Each system has its name in full on a line with each of its values, and each column its words."""
    for line in found.lines:
        mine = [text for text in lines if text.startswith(f"{line.name}  ")]
        values = " ".join(" ".join(text.split()[1:]) for text in mine)
        for column in found.columns:
            assert found.cell(line, column).text in values, (line.name, column.head)
    words = {word for text in lines for word in text.split()}
    assert {word for column in found.columns for word in column.head.split()} <= words


@pytest.mark.parametrize("width", WIDTHS)
def test_a_real_table_at_each_width(table, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed(table, capsys)
    assert max(map(len, lines)) <= width
    assert_whole(lines, grid.build(console.records(table)))
    assert lines[0] == f"image2music on {table['split'].iloc[0]}, seed 0"
    for heading in ("music", labels.QUALITIES["match"], labels.QUALITIES["check"], "examples"):
        assert any(heading in line for line in lines)
    heads = [line for line in lines if "↑" in line or "↓" in line]
    assert all("referenc" not in line and "mozart" not in line for line in heads)
    text = " ".join(lines)
    assert "fewer columns" not in text and "can be compared with no paper's figures." in text
    assert "FAD musicnn = fad_musicnn," in text and "`bench metrics NAME` explains one." in text
    if "games" in table["split"].iloc[0]:
        assert "34.0 ± 7.5" in text and "0.118 [0.097, 0.150]" in text and "\ndetectable" in "\n".join(lines)
        assert "67 clips make 36 independent groups, in effect 27" in text
    else:
        assert "±" not in text and "No value here has an interval" in text


def test_a_wide_table_has_all_columns_beside_each_other(table, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = printed(table, capsys, wide=True)
    assert_whole(lines, grid.build(console.records(table)))
    assert sum(line.startswith("mozart:pocket ") for line in lines) == 1
    assert max(map(len, lines[-6:])) <= 80, "the sentences are folded all the same"


def test_without_a_terminal_a_table_has_a_hundred_columns(table, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert 80 < max(map(len, printed(table, capsys))) <= 100


def test_the_table_of_the_tour_is_what_is_printed_of_the_measured_rows(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    whole = results.read(MEASURED)
    table = whole[whole["split"].str.startswith("wesnoth@") & (whole["task"] == "image2music")]
    up = dict(zip(table["metric"], table["higher_is_better"], strict=True))
    references = [each.label for each in registry.reference_systems() if each.card.name == "reference"]
    order = ["mozart:pocket", "mozart:pocket_no_bridge", *references]
    metrics = {name: up[name] for name in registry.preset("pocket").metrics if name in up}
    show.values(table, order, metrics, scores.read(scores.beside(MEASURED)))
    tour = (MEASURED.parents[1] / "docs/tour.md").read_text(encoding="utf-8")
    assert f"```\n{capsys.readouterr().out}```" in tour, "bench run --model mozart --task image2music"


def test_reference_rows_stand_apart(table, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = printed(table, capsys)
    for place, line in enumerate(lines):
        if line.startswith("reference:halves"):
            assert lines[place - 1] == "" and lines[place - 2].startswith("mozart:pocket_no_bridge")


@pytest.mark.parametrize("width", WIDTHS)
def test_long_names_go_on_behind_a_sign_and_never_inside_a_word(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    other = "another_system_whose_name_is_one_word_of_more_than_eighty_letters_as_nobody_should_call_a_system"
    rows = [row(name, metric) for name in (LONG, other, "reference:mispaired") for metric in ("fad_vggish", "thd")]
    made = pd.DataFrame(rows)
    lines = printed(made, capsys)
    text = "\n".join(lines)
    assert max(len(line) for line in lines if other not in line) <= width
    parts = [part for part in re.split(r"(?<=[:+=])", LONG) if part]
    assert LONG in text or all(re.search(rf"(?m)(^| |[:+=]){re.escape(part)}", text) for part in parts)
    if not re.search(rf"(?m)^{other}  ", text):  # no room: a number stands for it
        assert re.search(rf"(?m)^#1 is\s{other}", text) and re.search(r"(?m)^#1  ", text)


def test_bold_and_dim_on_a_terminal_and_no_control_from_names(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    good, bad = {"ci_low": 1.0, "ci_high": 2.0}, {"ci_low": 5.0, "ci_high": 6.0}
    rows = [
        row("a", "fad_vggish", 1.5, higher_is_better=False, **good),
        row("b\x1b[31m[red]", "fad_vggish", 5.5, higher_is_better=False, **bad),
        row("reference:same", "fad_vggish", 0.0, higher_is_better=False, ci_low=0.0, ci_high=0.0),
    ]
    plain = "\n".join(printed(pd.DataFrame(rows), capsys))
    assert "\x1b" not in plain and "b [31m[red]" in plain
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    styled = "\n".join(printed(pd.DataFrame(rows), capsys))
    assert "\x1b[1m  1.50 ± 0.50" in styled and "\x1b[31m" not in styled
    assert "\x1b[2mreference:same" in styled and "\x1b[1m  5.50" not in styled
    assert "bold: the best of the systems under test" in styled


def test_a_run_and_a_comparison_through_the_command(toy_world, bench, monkeypatch):
    run, compare = (*RUN, "--model", "echo:twin", "--out", "r"), ("compare", "r", "--references")
    for words, width in ((run, 80), (run, 120), (compare, 80), (compare, 100), (compare, 200)):
        monkeypatch.setenv("COLUMNS", str(width))
        done = bench(*words)
        assert done.code == 0, done.err
        lines = done.out.splitlines()
        assert max(map(len, lines)) <= width
        for name in ("echo:pocket", "echo:pocket_twin", "reference:mispaired", "reference:white_noise"):
            assert any(line.strip().startswith(f"{name} ") or f" {name}" in line for line in lines), name
        words_of = set(" ".join(lines).split())
        assert {"fad_toy", "cosine_toy"} <= words_of
    assert "values; systems that share a letter cannot be told apart" in done.out


@pytest.mark.parametrize("width", WIDTHS)
def test_listings_break_no_word(bench, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    for command in ("models", "tasks", "splits"):
        lines = bench(command).out.splitlines()
        assert max(map(len, lines)) <= width
    text = bench("splits").out.split()
    assert {"wesnoth_reversed", "image2music,", "games_test"} <= {*text, *(f"{word}," for word in text)}
