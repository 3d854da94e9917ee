"""Result files: what comes back, and what is refused with its line and its reason."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest

from sightsound.bench.core import results
from sightsound.bench.core.errors import BenchError
from tests.bench.rows import row

ROOT = Path(__file__).parents[2]
NAN = math.nan


def test_rows_come_back_as_they_were(tmp_path):
    made = [
        row("kl_musicnn", 0.5, ci_low=0.25, ci_high=0.75, floor=0.5),
        row("thd", NAN, n=0, note="=a, b'c", n_failed=2, measured_by="submitted: @ann"),
    ]
    results.write(tmp_path / "a.csv", results.frame(made))
    back = results.rows(results.read(tmp_path / "a.csv"))
    assert back[0] == made[0] and back[1].note == made[1].note and math.isnan(back[1].value)
    assert back[1].measured_by == "submitted: @ann"
    assert "'=a" in (tmp_path / "a.csv").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ci_low", "low", "lacks the columns ci_low"),
        ("run,model", "run,modle,model", "has a column 'modle', which no row has"),
        ("run,model", "run,run,model", "has the column run twice"),
        (",1.5,", ",many,", "line 2: value is 'many'; it takes a number"),
        (",3,0,2,", ",3.5,0,2,", "line 2: n is '3.5'; it takes a whole number"),
        ("False", "no", "line 2: higher_is_better is 'no'; it takes True or False"),
        (",1.5,", ",1.5,7,", "line 2: 29 cells where the head has 28"),
        ("\nr,", '\n"r,', "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_table_of_rows_is_told_where(tmp_path, old, new, said):
    path = tmp_path / "good.csv"
    results.write(path, results.frame([row()]))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BenchError, match=re.escape(said)) as found:
        results.read(path)
    assert "\n" not in str(found.value) and str(path) in str(found.value)


def test_an_empty_file_and_one_of_bytes_are_told(tmp_path):
    for data in (b"", b"\xff\xfe\x00"):
        (tmp_path / "x.csv").write_bytes(data)
        with pytest.raises(BenchError, match="cannot be read as CSV"):
            results.read(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row("thd_of_dogs"), "no metric is called so"),
        (row(value=NAN), "no value, and the note gives no reason"),
        (row(value=NAN, note="x", ci_low=1.0, ci_high=2.0), "an interval without a value"),
        (row(value=math.inf), "value is infinite"),
        (row(ci_low=1.0, ci_high=math.inf), "ci_high is infinite"),
        (row(value=-0.1), "value -0.1 is outside the metric's range 0 to inf"),
        (row("silent_share", 1.2), "value 1.2 is outside the metric's range 0 to 1"),
        (row("cosine_labels_tags_minilm", -1.01), "outside the metric's range -1 to 1"),
        (row("kl_musicnn", -0.01), "outside the metric's range 0 to inf"),
        (row(ci_low=1.6, ci_high=2.0), "value 1.5 lies outside its interval 1.6 to 2"),
        (row(ci_low=2.0, ci_high=1.0), "lies outside its interval"),
        (row(ci_low=1.0), "an interval with one end"),
        (row(ci_low=-0.5, ci_high=2.0), "ci_low -0.5 is outside"),
        (row(signature="thd|n:4|v:2"), "n is 3, and its signature says 4"),
        (row(signature=""), "its signature is that of nothing"),
        (row(signature="thd_coverage|n:3|v:1"), "its signature is that of thd_coverage"),
        (row(n=0), "n is 0, and it takes 1"),
        (row("fad_musicnn", 3.0, n=1), "n is 1, and it takes 2"),
        (row(n=-3), "n is -3, less than none"),
        (row(n_failed=-1), "n_failed is -1, less than none"),
        (row(group_n=4), "4 groups in 3 examples"),
        (row(group_effective=2.5), "2.5 groups in effect of 2"),
        (row(higher_is_better=True), "the metric's card says False"),
        (row(source="heard"), "source is 'heard'"),
        (row(model=""), "model is empty"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_line(tmp_path, bad, said):
    path = tmp_path / "bad.csv"
    results.write(path, results.frame([row("silent_share", 0.5, model="a"), bad]))
    with pytest.raises(BenchError, match=re.escape(said)) as found:
        results.read(path)
    (line,) = found.value.lines
    assert re.search(r"bad\.csv, line [23]: ", line)


def test_a_control_character_is_refused_and_never_written(tmp_path):
    path = tmp_path / "x.csv"
    results.write(path, results.frame([row(note="a\x1b[31m\u202eb")]))
    assert "\x1b" not in path.read_text() and "\u202e" not in path.read_text()
    path.write_text(path.read_text().replace("a [31m", "a\x1b[31m"))
    with pytest.raises(BenchError, match="line 2: note holds a control character"):
        results.read(path)


def test_a_value_that_is_there_twice_is_refused_and_another_n_is_another_value(tmp_path):
    path = tmp_path / "x.csv"
    results.write(path, results.frame([row(), row(n=5), row(seed=1), row(split="s[limit5]@1")]))
    assert len(results.read(path)) == 4
    results.write(path, results.frame([row(), row(value=2.0, run="other")]))
    with pytest.raises(BenchError, match="line 3: thd of m:v on s@1: the same value as an earlier row's"):
        results.read(path)


def test_every_faulty_row_is_told_up_to_twenty(tmp_path):
    path = tmp_path / "x.csv"
    results.write(path, results.frame([row(value=-1.0, seed=seed) for seed in range(23)]))
    with pytest.raises(BenchError) as found:
        results.read(path)
    assert len(found.value.lines) == 21 and "3 more faults" in found.value.lines[-1]


def test_of_values_of_several_n_a_table_shows_the_fullest():
    table = results.frame([row(n=5, value=2.0), row(n=3), row(seed=1, n=3), row(seed=1, n=4, split="s[4/9]@1")])
    assert sorted(zip(*[results.fullest(table)[name] for name in ("seed", "n")], strict=True)) == [
        (0, 5),
        (1, 3),
        (1, 4),
    ]


@pytest.mark.parametrize("name", ["measured.csv", "baseline.csv", "published.csv"])
def test_the_files_of_this_repository_pass(name):
    assert len(results.read(ROOT / "results" / name)) > 100


def test_older_files_lack_columns_that_came_later(tmp_path):
    path = tmp_path / "x.csv"
    results.write(path, results.frame([row()]))
    pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=list(results.LATER)).to_csv(path, index=False)
    (found,) = results.rows(results.read(path))
    assert found.measured_by == "" and math.isnan(found.floor)


def test_every_writer_of_tables_is_known():
    """Text from outside reaches a spreadsheet through `store.cell` or not at all: who else writes CSV says why."""
    writers = re.compile(r"csv\.(?:writer|DictWriter)\(|\.to_csv\(")
    found = {
        path.relative_to(ROOT).as_posix()
        for top in ("bench", "metrics", "baselines", "sightsound")
        for path in (ROOT / top).rglob("*.py")
        if writers.search(path.read_text())
    }
    assert len(found) > 4
    assert not [name for name in found if not re.search(r"\b(cell|guarded)[()]", (ROOT / name).read_text())]
