"""Metrics that read fields and notes, from the command to the rows, in the toy world."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sightsound.bench.core import cards as door
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from tests import toy

RUN = ("run", "--task", "image2music", "--device", "cpu", "--limit", 8, "--out", "r", "--json")


class Noting:
    """Tones, with what was thought on the way: a caption, and from it a prompt that lacks a word of four."""

    def __init__(self, device: str, weights: object, without: str = "") -> None:
        self.without = without

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """A tone an example; the one named `without` has no prompt."""
        for example in examples:
            number = int(example.id[-3:])
            notes = {"caption": f"a tone numbered {number}", "prompt": f"a tone numbered {number}00"}
            if example.id == self.without:
                del notes["prompt"]
            yield Generated(example.id, toy.tone(toy.pitch_hz(number)), toy.RATE_HZ, notes=notes)


@pytest.fixture
def noting(toy_world: Path) -> Path:
    """The toy world with a model that writes down what it thinks."""
    made = Variant("tests.bench.test_sides:Noting", "tones")
    door.add([ModelCard("noting", ("image2music",), {"pocket": made}, "tones", "CC0-1.0")], "tests")
    return toy_world


def rows(out: str, metric: str) -> dict[str, dict]:
    """The rows of a metric by system."""
    return {f"{row['model']}:{row['variant']}": row for row in json.loads(out) if row["metric"] == metric}


def test_two_stages_of_a_system_are_held_against_each_other(noting, bench):
    name = "rouge1@note.prompt:note.caption"
    done = bench(*RUN, "--model", "noting", "--model", "echo", "--metrics", f"{name},fad_toy")
    assert done.code == 0, done.err
    found = rows(done.out, name)
    mine = found["noting:pocket"]
    assert mine["value"] == pytest.approx(0.75) and (mine["n"], mine["n_failed"]) == (8, 0)
    assert mine["signature"].startswith(f"{name}|n:8|") and "|made:note.prompt|" in mine["signature"]
    assert "|text:note.caption|" in mine["signature"]
    for system, says in (("echo:pocket", ""), ("reference:same", ""), ("reference:mispaired", ", only of")):
        other = found[system]
        assert (other["value"], other["n"], other["n_failed"]) == (None, 0, 0), system
        assert other["note"] == f"it writes down no prompt{says}"
    assert not Path("r/failures.csv").read_text().count("note")


def test_a_note_is_held_against_a_field(noting, bench):
    name = "rouge1@note.caption:story"
    done = bench(*RUN, "--model", "noting", "--metrics", name)
    assert done.code == 0, done.err
    # "a tone numbered 3", "The story of tone 3.": two words of four and of five
    assert rows(done.out, name)["noting:pocket"]["value"] == pytest.approx(2 * 0.5 * 0.4 / 0.9)


def test_an_example_without_the_note_counts_as_failed(noting, bench):
    name = "rouge1@note.prompt:note.caption"
    done = bench(*RUN, "--model", "noting", "--metrics", name, "--set", "without=toy.003")
    assert done.code == 1
    (mine,) = (row for system, row in rows(done.out, name).items() if system.startswith("noting"))
    assert (mine["n"], mine["n_failed"]) == (7, 1) and "1 of 8 failed: it has no note.prompt" in mine["note"]
    assert "toy.003" in Path("r/failures.csv").read_text()


@pytest.mark.parametrize("name", ["cosine_story_tags_minilm@emotion", "rouge1@note.prompt:lyrics"])
def test_a_field_that_the_split_lacks_ends_the_command_before_it_generates(noting, bench, name):
    done = bench(*RUN, "--model", "noting", "--metrics", name)
    *_, last = done.err.strip().splitlines()
    field = name.rpartition("@")[2].rpartition(":")[2]
    assert done.code == 2 and last.startswith(f"bench: metric {name}: toy")
    assert last.endswith(f" has no {field}; its examples have image, audio, story")
    assert not Path("r/systems").exists()


def test_what_cannot_be_read_and_what_is_missing_is_said(noting, bench):
    done = bench(*RUN, "--model", "noting", "--metrics", "thd@story")
    assert done.code == 2 and "metric thd@story: it reads the output alone" in done.err
    done = bench(*RUN, "--model", "noting", "--metrics", "clap_score")
    assert done.code == 2 and "it reads a text that the task does not condition on" in done.err
    assert "clap_score@reference, or @ and a field" in done.err


def test_a_rank_is_among_the_systems_that_write_the_note_down(noting, bench):
    door.add([_rank("rank_stages")], "tests")
    name = "rank_stages@note.prompt:note.caption"
    models = ("--model", "noting:pocket", "--model", "echo:pocket", "--model", "echo:pocket_twin")
    found = rows(bench(*RUN, *models, "--metrics", name).out, name)
    assert set(found) == {"noting:pocket", "echo:pocket", "echo:pocket_twin"}
    assert "it writes down no prompt" in found["echo:pocket"]["note"]
    assert "a rank needs two systems" in found["noting:pocket"]["note"]


def _rank(name: str):
    from sightsound.metrics.card import MetricCard

    return MetricCard(
        name, "sightsound.metrics.formulas.ranked.rank", "ranked", True, (), "rank", "toy", over="rouge1"
    )


def test_runs_are_compared_and_explained_by_such_a_metric(noting, bench):
    name = "rouge1@note.prompt:note.caption"
    bench(*RUN, "--model", "noting", "--metrics", f"{name},cosine_toy")
    bench(*RUN[:-3], "--out", "s", "--model", "noting", "--seed", 1, "--metrics", f"{name},cosine_toy")
    done = bench("compare", "r", "s", "--json")
    assert done.code == 0, done.err
    assert {row["metric"] for row in json.loads(done.out)} == {name, "cosine_toy"}
    assert "note.caption" in bench("metrics", name).out


def test_a_folder_is_held_against_its_captions(toy_world, bench):
    for number in range(6):
        Path(f"mine/{number}.txt").parent.mkdir(exist_ok=True)
        Path(f"mine/{number}.txt").write_text(f"a red cat {number}")
    Path("captions.csv").write_text("id,caption\n" + "".join(f"{n},a red dog {n}\n" for n in range(6)))
    words = ("score", "mine=mine", "--captions", "captions.csv", "--device", "cpu", "--out", "r", "--json")
    done = bench(*words, "--task", "any2prompt", "--metrics", "rouge1@caption")
    assert done.code == 0, done.err
    (row,) = (row for row in json.loads(done.out) if row["model"] == "mine")
    assert row["metric"] == "rouge1@caption" and row["value"] == pytest.approx(0.75)
