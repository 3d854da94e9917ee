"""Our metrics against values that the reference packages gave; see docs/parity.md."""

import json

import pytest

from tests.reference import compare, ours

ROWS = compare.recorded()["rows"]


@pytest.mark.parametrize("row", ROWS, ids=[f"{r['metric']}-{r['inputs']}-{r['reference']}" for r in ROWS])
def test_agrees_with_the_package(row):
    assert compare.difference(row) <= compare.LARGEST


def test_every_metric_that_we_compare_has_a_reference():
    assert set(ours.OURS) == {row["metric"] for row in ROWS}


def test_a_wrong_value_is_seen():
    row = dict(ROWS[0], values=[ROWS[0]["values"][0] * (1 + 2e-6)])
    assert compare.difference(row) > compare.LARGEST


def test_the_page_names_what_is_out_of_bounds(monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "difference", lambda row: 0.0)
    assert compare.page()[1] == [], "all recorded comparisons are within their bounds"
    off = {"reference": "r", "version": "1", "inputs": "i", "largest_difference": 4e-4, "scale": 2.0}
    left_out = off | {"network": "other", "largest_difference": None}
    (tmp_path / "one.json").write_text(json.dumps([off | {"network": "net"}, off | {"metric": "kid"}]))
    (tmp_path / "audio.json").write_text(json.dumps([off | {"network": "again"}, left_out]))
    monkeypatch.setattr(compare, "ROWS", tmp_path)
    monkeypatch.setattr(compare, "difference", lambda row: float("nan"))
    text, wrong = compare.page()
    assert "| net | r 1 | i | 4e-04 | 2 | 2e-04 |" in text
    first, once = text.index("| again | r 1 | i |"), text.index("| net | r 1 | i |")
    assert first < text.index("## Measured once") < once
    assert len(wrong) == len(ROWS) + 4, "NaN is no agreement"
    assert "other on i: no test of this run has compared it" in wrong
