"""What metrics reward: the copies, the table, where it is shown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, replace
from math import nan
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.boards import rewards
from sightsound.bench.boards.rewards import SPOILS, Reward, compared
from sightsound.bench.core import registry, results
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example
from sightsound.bench.perf import rewards as measuring
from tests.bench.test_flow import RUN

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- rewards: the table of results/rewards.csv -->\n", "<!-- rewards end -->"


def copies(count: int, references: int, draw: int = 0) -> dict[str, dict[str, str]]:
    """What examples `0`, `1`, ... get where one in `references` shares a reference."""
    examples = [Example(str(place), "", audio=Path(f"{place % references}.wav")) for place in range(count)]
    made = {kind: {e.id: f"{kind} {e.id}" for e in examples} for kind in ("plain", "silence", "noise")}
    return measuring.drawn(examples, made, "audio", draw)


def test_the_copies_that_chance_decides():
    found = copies(50, 10)
    for kind in ("silence", "noise"):
        assert Counter(key.split()[0] for key in found[kind].values()) == {kind: 20, "plain": 30}
        assert all(key.split()[1] == name for name, key in found[kind].items())
    assert len(set(found["one_clip"].values())) == 1 and len(found["one_clip"]) == 50
    assert sorted(found["mispaired"].values()) == sorted(f"plain {place}" for place in range(50))
    for name, key in found["mispaired"].items():
        assert int(name) % 10 != int(key.split()[1]) % 10, "another reference"
    assert found == copies(50, 10) and found != copies(50, 10, draw=1)
    small = copies(2, 1)["mispaired"]
    assert small == {"0": "plain 1", "1": "plain 0"}


def test_what_is_done_to_every_clip():
    clip = (0.3 * np.sin(np.arange(8000) / 9)).astype(np.float32)[None]
    changed = {kind: change(clip, "a") for kind, change in measuring.CHANGES.items() if change}
    assert not changed["silence"].any() and changed["silence"].shape == clip.shape
    assert changed["noise"].std() == pytest.approx(0.1, rel=0.05)
    assert changed["quieter"] == pytest.approx(0.1 * clip)
    assert changed["louder"].max() == 1 and np.abs(changed["louder"][0, :3]) == pytest.approx(10 * clip[0, :3])


def test_who_scores_better():
    assert compared(0.0, [0.0, 0.0], higher_is_better=False) == (0, 0), "not noticed"
    assert compared(2.0, [2.1, 1.9, nan], higher_is_better=True) == (1, 2), "no value is no better value"
    assert compared(-1.0, [-0.9, -1.1], higher_is_better=True) == (1, 1)


def test_a_run_is_measured_and_the_table_kept(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    before = sorted(path for path in Path("r").rglob("*"))
    measure = ("perf", "rewards", "r", "--device", "cpu")
    done = bench(*measure, "--draws", "3", "--json", "--to", "results/rewards.csv")
    assert done.code == 0, done.err
    assert sorted(path for path in Path("r").rglob("*")) == before, "nothing is left in the run"
    found = {(row["metric"], row["spoil"]): row for row in json.loads(done.out)}
    assert set(found) == {(metric, spoil) for metric in ("fad_toy", "cosine_toy") for spoil in SPOILS}, "no rank"
    own = {row.metric: row for row in results.rows(results.read(Path("r/rows.csv"))) if row.model == "echo"}
    for (metric, spoil), row in found.items():
        assert row["value"] == pytest.approx(own[metric].value, rel=1e-6), "the value of rows.csv"
        assert row["split"] == own[metric].split and row["system"] == "echo:pocket" and row["n"] == 12
        assert row["draws"] == (1 if spoil in ("louder", "quieter") else 3)
    sets, pairs = found["fad_toy", "mispaired"], found["cosine_toy", "mispaired"]
    assert (sets["better"], sets["worse"]) == (0, 0), "a distance between sets sees no pairs"
    assert (pairs["better"], pairs["worse"]) == (0, 3)
    assert found["fad_toy", "silence"]["better"] == 3, "the toy's FAD rewards silence too"
    assert found["fad_toy", "noise"]["worse"] == found["cosine_toy", "silence"]["worse"] == 3
    kept = rewards.find()
    assert len(kept) == 12 and kept == rewards.read(Path("results/rewards.csv"))
    assert rewards.keep(Path("results/rewards.csv"), [replace(kept[0], value=7.0)]) == 12
    assert rewards.find()[0].value == 7.0, "the new row takes the old one's place"
    shown = bench(*measure, "--draws", "1", "--metrics", "fad_toy")
    assert "fad_toy ↓" in shown.out and "=" in shown.out and "cosine" not in shown.out
    told = bench("metrics", "fad_toy").out
    assert "not noticed" in told and "each clip given to another example: echo:pocket on toy@" in told
    assert json.loads(bench("metrics", "fad_toy", "--json").out)["rewards"][0]["metric"] == "fad_toy"


def test_less_does_not_replace_more(tmp_path):
    path = tmp_path / "rewards.csv"
    rewards.keep(path, [REWARD])
    for less in (replace(REWARD, n=REWARD.n - 1), replace(REWARD, draws=REWARD.draws - 1)):
        with pytest.raises(BenchError, match="less does not replace more"):
            rewards.keep(path, [less])
    assert rewards.read(path) == [REWARD]
    assert rewards.keep(path, [replace(REWARD, n=1, version=REWARD.version + 1)]) == 1


def test_what_cannot_be_measured_is_said_in_a_line(toy_world, bench):
    done = bench("perf", "rewards", "nothing")
    assert done.code != 0 and "nothing: holds no run" in done.err
    Path("results").mkdir()
    head = ",".join(each.name for each in fields(Reward))
    for text in ("metric,value\nfad,1\n", f"{head}\ni,s,m,1,True,a,dust,1,1,1,0,1,1\n", f"{head}\ni,s,m,one\n"):
        Path("results/rewards.csv").write_text(text)
        with pytest.raises(BenchError, match=r"rewards\.csv: is not a table of `bench perf rewards`"):
            rewards.find()
    assert "not measured; `bench perf rewards RUN`" in rewards.said([], registry.metric("fad_toy"))["rewards"]


REWARD = Reward(
    *("image2music", "toy@1", "fad_toy", 1, False, "echo:pocket", "silence"),
    *(2.0, 1.0, 5, 0, 5, 12),
)
"""That the toy's FAD rewards silence."""


@pytest.mark.parametrize(
    ("changes", "grey"),
    [
        ({}, True),
        ({"better": 4, "worse": 1}, False),
        ({"spoil": "noise"}, False),
        ({"version": 2}, False),
        ({"system": "echo:other"}, False),
        ({"split": "toy@0"}, False),
        ({"task": "story2music"}, False),
        ({"metric": "kl_toy"}, False),
    ],
)
def test_which_value_is_passed_over(changes, grey):
    row = {
        "task": "image2music",
        "split": "toy@1",
        "metric": "fad_toy",
        "model": "echo",
        "variant": "pocket",
        "value": 2.0,
        "signature": "fad_toy|n:12|v:1",
    }
    assert rewards.grey([replace(REWARD, **changes)], row) is grey
    assert not rewards.grey([replace(REWARD, **changes)], row | {"value": nan})


def test_the_board_passes_over_who_loses_to_its_own_silence(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0 and bench("publish", "r").code == 0
    assert bench("leaderboard").code == 0 and "◦" not in Path("leaderboard.md").read_text(encoding="utf-8")
    split = results.read(Path("r/rows.csv"))["split"][0]
    rewards.keep(Path("results/rewards.csv"), [replace(REWARD, split=split)])
    assert bench("leaderboard").code == 0
    board = Path("leaderboard.md").read_text(encoding="utf-8")
    head = next(line for line in board.splitlines() if line.startswith("| system"))
    line = next(line for line in board.splitlines() if line.startswith("| echo:pocket "))
    cells = dict(zip(head.split(" | "), line.split(" | "), strict=True))
    assert [name for name, cell in cells.items() if "◦" in cell] == ["fad_toy ↓"]
    value, *interval = cells["fad_toy ↓"].split("<br>")
    assert value.startswith("*") and value.endswith("* ◦") and all(end.startswith("*[") for end in interval)
    assert "a value to pass over" in board


def measured() -> list[Reward]:
    """The table of this repository."""
    return rewards.read(ROOT / "results" / rewards.NAME)


def test_the_table_is_of_the_metrics_as_they_are():
    for row in measured():
        card = registry.metric(row.metric, registry.task(row.task))
        assert (row.version, row.higher_is_better) == (card.version, card.higher_is_better), (
            f"{row.metric} has changed: bench perf rewards RUN --to results/rewards.csv"
        )
    for system in ("mozart:pocket", "mozart:pocket_no_bridge"):
        kinds = Counter(row.metric for row in measured() if row.system == system)
        assert set(kinds.values()) == {len(SPOILS)}
        assert {"fad_musicnn", "kl_yamnet", "thd", "cosine_labels_tags_minilm", "diversity"} <= set(kinds)


def test_the_page_has_the_table():
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == rewards.markdown(measured())


def test_the_guards_see_what_other_metrics_reward():
    found = {(row.metric, row.spoil): row for row in measured() if row.system == "mozart:pocket"}
    for guard, spoil, spoilt in (
        ("silent_share", "silence", 0.4),
        ("duplicate_share", "silence", 0.4),
        ("duplicate_share", "one_clip", 1.0),
        ("clipped_share", "louder", 1.0),
        ("diversity", "one_clip", 0.0),
    ):
        row = found[guard, spoil]
        assert row.worse == row.draws and row.spoilt == pytest.approx(spoilt, abs=0.005), guard
    assert found["inception_score_yamnet", "silence"].rewarded and found["kl_musicnn", "silence"].rewarded
