"""The model of docs/new-model.md, as a newcomer would write it."""

import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documented_model_runs_from_outside_the_repository(toy_world, bench, monkeypatch):
    code = re.search(r"```python\n(.*?)```", (DOCS / "new-model.md").read_text(), re.DOTALL).group(1)
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    (toy_world / "mine.py").write_text(code)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    done = bench("run", "--model", "mine:Drone", "--task", "image2music", "--out", "r", "--json")
    assert done.code == 0, done.err
    rows = [row for row in json.loads(done.out) if row["model"] == "drone"]
    assert {row["metric"] for row in rows} == {"fad_toy", "cosine_toy", "rank_toy"}
    assert all(row["n"] == 12 and row["n_failed"] == 0 for row in rows if row["metric"] != "rank_toy")
