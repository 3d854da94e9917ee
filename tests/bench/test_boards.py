"""The plain command for the tasks from music: a whole board on real input, and what it can tell."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sightsound.bench.core import results

ROOT = Path(__file__).parents[2]


def board(folder: Path, task: str, *words: object) -> dict[tuple[str, str], dict]:
    """`bench run` in a process of its own; its rows by (system, metric)."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sightsound",
            "run",
            "--task",
            task,
            "--device",
            "cpu",
            "--out",
            folder,
            *map(str, words),
        ],
        env={key: value for key, value in os.environ.items() if key != "SIGHTSOUND_MIRROR"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = results.read(folder / "rows.csv")
    return {(f"{row['model']}:{row['variant']}", row["metric"]): row for row in table.to_dict("records")}


def values(rows: dict[tuple[str, str], dict], metric: str, family: str, *names: str) -> list[float]:
    return [rows[f"{family}:{name}", metric]["value"] for name in names]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict]:
    return board(tmp_path_factory.mktemp("b") / "r", "music2image", "--model", "reference_image:same")


def test_the_board_of_pictures_tells_sense_from_nonsense(pictures: dict[tuple[str, str], dict]) -> None:
    metrics = {metric for _, metric in pictures}
    assert metrics == {
        *(f"{name}_efficientnet" for name in ("fid", "kid", "precision", "recall", "inception_score")),
        "cosine_reference_efficientnet",
        "duplicate_share_pictures",
    }
    assert {row["split"] for row in pictures.values()} == {"wesnoth_reversed@fb209c"}
    assert all(row["n_failed"] == 0 for row in pictures.values())
    for metric in ("fid_efficientnet", "kid_efficientnet"):
        same, grey, noise = values(pictures, metric, "reference_image", "same", "grey", "noise")
        assert same < grey < noise, metric
    halves = pictures["reference_image:halves", "kid_efficientnet"]
    assert math.isnan(halves["value"]) and "one group" in halves["note"], "40 of the pictures hang together"
    same, mispaired, noise = values(
        pictures, "cosine_reference_efficientnet", "reference_image", "same", "mispaired", "noise"
    )
    assert same == pytest.approx(1) and noise < mispaired < 0.5


def test_what_the_board_of_pictures_cannot_tell(pictures: dict[tuple[str, str], dict]) -> None:
    # documented traps: sets do not know which picture belongs to which music, and grey has precision 1
    for metric in ("fid_efficientnet", "precision_efficientnet", "recall_efficientnet"):
        same, mispaired = values(pictures, metric, "reference_image", "same", "mispaired")
        assert same == pytest.approx(mispaired), metric
    # pairs of one group are left out, and mispaired pictures are in other groups
    same, mispaired, grey = values(pictures, "kid_efficientnet", "reference_image", "same", "mispaired", "grey")
    assert abs(same - mispaired) < 0.05 < 0.2 < grey
    assert values(pictures, "precision_efficientnet", "reference_image", "grey") == [1]
    assert values(pictures, "recall_efficientnet", "reference_image", "grey") == [0]


def test_the_board_of_prompts_for_music(tmp_path: Path) -> None:
    rows = board(tmp_path / "r", "music2prompt", "--model", "reference_text:same")
    assert {metric for _, metric in rows} >= {"rouge1", "rouge2", "rougeL", "cosine_reference_minilm"}
    assert not any(
        metric.endswith("_condition") or "condition" in metric for _, metric in rows
    )  # music has no text
    for metric in ("rouge2", "rougeL", "cosine_reference_minilm"):
        same, shuffled, mispaired, sentence = values(
            rows, metric, "reference_text", "same", "shuffled", "mispaired", "sentence"
        )
        assert same == pytest.approx(1) and same > shuffled > mispaired >= sentence, metric
    assert values(rows, "rouge1", "reference_text", "shuffled") == [pytest.approx(1)]


def test_the_board_of_prompts_for_lyrics_with_the_pocket_system(tmp_path: Path) -> None:
    rows = board(tmp_path / "r", "lyrics2prompt", "--model", "lyric2prompt", "--limit", 2)
    made = {system for system, _ in rows}
    assert {"lyric2prompt:pocket", "reference_lyrics:copied", "reference_lyrics:opening"} < made
    assert (
        rows["lyric2prompt:pocket", "rougeL"]["n"] == 2 and rows["lyric2prompt:pocket", "rougeL"]["n_failed"] == 0
    )
    (copied,) = values(rows, "rougeL_condition", "reference_lyrics", "copied")
    assert copied == pytest.approx(1)
    opening, mispaired = (
        values(rows, "rougeL", "reference_lyrics", "opening")[0],
        values(rows, "rougeL", "reference_text", "mispaired")[0],
    )
    assert opening > 0.5 > mispaired  # documented: a hymn's title is its first line
    outputs = tmp_path / "r/systems/lyric2prompt.pocket/outputs"
    assert all(path.read_text().startswith("A painting of") for path in outputs.iterdir())
