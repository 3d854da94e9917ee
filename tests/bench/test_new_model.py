"""The model of docs/new-model.md, as a newcomer would write it."""

import json
import re
import sys
from pathlib import Path

from sightsound.bench.core import cards as door

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


def test_an_installed_package_s_model_is_known_by_name(toy_world, bench, monkeypatch):
    code = re.search(r"```python\n(.*?)```", (DOCS / "new-model.md").read_text(), re.DOTALL).group(1)
    (toy_world / "theirs.py").write_text(code)
    told = toy_world / "theirs-0.1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 0.1\n")
    (told / "entry_points.txt").write_text("[sightsound.plugins]\ndrone = theirs:Drone\n")
    monkeypatch.setattr(sys, "path", [str(toy_world), *sys.path])
    monkeypatch.setattr(door, "_plugins_read", [])  # as in a new process
    assert "drone" in [card["name"] for card in json.loads(bench("models", "--json").out)]
    done = bench("generate", "--model", "drone", "--task", "story2music", "--out", "r", "--limit", 2)
    assert done.code == 0 and "drone: 2 examples" in done.out, done.err
    assert "drone" in bench("run", "--model", "drones", "--task", "image2music").err
