"""The site's data and pages, without a browser: what is compared, what agrees, what bad input gets."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from sightsound.bench.boards import board as leaderboard
from sightsound.bench.core import results
from sightsound.bench.core.console import number
from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf import made_board
from sightsound.bench.site import beside, jsons
from sightsound.bench.site.collect import collect
from sightsound.bench.site.make import make
from tests.site import made

OURS = results.CARRIED


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made.small(tmp_path_factory.mktemp("results"))


def cells(board):
    """What a board shows, in the texts that are read: (column, system) -> value, interval, letters, best."""
    return {
        (column.key, system): (
            *(number(row[name], 6) for name in ("value", "ci_low", "ci_high")),
            column.letters.get(system, ""),
            system in column.best,
        )
        for column in board.columns
        for system, row in column.rows.items()
    }


def test_boards_from_the_result_file_and_from_the_runs_agree(tmp_path):
    run = made.run_of(OURS, tmp_path / "run")
    of_file, of_run = collect(OURS), collect(None, [run])
    assert [board.slug for board in of_file.boards] == [board.slug for board in of_run.boards] != []
    for one, other in zip(of_file.boards, of_run.boards, strict=True):
        assert cells(one) == cells(other)
        assert one.scores["value"].sum() == pytest.approx(other.scores["value"].sum())
        assert not one.runs and other.runs == [run]


def test_every_value_of_the_leaderboard_is_on_its_board(tmp_path):
    leaderboard.write(OURS, tmp_path / "board.md")
    page = (tmp_path / "board.md").read_text(encoding="utf-8").replace("*", "")
    site = collect(OURS)
    sections = re.split(r"^### ", page, flags=re.MULTILINE)
    for board in site.boards:
        (section,) = (each for each in sections if each.startswith(f"{board.task} on {board.split}"))
        for column in board.columns:
            if column.quality == "speed":
                continue
            for system, row in column.rows.items():
                lines = [line for line in section.splitlines() if re.match(rf"\| {system}[ |]", line)]
                printed = [cell for line in lines for cell in line.replace("<br>", " ").split("|")]
                letters = column.letters.get(system, "")
                assert any(says(cell, row["value"], letters) for cell in printed), (system, column.key)


def says(cell, value, letters):
    """Whether a cell of Markdown has this value, to as many digits as it prints, and these letters."""
    words = [word for word in cell.split() if word not in "≈◦†"]
    if not words or math.isnan(value):
        return math.isnan(value)
    found = re.fullmatch(r"-?\d+\.?(\d*)(?:e([+-]\d+))?", words[0])
    if not found or (letters and letters not in words[1:]):
        return False
    last = 10.0 ** (int(found[2] or 0) - len(found[1]))  # what a step of the last digit is
    return abs(float(words[0]) - value) <= 0.51 * last and (abs(value) < 1e-9 or last < abs(value) / 5)


def test_rows_of_unequal_signatures_are_never_ranked_together(folder, tmp_path):
    table = results.read(folder / "measured.csv")
    other = (table["metric"] == "fad_vggish") & (table["model"] == "system00")
    table.loc[other, "signature"] = table.loc[other, "signature"].str.replace("|v:", "|len:full|v:")
    table.loc[other, ["value", "ci_low", "ci_high"]] = 0.001  # the best by far, were it the same quantity
    results.write(tmp_path / "measured.csv", table)
    (board,) = collect(tmp_path).boards
    first, second = (column for column in board.columns if column.metric == "fad_vggish")
    assert (first.key, second.key) == ("fad_vggish", "fad_vggish~2")
    assert set(second.rows) == {"system00:paper"} and "system00:paper" not in first.rows
    left = min("system01:paper", "system02:paper", key=lambda name: first.rows[name]["value"])
    assert second.best == frozenset() and first.best == {left}
    assert second.other == "len: - != full"


def test_a_run_stands_in_the_place_of_the_same_value_and_says_so(folder, tmp_path):
    table = results.read(folder / "measured.csv")
    table["value"] = (table["value"] + table["ci_high"]) / 2
    results.write(tmp_path / "rows.csv", table)
    (board,) = collect(folder, [tmp_path]).boards
    assert len(board.rows) == len(table) and board.replaced == [
        f"Values of measured.csv gave way to those of {tmp_path.name}."
    ]


def test_who_measured_it_stands_beside_the_name_and_on_the_systems_page(folder, tmp_path):
    table = results.read(folder / "measured.csv")
    table.loc[table["model"] == "system01", "measured_by"] = "submitted: Ann O. Nymous"
    results.write(tmp_path / "results/measured.csv", table)
    make(tmp_path / "results", (), tmp_path / "site")
    data = next((tmp_path / "site/data").glob("image2music*.js")).read_text()
    assert data.count('"by":"submitted: Ann O. Nymous"') == 1 and data.count('"by":""') == 4
    page = next((tmp_path / "site/systems").glob("system01*.html")).read_text()
    assert "Measured by others: submitted: Ann O. Nymous." in page
    assert "measured by others; submitted: Ann O. Nymous" in page  # of each value
    (own,) = [path.read_text() for path in (tmp_path / "site/systems").glob("system02*.html")]
    assert "Measured by others" not in own


def test_a_value_over_fewer_examples_gives_way_to_the_whole(folder, tmp_path):
    table = results.read(folder / "measured.csv")
    few = table.assign(
        n=7,
        group_n=3,
        group_effective=3.0,
        value=1.0,
        ci_low=math.nan,
        ci_high=math.nan,
        signature=table["signature"].str.replace("|n:40", "|n:7"),
    )
    results.write(tmp_path / "rows.csv", few)
    (board,) = collect(folder, [tmp_path]).boards
    assert {row["n"] for row in board.rows} == {40} and 1.0 not in {row["value"] for row in board.rows}
    assert board.replaced == [f"{len(few)} values are left out because the same value is here over more examples."]


def test_speed_is_a_column_by_device(folder):
    (board,) = collect(folder).boards
    (column,) = (column for column in board.columns if column.quality == "speed")
    assert column.rows["system01:paper"]["value"] == pytest.approx(1.5)
    assert column.best == {"system00:paper"} and "reference:silence" not in column.rows


MEASURED = results.Row(
    *("run", "mozart", "pocket", "image2music", "wesnoth@0fc938", "fad_musicnn", 70.0, 60.0, 80.0),
    n=53,
    higher_is_better=False,
    signature="fad_musicnn|n:53|ref:wesnoth@0fc938|sr:16000|v:1",
)
PUBLISHED = replace(
    MEASURED, run="paper/1", split="wesnoth", value=65.0, ci_low=math.nan, ci_high=math.nan, signature="",
    source="published",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"n": 0}, ""),
        ({"signature": "fad_musicnn|sr:16000"}, ""),
        ({"n": 2500}, "n: 2,500 is not 53"),
        ({"signature": "fad_musicnn|sr:44100"}, "sr: 44100 != 16000"),
        ({"apart": "metric:package"}, "does not say which package computed it"),
        ({"metric": "fad_of_nobody"}, "fad_of_nobody"),
        ({"split": "of_nobody"}, "no split of_nobody"),
        ({"variant": "of_nobody"}, "no system mozart:of_nobody"),
        ({"metric": "fad_vggish"}, "not measured here"),
    ],
)
def test_a_published_figure_stands_beside_a_measured_one_of_its_definition_only(changed, why, tmp_path):
    results.write(tmp_path / "measured.csv", results.frame([MEASURED]))
    results.write(tmp_path / "published.csv", results.frame([replace(PUBLISHED, **changed)]))
    (figure,) = beside.figures(collect(tmp_path))
    if why:
        assert why in figure.why and figure.board is None and math.isnan(figure.gap)
    else:
        assert figure.board and (figure.why, figure.gap, figure.within) == ("", 5.0, True)


def test_what_may_explain_a_gap_keeps_no_figure_apart(tmp_path):
    results.write(tmp_path / "measured.csv", results.frame([MEASURED]))
    results.write(tmp_path / "published.csv", results.frame([replace(PUBLISHED, apart="variant:weights")]))
    (figure,) = beside.figures(collect(tmp_path))
    assert figure.board and "weights were not published" in figure.why and figure.gap == 5


def test_every_published_figure_of_ours_stands_beside_or_says_why_not():
    found = beside.figures(collect(OURS))
    assert len(found) > 300 and all(each.why or each.board for each in found)


def test_what_is_missing_is_said_in_place(folder, tmp_path):
    (tmp_path / "begun").mkdir()
    site, _ = make(folder, [tmp_path / "begun", tmp_path / "gone"], tmp_path / "site")
    page = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert len(site.boards) == 1
    assert "The run begun is not shown: it has no rows.csv yet" in page
    assert "The run gone is not shown: no such folder" in page


def test_a_result_file_with_faults_is_one_line(folder, tmp_path, bench):
    text = (folder / "measured.csv").read_text(encoding="utf-8")
    (tmp_path / "measured.csv").write_text(text.replace("higher_is_better", "better"), encoding="utf-8")
    done = bench("site", "--results", tmp_path, "--out", tmp_path / "site")
    assert (done.code, done.out) == (2, "") and not (tmp_path / "site").exists()
    assert done.err == f"bench: {tmp_path / 'measured.csv'}: lacks the columns higher_is_better\n"


@pytest.mark.parametrize("where", ["no folder", "nothing in it"])
def test_nothing_to_show_is_one_line(where, tmp_path, bench):
    folder = tmp_path / "results"
    if where == "nothing in it":
        folder.mkdir()
    done = bench("site", "--results", folder, "--out", tmp_path / "site")
    assert done.code == 2 and done.err.count("\n") == 1 and str(folder) in done.err


def test_a_folder_of_something_else_is_left_alone(folder, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(BenchError, match="holds no site; give another --out"):
        make(folder, (), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_older_site_leaves_nothing_behind_and_nothing_else_goes(folder, tmp_path):
    out = tmp_path / "site"
    make(folder, (), out)
    old = out / "boards/of_yesterday.html"
    old.write_text("", encoding="utf-8")
    (tmp_path / "outside").write_text("", encoding="utf-8")
    listed = json.loads((out / "site.json").read_text(encoding="utf-8"))
    listed += ["boards/of_yesterday.html", "../outside"]
    (out / "site.json").write_text(json.dumps(listed), encoding="utf-8")
    make(folder, (), out)
    assert not old.exists() and (tmp_path / "outside").exists() and (out / "index.html").exists()


def test_nothing_from_outside_is_markup(tmp_path):
    make(made.hostile(tmp_path / "results"), (), tmp_path / "site")
    texts = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.*") if _ours(path)}
    assert sum("planted=1" in text for text in texts.values()) > 8
    for path, text in texts.items():
        assert "<script>planted" not in text and "<img" not in text, path
        assert "\u2028" not in text, path


def _ours(path):
    return path.suffix in (".html", ".js") and not {"carried", "static"} & set(path.parts)


def test_a_script_holds_any_text():
    text = "</script><!--\u2028\u2029\"'\\ \x00 é"
    script = jsons.script("name", {"text": text, "numbers": [math.nan, math.inf, 1.0, 0.1234567]})
    assert script.isascii() and not set("<>&\n") & set(script.rstrip("\n"))
    given = json.loads(f"[{script[len('sightsound.give(') : -3]}]")
    assert given == ["name", {"text": text, "numbers": [None, None, 1, 0.123457]}]


def test_twenty_systems_on_2500_examples_are_under_20_mb(tmp_path):
    made_board.write(tmp_path, compared=1)
    site, _ = make(tmp_path, (), tmp_path / "site")
    size = sum(path.stat().st_size for path in (tmp_path / "site").rglob("*") if path.is_file())
    print(f"{size / 1e6:.1f} MB")
    assert len(site.boards[0].systems) == 20 and len(pd.unique(site.boards[0].scores["example"])) == 2500
    assert size < 20e6


def test_links_lead_to_pages_and_scripts_that_are_there(tmp_path):
    site, _ = make(OURS, (), tmp_path)
    assert len(site.boards) > 1
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#]+)', text):
            assert (page.parent / link).is_file(), (page, link)
        assert "://" not in re.sub(r">[^<]*<", "><", text), f"{page}: reads something from elsewhere"
