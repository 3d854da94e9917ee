"""Metrics that compare with a corpus of the user's, through the command."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages import corpus

SONGS = {"a": "the rain falls", "b": "red birds fly", "c": "a slow train"}
PROMPTS = {"a": "rain over a city", "b": "Red birds, oil on canvas", "c": "a train"}
HUMAN = "a castle, oil on canvas\n\nrain, RED sky\n"
# prompts: rain over a city red birds oil on canvas train; corpus: a castle oil on canvas rain red sky
SHARED, EITHER = 6, 12


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Three songs with the prompts that a person wrote."""
    rows = [Example(id=i, group=i, lyrics=song, reference_text="a painting") for i, song in SONGS.items()]
    manifest.write(folder, [manifest.Row(row, f"song {row.id}") for row in rows])


CARD = SplitCard(
    name="songs",
    tasks=("lyrics2prompt",),
    entry="tests.bench.test_corpus:build",
    assets=(),
    licence="CC0-1.0",
    source="made by the tests",
    description="songs",
)


@pytest.fixture
def world(toy_world, monkeypatch):
    monkeypatch.setitem(registry.cards("split"), "songs", CARD)
    (toy_world / "prompts").mkdir()
    for name, prompt in PROMPTS.items():
        (toy_world / "prompts" / f"{name}.txt").write_text(prompt, encoding="utf-8")
    (toy_world / "human.txt").write_text(HUMAN, encoding="utf-8")
    return toy_world


SCORE = ("score", "prompts", "--task", "lyrics2prompt", "--split", "songs", "--name", "mine", "--out", "r")
BOTH = ("--metrics", "jaccard_corpus,jaccard_reference")


def test_the_value_and_its_signature(world, bench):
    done = bench(*SCORE, *BOTH, "--corpus", "human.txt", "--json")
    found = {row["metric"]: row for row in json.loads(done.out) if row["model"] == "mine"}
    assert found["jaccard_corpus"]["value"] == pytest.approx(SHARED / EITHER)
    digest = hashlib.sha256(HUMAN.encode()).hexdigest()[:12]
    assert f"|corpus:2@{digest}|" in found["jaccard_corpus"]["signature"]
    assert found["jaccard_corpus"]["n"] == 3 and found["jaccard_corpus"]["ci_low"] is None
    assert found["jaccard_reference"]["value"] == pytest.approx(1 / 11), "of `a painting`, `a` is shared"
    assert "corpus" not in found["jaccard_reference"]["signature"]
    (world / "human.txt").write_text("nothing alike", encoding="utf-8")
    again = json.loads(bench(*SCORE, *BOTH, "--corpus", "human.txt", "--json").out)
    changed = next(row for row in again if row["model"] == "mine" and row["metric"] == "jaccard_corpus")
    assert changed["value"] == 0 and digest not in changed["signature"]


def test_without_a_corpus_the_metric_says_what_it_needs(world, bench):
    done = bench(*SCORE, *BOTH)
    assert done.code and "jaccard_corpus compares with a corpus" in done.err and "--corpus" in done.err


def test_the_size_of_a_block_changes_nothing(world, bench, monkeypatch):
    whole = corpus.read(world / "human.txt")
    monkeypatch.setattr(corpus, "TOGETHER", 1)
    lines = corpus.read(world / "human.txt")
    assert (len(whole.items), len(lines.items)) == (1, 2) and whole.label == lines.label
    done = bench(*SCORE, "--metrics", "jaccard_corpus", "--corpus", "human.txt", "--json")
    values = [row["value"] for row in json.loads(done.out) if row["model"] == "mine"]
    assert values == [pytest.approx(SHARED / EITHER)]


def test_compare_leaves_it_out(world, bench):
    for name in ("mine", "other"):
        words = [name if word == "mine" else word for word in SCORE]
        bench(*words[:-1], f"r.{name}", *BOTH, "--corpus", "human.txt")
    done = bench("compare", "r.mine", "r.other", "--json")
    assert {pair["metric"] for pair in json.loads(done.out)} == {"jaccard_reference"}


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "no such file"), (b"\n  \n", "holds no text"), (b"caf\xe9\n", "is not text in UTF-8 (byte 3)")],
)
def test_a_file_that_is_no_corpus_is_one_line(tmp_path, content, why):
    if content is not None:
        (tmp_path / "c.txt").write_bytes(content)
    with pytest.raises(corpus.CorpusError) as caught:
        corpus.read(tmp_path / "c.txt")
    assert why in str(caught.value) and "\n" not in str(caught.value)
