"""The measurements at sizes that take no time: what they compare agrees, and they say so."""

import sys

import pytest

from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf import metrics as perf


def test_the_trace_agrees_with_the_square_root():
    figures = perf.root_trace(dim=24)
    for figure in figures:
        assert figure.value > 0 and figure.target == 20
        assert float(figure.what.split()[-1].rstrip(")")) < 1e-10
    assert "threads=1," in figures[0].what


def test_an_interval_is_counted_in_seconds():
    (figure,) = perf.interval(clips=40, frames=4, dim=6)
    assert figure.ok and figure.value > 0


def test_a_slow_or_wrong_result_is_not_ok():
    assert perf._at_least(21, 20) == (21, 20, True)
    assert perf._at_least(19, 20) == (19, 20, False)
    assert perf._at_least(21, 20, agrees=False) == (21, 20, False)


def test_the_store_gives_the_same_rows_faster():
    figures = perf.warm_store(clips=2, seconds=1.0)
    assert len(figures) == 2 and all(figure.value > 2 for figure in figures)


def test_vggish_beside_a_reference(monkeypatch):
    monkeypatch.setattr(perf, "_reference", lambda *_: {"front_s": 1e9, "total_s": 1e9, "value": 1.0})
    front, total = perf.vggish(clips=4)
    assert front.ok and total.ok and front.target == 9 and total.target == 2.5


def test_without_the_reference_its_lines_are_left_out(monkeypatch, tmp_path):
    monkeypatch.setattr(perf, "REFERENCE", tmp_path / "python")
    for name in ("root_trace", "interval", "warm_store"):
        monkeypatch.setattr(perf, name, lambda name=name: [perf.Figure(name, 2.0, 1.0, True)])
    steps = []
    figures = list(perf.metrics(lambda what, done, total: steps.append((what, done, total))))
    assert [figure.what for figure in figures] == ["root_trace", "interval", "warm_store"]
    assert steps[:3] == [("square root", 0, 1), ("square root", 1, 1), ("interval", 0, 1)] and len(steps) == 6


def test_a_reference_that_fails_is_one_line(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('trace\\nno network')\n")
    script.chmod(0o755)
    monkeypatch.setattr(perf, "REFERENCE", script)
    with pytest.raises(BenchError, match=r"did not run \(no network\)"):
        perf._reference(tmp_path / "weights.pt", [tmp_path])
