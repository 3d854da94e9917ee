"""`bench score NAME=FOLDER`: how folders become examples, what is refused, that numbers are the split's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

import sightsound
from sightsound.bench import splits
from sightsound.bench.core import scores
from tests.conftest import Done
from tests.toy import RATE_HZ, pitch_hz, tone

Bench = Callable[..., Done]


@pytest.fixture
def world(toy_world: Path) -> Path:
    return toy_world


def clip(path: Path, pitch: float, seconds: float = 2.0, gain: float = 1.0, noise: float = 0.01) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(round(pitch * 10))
    samples = tone(pitch, seconds)
    soundfile.write(path, gain * (samples + noise * rng.standard_normal(len(samples))), RATE_HZ)


def tones(folder: str, count: int, start: int = 0, suffix: str = "wav", **how: float) -> Path:
    for index in range(count):
        clip(Path(folder) / f"{index:03d}.{suffix}", pitch_hz(start + index), **how)
    return Path(folder)


def values(done: Done) -> dict[tuple[str, str], Mapping]:
    assert done.out, done.err
    return {(row["model"], row["metric"]): row for row in json.loads(done.out)}


def test_sets_of_unequal_size_have_a_distance_and_its_interval(world: Path, bench: Bench) -> None:
    tones("gen", 40)
    for index in range(7):
        clip(Path(f"ref/track {index}.flac"), pitch_hz(index) * 1.5)
    done = bench("score", "mine=gen", "--reference", "ref", "--json")
    found = values(done)
    assert {metric for _, metric in found} == {"fad_toy"}, "what is paired needs pairs"
    row = found["mine", "fad_toy"]
    assert (row["n"], row["n_failed"], row["group_n"]) == (40, 0, 40), row["note"]
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert row["task"] == "any2music" and row["split"].startswith("ref@")
    assert "compared as sets with the 7 of ref@" in done.err
    alone = sightsound.score({"mine": "gen"}, reference="ref")
    assert alone.value("fad_toy") == row["value"] and done.code == 0


def test_an_interval_needs_five_groups_on_the_smaller_side(world: Path, bench: Bench) -> None:
    tones("gen", 40)
    tones("other/ref", 4, start=9)
    shutil.move("other/ref/003.wav", "other/ref/three.wav")
    row = values(bench("score", "mine=gen", "--reference", "other/ref", "--unpaired", "--json"))["mine", "fad_toy"]
    assert row["ci_low"] is None
    assert "no interval: 4 clips make 4 independent groups, in effect 4.0" in row["note"]


def test_values_are_those_of_the_split_s_own_way(world: Path, bench: Bench) -> None:
    """The same outputs, pictures and references: as a split, as folders that are paired, and as plain sets."""
    bench("run", "--model", "echo", "--task", "image2music", "--out", "made")
    of_split = pd.read_csv("made/rows.csv").query("model == 'echo'").set_index("metric")
    for example in splits.load("toy", task="image2music").examples:
        for path, folder in ((example.audio, "ref"), (example.image, "pictures")):
            assert path is not None
            Path(folder).mkdir(exist_ok=True)
            shutil.copy(path, Path(folder) / f"{example.id}{path.suffix}")
    outputs = "made/systems/echo.pocket/outputs"
    paired = values(
        bench("score", f"mine={outputs}", "--reference", "ref", "--conditions", "pictures", "--json", "--out", "p")
    )
    assert paired["mine", "fad_toy"]["task"] == "image2music"
    for metric in ("fad_toy", "cosine_toy"):  # the intervals differ: the split's manifest ties pairs of examples
        assert paired["mine", metric]["value"] == pytest.approx(of_split.loc[metric, "value"], rel=1e-9)
    assert ("reference", "cosine_toy") in paired, "paired references bring the reference rows"
    sets = values(bench("score", f"mine={outputs}", "--reference", "ref", "--unpaired", "--json", "--out", "u"))
    assert sets["mine", "fad_toy"]["value"] == pytest.approx(of_split.loc["fad_toy", "value"], rel=1e-9)
    assert {metric for _, metric in sets} == {"fad_toy"}


def test_three_folders_make_one_table_with_ranks_and_can_be_compared(world: Path, bench: Bench) -> None:
    tones("ref", 12)
    for index, name in enumerate("abc"):
        tones(name, 12, noise=0.01 + 0.02 * index)
    command = ("score", "a=a", "b=b", "c=c", "--reference", "ref", "--out", "run")
    found = values(bench(*command, "--json"))
    ranks = [found[name, "rank_toy"]["value"] for name in "abc"]
    assert sum(ranks) == pytest.approx(11 / 6) and len(set(ranks)) == 3
    by_clip = scores.read(Path("run") / scores.NAME)
    of_ranks = by_clip[by_clip["metric"] == "rank_toy"].groupby("example")["value"].sum()
    assert np.allclose(of_ranks, 11 / 6) and len(of_ranks) == 12
    compared = bench("compare", "run", "--json")
    assert compared.code == 0, compared.err
    pairs = {(row["a"], row["b"], row["metric"]): row for row in json.loads(compared.out)}
    assert pairs["a", "c", "cosine_toy"]["better"] == "a"
    assert not Path("run/systems/a/outputs").exists(), "the user's files stay where they are"


def test_unpaired_folders_are_compared_on_their_common_names(world: Path, bench: Bench) -> None:
    tones("a", 14)
    tones("b", 12, noise=0.2)
    for index in range(8):
        clip(Path(f"ref/r{index}.wav"), pitch_hz(index))
    found = values(bench("score", "a=a", "b=b", "--reference", "ref", "--out", "run", "--json"))
    assert (found["a", "fad_toy"]["n"], found["b", "fad_toy"]["n"]) == (14, 12)
    assert found["b", "fad_toy"]["n_failed"] == 0, "each answers for its own files"
    compared = bench("compare", "run", "--json")
    assert compared.code == 0, compared.err
    (pair,) = json.loads(compared.out)
    assert pair["n"] == 12 and pair["metric"] == "fad_toy"


def test_a_missing_output_is_a_failure_unless_only_what_matches_is_taken(world: Path, bench: Bench) -> None:
    tones("ref", 12)
    tones("a", 12)
    tones("b", 9)
    done = bench("score", "a=a", "b=b", "--reference", "ref", "--json")
    found = values(done)
    assert done.code == 1
    assert [found[name, "fad_toy"]["n_failed"] for name in "ab"] == [0, 3]
    assert "3 of 12 failed: no file of that name" in found["b", "fad_toy"]["note"]
    done = bench("score", "a=a", "b=b", "--reference", "ref", "--matched", "--json")
    found = values(done)
    assert done.code == 0
    assert [found[name, "fad_toy"]["n"] for name in "ab"] == [9, 9]
    assert [each["code"] for each in found["a", "fad_toy"]["warnings"]][:1] == ["left_out"]


def test_a_broken_reference_counts_for_every_system(world: Path, bench: Bench) -> None:
    for name, count in (("ref", 12), ("a", 12), ("sets", 10)):
        tones(name, count)
    Path("ref/003.wav").write_bytes(b"RIFF and no more")
    done = bench("score", "a=a", "--reference", "ref", "--json", "--out", "paired")
    row = values(done)["a", "fad_toy"]
    assert done.code == 1 and (row["n"], row["n_failed"]) == (11, 1) and "reference: " in row["note"]
    for path in sorted(Path("ref").iterdir()):
        path.rename(path.with_name(f"r{path.name}"))
    done = bench("score", "a=a", "--reference", "ref", "--json", "--out", "sets of")
    row = values(done)["a", "fad_toy"]
    assert done.code == 1 and (row["n"], row["n_failed"]) == (12, 1)
    assert "1 references failed: " in row["note"]
    assert "r003" in Path("sets of/failures.csv").read_text()


def test_names_are_matched_by_their_path_then_by_their_last_part(world: Path, bench: Bench) -> None:
    tones("ref", 6)
    for index in range(6):
        clip(Path(f"a/night/{index:03d}.WAV"), pitch_hz(index))
    clip(Path("a/more.wav"), 300)
    done = bench("score", "a=a", "--reference", "ref", "--paired", "--json")
    warned = {each["code"]: each["text"] for each in values(done)["a", "cosine_toy"]["warnings"]}
    assert warned["matched_loosely"].startswith("6 outputs were matched by the last part of their name: 000 with")
    assert warned["not_used"] == "1 of 7 files belong to no example and are not used: more"


def test_captions_and_pictures(world: Path, bench: Bench) -> None:
    tones("a", 6)
    Path("captions.csv").write_text("file,caption\n" + "".join(f"{i:03d}.wav,tone {i}\n" for i in range(4)))
    Path("pictures").mkdir()
    for index in range(6):
        Image.new("RGB", (8, 8), (index, 0, 0)).save(f"pictures/{index:03d}.png")
    done = bench("score", "a=a", "--captions", "captions.csv", "--metrics", "thd", "--json")
    row = values(done)["a", "thd"]
    assert row["task"] == "caption2music" and row["n"] + row["n_failed"] <= 4
    done = bench(
        "score", "a=a", "--captions", "captions.csv", "--conditions", "pictures", "--metrics", "thd", "--json"
    )
    row = values(done)["a", "thd"]
    assert row["task"] == "image2music"
    assert "2 of the conditions have no captions of their name and are left out" in done.err
    Path("lines.jsonl").write_text("".join(f'{{"name": "{i:03d}", "text": "tone {i}"}}\n' for i in range(6)))
    assert values(bench("score", "a=a", "--captions", "lines.jsonl", "--metrics", "thd", "--json"))
    Path("texts").mkdir()
    for index in range(6):
        Path(f"texts/{index:03d}.txt").write_text(f"tone {index}")
    assert values(bench("score", "a=a", "--captions", "texts", "--metrics", "thd", "--json"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a=empty", "--reference", "ref"), "empty: has no audio, image or text file (it is empty)"),
        (("a=a", "--reference", "empty"), "empty: has no audio file (it is empty)"),
        (("a=a", "--reference", "nowhere"), "--reference nowhere: no such folder, and no split named 'nowhere'"),
        (("a=a/000.wav", "--reference", "ref"), "a/000.wav: is a file; give the folder that it lies in"),
        (("a", "--reference", "ref"), "a: write NAME=FOLDER"),
        (("a=a", "a=ref"), "two folders are called a"),
        (("a=a", "--reference", "words"), "words: has no audio file (it holds 1 .md)"),
        (("a=a", "--reference", "other", "--paired"), "no name is the same: 000, 001, 002, ... (6) against x, y"),
        (
            ("a=a", "--conditions", "pictures"),
            "a: no file is named like conditions: 000, 001, 002, ... (6)",
        ),
        (("a=a", "--reference", "ref", "--split", "toy", "--task", "image2music"), "a: no file is named like toy"),
        (("a=a", "--captions", "bad.csv"), "has no column caption (or text, prompt, description); it has file"),
        (("a=a", "--captions", "twice.csv"), "entry 3 is a second caption of 000; keep one"),
        (("a=a", "--captions", "nowhere.csv"), "--captions nowhere.csv: no such file or folder"),
        (("a=a", "--metrics", "fad_toy"), "metric fad_toy cannot score this: there is no reference"),
        (
            ("a=a", "--reference", "other", "--metrics", "cosine_toy"),
            "compares each output with its own",
        ),
        (("a=twice", "--conditions", "twins"), "twins: 0.jpg, 0.png are all called 0; keep one of each"),
        (("a=a", "--task", "image2music", "--reference", "ref"), "it is made from image; give --conditions"),
        (("a=a", "--reference", "broken"), "--reference broken: none of its 1 files can be read"),
    ],
)
def test_what_does_not_fit_is_one_line(world: Path, bench: Bench, words: tuple[str, ...], said: str) -> None:
    tones("a", 6)
    tones("ref", 6)
    tones("twice", 1)
    for folder in ("empty", "words", "pictures", "twins", "broken"):
        Path(folder).mkdir()
    for name in "xy":
        clip(Path(f"other/{name}.wav"), 500)
    Path("words/notes.md").write_text("nothing")
    Path("broken/b.wav").write_bytes(b"RIFFxx")
    Path("bad.csv").write_text("file,words\na,b\n")
    Path("twice.csv").write_text("file,caption\n000.wav,one\n000.mp3,two\n")
    for path in ("pictures/p.png", "twins/0.png", "twins/0.jpg"):
        Image.new("RGB", (8, 8)).save(path)
    done = bench("score", *words)
    assert done.code == 2
    (line,) = [line for line in done.err.splitlines() if line.startswith("bench: ")]
    assert said in line
    assert not Path("runs").exists(), "nothing is begun"


def test_another_set_for_the_distances_of_a_run(world: Path, bench: Bench) -> None:
    for index in range(9):
        clip(Path(f"set/{index}.wav"), 900 + 10 * index)
    own = bench("run", "--model", "echo", "--task", "image2music", "--json")
    other = bench(
        "run", "--model", "echo", "--task", "image2music", "--reference", "set", "--json", "--out", "other"
    )
    a, b = values(own)["echo", "fad_toy"], values(other)["echo", "fad_toy"]
    assert abs(b["value"] - a["value"]) > 0.1 * a["value"]
    assert "|ref:set@" in b["signature"] and "|ref:toy@" in a["signature"] and a["split"] == b["split"]
    same = [values(done)["echo", "cosine_toy"]["value"] for done in (own, other)]
    assert same[0] == same[1], "pairs are the split's own"
    refused = bench("run", "--model", "echo", "--task", "image2music", "--out", "other")
    assert refused.code == 2 and "against" in refused.err
    of_split = bench(
        "run", "--model", "echo", "--task", "image2music", "--reference", "toy", "--json", "--out", "t"
    )
    assert values(of_split)["echo", "fad_toy"]["value"] == pytest.approx(a["value"], rel=1e-9)


def test_a_file_that_changes_afterwards_is_noticed(world: Path, bench: Bench) -> None:
    tones("ref", 6)
    for name in "ab":
        tones(name, 6)
    bench("score", "a=a", "b=b", "--reference", "ref", "--out", "run")
    clip(Path("a/002.wav"), 999)
    done = bench("compare", "run", "--json")
    assert "a failed on examples" in done.err or "failed on examples" in done.out


def test_ten_thousand_names(world: Path) -> None:
    """Matching does not grow with the square of the number of files."""
    from sightsound.bench.folders.names import match

    names = [f"part{i % 7}/{i:05d}" for i in range(10_000)]
    same = match(names, {name.upper() for name in names})
    assert len(same.found) == 10_000 == len(same.loose)


def test_validate_looks_without_scoring(world: Path, bench: Bench) -> None:
    tones("a", 6)
    tones("ref", 6, gain=0.1)
    Path("a/004.wav").write_bytes(b"")
    done = bench("validate", "a", "--reference", "ref", "--json")
    found = json.loads(done.out)
    assert done.code == 1 and list(found["bad"]) == ["a/004.wav"]
    assert {each["code"] for each in found["warnings"]} == {"loudness"}
    assert found["sides"]["references"]["level (RMS)"].endswith("median -33.5")
    assert not Path("runs").exists()
    assert bench("validate", "ref").code == 0


def test_a_folder_without_a_manifest_is_told_what_makes_it_a_split(world: Path, bench: Bench) -> None:
    tones("a", 2)
    for words in (("run", "--model", "echo", "--task", "image2music"), ("score", "a=a", "--task", "image2music")):
        done = bench(*words, "--split", "a")
        assert done.code == 2
        assert "a: a folder is a split where it has a manifest.csv with a line an example" in done.err


def test_a_table_of_ranks_alone_has_columns_without_a_value(world: Path, bench: Bench) -> None:
    tones("ref", 6)
    tones("a", 6)
    tones("b", 6, noise=0.2)
    done = bench("score", "a=a", "b=b", "--reference", "ref", "--metrics", "rank_toy")
    assert done.code == 0, done.err
    assert "rank_toy" in done.out and "reference:" in done.out
