"""What a run's table and the lines below it say of groups, intervals and floors; `bench scores`."""

from __future__ import annotations

import csv
import io
import json
from math import nan
from pathlib import Path

import pytest

from sightsound.bench.boards import below, cells, grid, scope, show
from sightsound.bench.core import registry, remarks, results
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import SplitCard
from tests.bench.test_flow import RUN


def row(model: str, metric: str, value: float = 1.0, **other) -> dict:
    """A row of the results as a record."""
    usual = {"n": 12, "group_n": 8, "group_effective": 5.5, "ci_low": value - 1, "ci_high": value + 1}
    family, _, variant = model.partition(":")
    usual |= {"run": "r", "task": "image2music", "split": "wesnoth@1"}
    made = Row(model=family, variant=variant, metric=metric, value=value, **(usual | other))
    return results.frame([made]).to_dict("records")[0]


def few(model: str, metric: str, n: int, groups: int, effective: float, note: str = "", **other) -> dict:
    """A row without an interval, its groups being too few."""
    said = "; ".join(filter(None, (note, remarks.too_few(n, groups, effective, 5.0))))
    ends = {"ci_low": nan, "ci_high": nan, "n": n, "group_n": groups, "group_effective": effective}
    return row(model, metric, **(ends | {"note": said} | other))


FEW = "5 to 11 clips make 3 to 7 independent groups, in effect 1.9 to 4.8; it takes 5"


def test_rows_without_an_interval_have_one_line_together():
    rows = [
        row("mozart", "kl"),
        few("mozart", "thd", 11, 7, 4.8, "no value for 1 of 12 clips"),
        few("reference:halves", "kl", 6, 3, 2.0),
        few("reference:halves", "thd", 5, 3, 1.9),
        row("mozart", "fad", ci_low=nan, note=remarks.NOT_COVERED),
        row("mozart", "recall", ci_low=nan, note="1 of 12 failed: no file; " + remarks.NOT_COVERED),
        row("reference:halves", "bleu", nan, note="too few clips: 0, needs 1"),
    ]
    assert below.lines(rows) == [
        "bleu: too few clips: 0, needs 1",
        "mozart: 1 of 12 failed: no file",
        "thd: no value for 1 of 12 clips",
        f"reference:halves, thd: no interval: {FEW}",
        "fad, recall: no interval: none that was tried covers (docs/statistics.md)",
    ]
    assert below.lines([row("mozart", "kl")]) == []


def test_a_table_without_any_interval_says_where_there_is_more(monkeypatch):
    rows = [few("mozart", "thd", 12, 8, 4.2), few("mozart", "kl", 12, 8, 4.2), row("mozart", "x", nan, note="")]
    monkeypatch.setitem(registry.split_cards(), "games", SplitCard("games", ("image2music",), "", (), "", "", ""))
    assert below.lines(rows) == [], "the sentence says it"
    assert sentence(*rows) == (
        "No value here has an interval, and no system is told from another: 12 clips make 8 independent groups, "
        "in effect 4.2, where it takes 5 (`--split games` has more; `bench power` says how many it takes)."
    )
    one = few("mozart", "thd", 12, 8, 4.2)
    assert "it takes 5 (without --limit there are more)." in sentence(one | {"split": "wesnoth[limit12]@1"})
    assert sentence(one | {"split": "games@1"}).endswith("it takes 5.")
    assert sentence(one | {"task": "lyrics2prompt"}).endswith("it takes 5.")


def sentence(*rows: dict) -> str:
    return scope.sentence(grid.build(rows))


def test_the_sentence_says_what_a_table_can_show():
    mine, other = row("a", "kl"), row("b", "kl", 3.0)
    clips = "12 clips make 8 independent groups, in effect 5.5: "
    assert (
        sentence(mine)
        == f"{clips}intervals say how values would move with other such clips, not with another seed."
    )
    assert sentence(mine, other) == (
        f"{clips}systems whose intervals overlap are not told apart here; `bench compare` tests them in pairs."
    )
    found = grid.build([mine, other])
    found = grid.build([mine, other], detectable={found.columns[0]: 1.25})
    assert found.below == {"detectable": {found.columns[0]: "1.2"}}
    assert "a true difference as large as `detectable` shows four times in five" in scope.sentence(found)
    pocket = row("mozart:pocket", "fad_musicnn", signature="fad_musicnn|n:12|x:musicnn_msd@1|v:1")
    assert sentence(pocket).endswith(
        "; systems of pocket parts and values over pocket networks can be compared with no paper's figures."
    )
    assert "paper" not in sentence(row("mozart:paper", "thd", signature="thd|n:12|x:harmonics@1|v:2"))
    assert sentence(row("a", "kl", nan)) == "This table has no value; the notes say why."


def test_the_best_is_bold_where_it_is_shown_to_be():
    def best(*rows: dict) -> str:
        found = grid.build(rows)
        return found.best(found.columns[0])

    def lies(name: str, value: float, half: float, **other) -> dict:
        return row(name, "fad_vggish", value, **({"ci_low": value - half, "ci_high": value + half} | other))

    up = {"higher_is_better": True}
    low, high = lies("a", 1.0, 0.5), lies("b", 3.0, 0.5)
    assert best(low | {"higher_is_better": False}, high | {"higher_is_better": False}) == "a"
    assert best(low | up, high | up) == "b"
    assert best(low | up, lies("b", 1.9, 0.5, **up)) == "", "the intervals overlap"
    assert best(low | up, lies("b", 3.0, nan, **up)) == "", "no interval, nothing shown"
    assert best(low | up, high | up | {"n": 11}) == "", "over other clips"
    assert best(low | up, high | up | {"competitors": "a c"}) == ""
    assert best(low | up, high | up | {"n_failed": 1}) == ""
    assert best(low | up, high | up, lies("reference:same", 9.0, 0.1, **up)) == "b", "a reference does not compete"
    assert best(low | up) == "", "one alone is not the best of anything"


def test_rows_of_other_definitions_or_runs_are_never_in_one_place():
    rows = [
        row("a", "kl", 1.0, signature="kl|n:12|v:1"),
        row("b", "kl", 2.0, signature="kl|n:11|v:1"),
        row("b", "kl", 3.0, signature="kl|n:12|v:2"),
        row("c", "kl", 4.0, signature="kl|n:12|v:2", run="one"),
        row("c", "kl", 5.0, signature="kl|n:12|v:2", run="two"),
    ]
    found = grid.build(rows)
    assert [column.head for column in found.columns] == ["kl (v:1) ↑", "kl (v:2) ↑"]
    assert [line.name for line in found.lines] == ["a", "b", "c (one)", "c (two)"]
    assert len(found.rows) == len(rows)
    with pytest.raises(BenchError, match="two rows of c for kl on wesnoth@1 have one key"):
        grid.build([*rows, rows[-1]])


def test_a_distance_that_shows_nothing_is_marked_and_the_mark_explained(capsys):
    rows = [
        row("mozart", "fad", 70.0, floor=5.25, n=53),
        row("reference:mispaired", "fad", 4.0, floor=5.25, n=53, note="not distinguishable from its floor"),
        row("reference:halves", "fad", 22.0, floor=18.5, n=27, group_n=9, group_effective=4.1),
        few("reference:halves", "kid", 27, 9, 4.1, "not distinguishable from 0", value=-0.5),
    ]
    assert cells.of(rows[1]).text == "4.0 ± 1.0 ≈" and cells.of(rows[0]).text == "70.0 ± 1.0"
    assert cells.of(rows[3]).text == "-0.5000 ≈"
    assert below.lines(rows)[-1].startswith("≈ not distinguishable from 0, or from the floor")
    order = ["mozart", "reference:mispaired", "reference:halves"]
    show.values(results.frame([Row(**each) for each in rows]), order, {"fad": False, "kid": False})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    (mine,) = [line for line in lines if line[:1] == ["mozart"]]
    assert mine == ["mozart", "70.0", "±", "1.0", "–", "53", "8", "5.5", "0"]
    (halves,) = [line for line in lines if line[:1] == ["reference:halves"]]
    assert halves[-4:] == ["27", "9", "4.1", "0"] and halves[-6:-4] == ["-0.5000", "≈"]
    floors = [line for line in lines if line[:1] == ["floor"]]
    assert floors == [["floor", "at", "n", "53", "5.250"], ["floor", "at", "n", "27", "18.50"]]


def test_the_table_of_a_part_names_it_as_the_rows_do(toy_world, bench):
    table = bench(*RUN, "--out", "r", "--limit", 6)
    assert "image2music on toy[limit6]@" in table.out and "floor" not in table.out
    said = " ".join(table.out.split())
    assert "no system is told from another: 6 clips make 4 independent groups" in said
    assert said.count("an interval") == 1 and "no interval" not in table.err
    assert "no system is told from another" in bench(*RUN, "--out", "r", "--limit", 6, "--json").err


# `bench scores`


def listed(done) -> list[dict]:
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_the_worst_clips_and_their_files(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    clips = listed(bench("scores", "r", "--metric", "cosine_toy", "--worst", 5, "--json"))
    assert len(clips) == 5 and clips == sorted(clips, key=lambda clip: clip["value"]), "higher is better"
    assert all(Path(clip["file"]).is_file() and clip["example"] in clip["file"] for clip in clips)
    assert {clip["system"] for clip in clips} <= {
        "reference:white_noise",
        "reference:silence",
        "reference:mispaired",
    }
    mine = listed(
        bench("scores", "r", "--system", "echo:pocket", "--worst", 0, "--metric", "cosine_toy", "--json")
    )
    assert len(mine) == 12 and {clip["system"] for clip in mine} == {"echo:pocket"}
    value = next(line for line in results.rows(results.read(Path("r/rows.csv"))) if line.metric == "cosine_toy")
    assert value.variant == "pocket"
    assert sum(clip["value"] for clip in mine) / 12 == pytest.approx(value.value), "the row is their mean"
    text = bench("scores", "r", "--system", "echo:pocket", "--worst", 2)
    assert "cosine_toy ↑, worst first" in text.out and "rank_toy ↑" in text.out and "fad_toy" not in text.out
    assert "no values by clip" in text.err and "fad_toy" in text.err
    assert text.out.count("r/systems/echo.pocket/outputs/toy.") == 4
    Path(mine[0]["file"]).unlink()
    text = bench("scores", "r", "--system", "echo:pocket", "--worst", 1, "--metric", "cosine_toy")
    assert "its file is gone" in text.out


def test_scores_as_csv(toy_world, bench):
    bench(*RUN, "--out", "r")
    done = bench("scores", "r", "--metric", "cosine_toy", "--worst", 0, "--csv")
    lines = list(csv.DictReader(io.StringIO(done.out)))
    assert list(lines[0]) == ["metric", "system", "example", "value", "group", "file"]
    assert len(lines) == 12 * 5 and all(float(line["value"]) <= 1.000001 for line in lines)


def test_a_metric_over_sets_has_no_clips(toy_world, bench):
    bench(*RUN, "--out", "r")
    done = bench("scores", "r", "--metric", "fad_toy")
    assert (done.code, done.out) == (0, "")
    assert done.err == "no values by clip (over sets of clips, or no value at all): fad_toy\n"
    assert listed(bench("scores", "r", "--metric", "fad_toy", "--json")) == []
    done = bench("scores", "r", "--metric", "cosine_toy", "--system", "reference:halves")
    assert (done.out, done.err) == ("", "cosine_toy: no clip of reference:halves has a value\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("r", "--metric", "cosine_tpy"), "no metric of this run named 'cosine_tpy'; the nearest: cosine_toy"),
        (("r", "--system", "echo:poket"), "no system of this run named 'echo:poket'; the nearest: echo:pocket"),
        (("nowhere",), "nowhere/rows.csv: no such result file"),
        (("old",), "old/scores.parquet: no values by example"),
    ],
)
def test_what_scores_cannot_show(toy_world, bench, words, said):
    bench(*RUN, "--out", "r")
    Path("old").mkdir()
    Path("old/rows.csv").write_text(Path("r/rows.csv").read_text())
    done = bench("scores", *words)
    assert done.code == 2 and done.err.startswith(f"bench: {said}") and done.err.count("\n") == 1
