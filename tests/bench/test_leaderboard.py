"""leaderboard.md from made rows: tables that GitHub shows whole, and nothing printed in another's place."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from sightsound.bench.boards import board, grid, page
from sightsound.bench.core import results
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from tests.bench.test_tables import row

MEASURED = Path(__file__).parents[2] / "results/measured.csv"


def published(model: str, metric: str, value: float, **other: object) -> dict:
    usual = {"source": "published", "n": 10, "ci_low": float("nan"), "ci_high": float("nan"), "signature": ""}
    return row(model, metric, value, **({"run": "paper/4", "note": "asked"} | usual | other))


def written(folder: Path, *rows: dict, name: str = "published.csv") -> str:
    results.write(folder / name, results.frame([Row(**each) for each in rows]))
    board.write(folder, folder / "board.md")
    return (folder / "board.md").read_text(encoding="utf-8")


def tables(text: str) -> list[list[list[str]]]:
    """Every table as its lines of cells, heads first."""
    found = re.findall(r"(?:^\|.*\|$\n)+", text, re.MULTILINE)
    return [[line[2:-2].split(" | ") for line in table.splitlines()] for table in found]


def test_the_measured_tables_have_eight_columns_at_most_and_lose_no_value(tmp_path):
    rows = results.read(MEASURED)
    results.write(tmp_path / "measured.csv", rows)
    board.write(tmp_path, tmp_path / "board.md")
    text = (tmp_path / "board.md").read_text(encoding="utf-8")
    found = tables(text)
    assert max(len(line) for table in found for line in table) <= 8
    assert all(len({*map(len, table)}) == 1 for table in found)
    for (_, split), part in rows.groupby(["task", "split"]):
        mine = tables(re.split(rf"(?m)^### image2music on {re.escape(split)}.*$", text)[1].split("\n### ")[0])
        heads = [head for table in mine for head in table[0][1:] if head[-1] in "↑↓"]
        assert len(heads) == len({*heads}) == part["metric"].nunique()
        cells = [cell for table in mine for line in table[2:] for cell in line[1:] if not line[0].startswith("*")]
        counts = 4 * len(mine[0][2:]) - 4 * sum(line[0].startswith("*") for line in mine[0][2:])
        assert sum(cell != "–" for cell in cells) - counts == part["value"].notna().sum()
    assert "cosine_labels_tags_minilm" not in "".join(head for table in found for head in table[0])
    assert "- Tags score image: `cosine_labels_tags_minilm`, `cosine_labels_tags_minilm|n:34|" in text


def test_what_others_measured_is_marked_and_says_who(tmp_path):
    own = {"higher_is_better": False, "signature": "kl_yamnet|n:12|ref:wesnoth@1|v:1"}
    whose = (("a", "verified: Ann & Bo"), ("b", ""))
    rows = [row(name, "kl_yamnet", 1.0, measured_by=by, **own) for name, by in whose]
    text = written(tmp_path, *rows, name="measured.csv")
    values, counts = tables(text)
    assert [line[0] for line in [*values[2:4], *counts[2:4]]] == ["a ‡", "b"] * 2
    assert "- a was measured by others (verified: Ann &amp; Bo; docs/submitting.md)\n" in text
    assert "b was measured" not in text


def test_three_comparisons_of_one_system_are_three_columns(tmp_path):
    pairs = [("a", "b", 2, 8), ("a", "c", 4, 6), ("a", "d", 7, 3)]
    rows = [
        published(name, "preferred_of_10", float(value), competitors=f"{mine} {other}")
        for mine, other, *values in pairs
        for name, value in zip((mine, other), values, strict=True)
    ]
    (table,) = tables(written(tmp_path, *rows))
    heads = [re.sub(r".*\((.*)\) ↑", r"\1", head) for head in table[0][1:]]
    columns = {head: {line[0]: line[place] for line in table[2:]} for place, head in enumerate(heads, 1)}
    for mine, other, *values in pairs:
        cells = columns[f"{mine} against {other}"]
        assert [cells[mine], cells[other]] == [str(value) for value in values]
        assert [cell for name, cell in cells.items() if name not in (mine, other)] == ["–", "–"]


def test_two_published_rows_of_one_place_are_refused(tmp_path):
    rows = [published("a", "preferred_of_10", 2.0), published("a", "preferred_of_10", 7.0)]
    with pytest.raises(BenchError, match="the same value as an earlier row's; one of them must go"):
        written(tmp_path, *rows)
    assert not (tmp_path / "board.md").exists()


def test_published_figures_are_printed_as_they_are_and_by_n(tmp_path):
    rows = [
        published("a", "kad_vggish", 46.355, n=5, higher_is_better=False),
        published("b", "kad_vggish", -0.000474, n=6, higher_is_better=False),
    ]
    text = written(tmp_path, *rows)
    assert "| a | 46.355 |" in text and "| b | -0.000474 |" in text
    assert "on wesnoth@1, n 5" in text and "on wesnoth@1, n 6" in text
    assert "- KAD VGGish, `kad_vggish`: asked" in text


def test_text_from_outside_is_text_on_the_board_and_in_a_notebook(tmp_path):
    odd = "*x* [y](http://z) <b>`|`</b> _w_ $m$"
    text = written(tmp_path, published(odd, "fad_vggish", 1.0, note=odd, run=odd, higher_is_better=False))
    for markup in ("*x*", "](", "http://", "<b>", "_w_", "$m$"):
        assert markup not in text
    assert len(tables(text)[0][2]) == 2
    shown = page.html(grid.build([row(odd, "fad_vggish", 1.0)]), odd, [odd])
    assert "<b>" not in shown and "&lt;b&gt;" in shown


def test_bold_and_dim_in_a_notebook_and_the_metric_at_the_head():
    sure = {"ci_low": 1.0, "ci_high": 2.0, "higher_is_better": False}
    rows = [
        row("a", "fad_vggish", 1.5, **sure),
        row("b", "fad_vggish", 5.5, **(sure | {"ci_low": 5.0, "ci_high": 6.0})),
        row("reference:same", "fad_vggish", 0.0, **(sure | {"ci_low": 0.0, "ci_high": 0.0})),
    ]
    shown = page.html(grid.build(rows), "title", [])
    assert "<td><b>1.50 ± 0.50</b></td>" in shown and "<b>5.50" not in shown and "<b>0" not in shown
    assert '<tr style="opacity:.6"><th>reference:same</th>' in shown and 'title="fad_vggish"' in shown
    assert "systems whose intervals overlap" in shown


def test_the_best_is_bold_on_the_board(tmp_path):
    sure = {"higher_is_better": False, "signature": "fad_vggish|n:12|v:1"}
    rows = [
        row("a", "fad_vggish", 1.5, ci_low=1.0, ci_high=2.0, **sure),
        row("b", "fad_vggish", 5.5, ci_low=5.0, ci_high=6.0, **sure),
    ]
    text = written(tmp_path, *rows, name="measured.csv")
    assert "| a | **1.50 ± 0.50** |" in text and "| b | 5.50 ± 0.50 |" in text
    assert isinstance(results.read(tmp_path / "measured.csv"), pd.DataFrame)
