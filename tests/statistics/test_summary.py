"""Tables of the simulation in short."""

from __future__ import annotations

from pathlib import Path

from tests.statistics.summary import summary

PRINTED = """intervals.means: Means over clips.

| what | clips | groups | sizes | in effect | repetitions | shown | held | +- | too high | width |  |
|---|---|---|---|---|---|---|---|---|---|---|---|
| normal | 27 | 5 | 1/k | 3.9 | 100 | 0.0 | – | – | – | – |  |
| normal | 27 | 11 | equal | 10.6 | 100 | 100.0 | 94.0 | 1.0 | 2.0 | 3.9 |  |
| normal | 53 | 11 | equal | 10.9 | 300 | 100.0 | 96.0 | 1.0 | 2.0 | 3.9 |  |

(1 s)

verdicts.means: Differences.

| what | clips | groups | sizes | in effect | repetitions | given | p < 0.05 | +- |  |
|---|---|---|---|---|---|---|---|---|---|
| normal | 27 | 11 | equal | 10.6 | 100 | 100.0 | 5.0 | 1.1 |  |
"""


def test_a_line_a_kind_with_its_ends_and_its_mean_by_repetitions(tmp_path: Path) -> None:
    (tmp_path / "printed.txt").write_text(PRINTED, encoding="utf-8")
    assert summary([tmp_path / "printed.txt"]) == [
        ("intervals.means", "normal", "equal", "2", "94.0 to 96.0", "95.5"),
        ("verdicts.means", "normal", "equal", "1", "5.0 to 5.0", "5.0"),
    ]
