"""`bench splits build emotion`: whole songs in one part, the leaky way, what is left over."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sightsound.bench.building.deal import PARTS, Piece, grouped, leaky
from sightsound.bench.building.songs import PIECE
from sightsound.bench.building.sources import Source
from sightsound.bench.splits.media import manifest
from tests import toy


def source(name: str) -> Source:
    return Source(name, Path(name), name)


def world(folder: Path, songs: int = 12, pieces: int = 5, pictures: int = 70) -> Path:
    """Two emotions, each with songs cut into pieces, and pictures; all files differ."""
    for at, emotion in enumerate(("Happy", "sad")):
        (folder / "music" / emotion).mkdir(parents=True)
        (folder / "images" / emotion).mkdir(parents=True)
        for song in range(songs):
            for piece in range(pieces):
                sound = toy.tone(200 + 500 * at + 20 * song + piece, 0.1)
                soundfile.write(folder / "music" / emotion / f"{emotion} song{song:02d}x_{piece}.wav", sound, 8000)
        for number in range(pictures):
            colour = (number, 200 * at, 5)
            Image.new("RGB", (8, 8), colour).save(folder / "images" / emotion / f"{emotion}-{number}.png")
    return folder


def build(bench, folder: Path, *words: object, out: str = "out"):
    return bench(
        *("splits", "build", "emotion", "--images", folder / "images", "--music", folder / "music"),
        *("--out", folder / out, *words),
    )


def songs_of(folder: Path) -> dict[str, set[str]]:
    """Part -> its songs, by the names that its manifest gives the original files."""
    found = {}
    for part in PARTS:
        with (folder / part / "manifest.csv").open(encoding="utf-8") as file:
            found[part] = {
                re.search(r"audio=(.*?song\d+x)_\d+[.]wav", row["source"])[1] for row in csv.DictReader(file)
            }
    return found


def test_no_song_is_in_two_parts_and_pairs_stay_within_an_emotion(bench, tmp_path):
    folder = world(tmp_path)
    done = build(bench, folder)
    assert done.code == 0, done.err
    songs = songs_of(folder / "out")
    assert all(songs.values()) and sum(map(len, songs.values())) == len(set().union(*songs.values())) == 24
    seen: Counter[str] = Counter()
    for part in PARTS:
        examples, _ = manifest.read(folder / "out" / part)
        assert manifest.verify(folder / "out" / part) == []
        with (folder / "out" / part / "manifest.csv").open(encoding="utf-8") as file:
            for row, example in zip(csv.DictReader(file), examples, strict=True):
                picture, track = re.findall(r"=(\w+)/", row["source"])
                assert picture.lower() == track.lower() == example.emotion
                seen.update([row["image_sha256"], row["audio_sha256"]])
                assert example.group.startswith(("Happy-song", "sad-song"))
    assert set(seen.values()) == {1} and len(seen) == 2 * 120
    summary = json.loads((folder / "out" / "summary.json").read_text())
    assert summary["songs_in_two_parts"] == summary["test_pairs_of_songs_seen"] == 0
    assert summary["examples"] == {"train": 100, "validation": 10, "test": 10}
    left = (folder / "out" / "missing.csv").read_text().splitlines()[1:]
    assert len(left) == 20 and all(line.endswith(("in happy", "in sad")) for line in left)


def test_the_paper_s_way_leaks_and_says_so(bench, tmp_path):
    folder = world(tmp_path)
    done = build(bench, folder, "--leaky")
    assert done.code == 0 and "LEAKY" in done.out
    songs = songs_of(folder / "out")
    assert songs["test"] & songs["train"]
    summary = json.loads((folder / "out" / "summary.json").read_text())
    assert summary["way"].startswith("leaky")
    assert summary["test_pairs_of_songs_seen"] > 6 and summary["examples"]["train"] == 96


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(bench, tmp_path):
    folder = world(tmp_path)
    for out, words in (("a", ()), ("b", ()), ("c", ("--seed", 7))):
        assert build(bench, folder, *words, out=out).code == 0
    names = [f"{part}/manifest.csv" for part in PARTS] + ["missing.csv", "summary.json", "summary.md"]
    assert all((folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes() for name in names)
    assert (folder / "a/test/manifest.csv").read_bytes() != (folder / "c/test/manifest.csv").read_bytes()
    assert build(bench, folder, "--seed", 7, out="a").err.endswith(
        "was built with other seed; give another --out\n"
    )


def test_scikit_learn_s_permutation():
    """train_test_split(range(10), test_size=0.2, random_state=42) holds out 8 and 1."""
    pictures = [source(f"p{n}") for n in range(10)]
    pieces = [Piece(source(f"m{n}"), "one song") for n in range(10)]
    rng = np.random.default_rng(0)
    dealt = leaky(pictures, pieces, rng, 42)
    rng = np.random.default_rng(0)
    first = [f"p{n}" for n in rng.permutation(10)]
    assert sorted(pair.picture.name for part in ("validation", "test") for pair in dealt[part]) == sorted(
        [first[8], first[1]]
    )
    # and the two are split by RandomState(42).permutation(2), which is 1, 0
    assert [pair.picture.name for pair in dealt["test"]] == [first[1]]


@given(
    st.lists(st.integers(1, 9), min_size=3, max_size=25),
    st.integers(0, 120),
    st.integers(0, 1000),
)
def test_songs_are_dealt_whole_near_the_shares(sizes, pictures, seed):
    pieces = [Piece(source(f"{song}/{n}"), str(song)) for song, size in enumerate(sizes) for n in range(size)]
    where: dict[str, str] = {}
    dealt = grouped([source(f"p{n}") for n in range(pictures)], pieces, np.random.default_rng(seed), where)
    used = [pair.picture.name for some in dealt.values() for pair in some]
    heard = [pair.piece.source.name for some in dealt.values() for pair in some]
    assert len(used) == len(set(used)) == len(set(heard)) == min(pictures, len(pieces))
    for part, some in dealt.items():
        assert all(where[pair.piece.song] == part for pair in some)
        count = sum(size for song, size in enumerate(sizes) if where[str(song)] == part)
        assert count <= PARTS[part] * len(pieces) + max(sizes)
    again = grouped([source("q")], [Piece(source("x"), "0")], np.random.default_rng(1), where)
    assert len(again[where["0"]]) == 1  # a song that is met under another emotion stays in its part


@pytest.mark.parametrize(
    ("stem", "song"),
    [
        ("blue_moon_03", "blue_moon"),
        ("blue_moon-part3", "blue_moon"),
        ("blue moon (piece 12)", "blue moon (piece 12)"),
        ("blue_moon", "blue_moon"),
        ("symphony 9", "symphony"),
        ("song12.clip004", "song12"),
        ("0 7", None),
    ],
)
def test_the_song_of_a_piece_by_its_name(stem, song):
    match = re.fullmatch(PIECE, stem)
    assert (match and match["song"]) == song


def test_songs_by_folder_by_list_and_by_pattern(bench, tmp_path):
    folder = world(tmp_path, songs=4, pieces=3, pictures=12)
    for path in sorted((folder / "music" / "sad").iterdir()):  # a folder a song
        (path.parent / path.stem[:-2]).mkdir(exist_ok=True)
        path.rename(path.parent / path.stem[:-2] / f"{path.stem[-1]}.wav")
    assert build(bench, folder, out="a").code == 0
    names = sorted(path.relative_to(folder / "music").as_posix() for path in (folder / "music").rglob("*.wav"))
    (folder / "songs.csv").write_text("file,song\n" + "".join(f"{name},{n % 6}\n" for n, name in enumerate(names)))
    assert build(bench, folder, "--songs", folder / "songs.csv", out="b").code == 0
    groups = [{example.group for example in manifest.read(folder / "b" / part)[0]} for part in PARTS]
    assert set().union(*groups) <= set("012345") and sum(map(len, groups)) == len(set().union(*groups))
    assert build(bench, folder, "--song-pattern", "(?P<song>[^_]*).*", out="c").code == 0
    for words, said in (
        (("--song-pattern", "("), "no regular expression"),
        (("--song-pattern", "x"), "needs a group"),
        (("--song-pattern", "(?P<song>zzz)"), "tells no song"),
        (("--songs", folder / "none.csv"), "cannot be read"),
        (("--seed", -1), "take 0 to"),
    ):
        done = build(bench, folder, *words, out="d")
        last = done.err.splitlines()[-1]
        assert done.code == 2 and last.startswith("bench: ") and said in last, done.err


def test_one_song_cannot_be_split_and_copies_are_left_out(bench, tmp_path):
    folder = world(tmp_path, songs=1, pieces=4, pictures=9)
    done = build(bench, folder)
    assert done.code == 2 and "nothing is left for" in done.err and "2 songs in 8 pieces" in done.err
    other = world(tmp_path / "other")
    copied = other / "images/sad/Happy copy.png"
    copied.write_bytes((other / "images/Happy/Happy-3.png").read_bytes())
    (other / "music/loose_1.wav").write_bytes((other / "music/sad/sad song01x_1.wav").read_bytes())
    assert build(bench, other).code == 0
    missing = (other / "out/missing.csv").read_text()
    assert "image,sad/Happy copy.png,has the same bytes as Happy/Happy-3.png" in missing
    assert "music,loose_1.wav,is in no folder of an emotion" in missing


def test_folders_without_a_common_emotion(bench, tmp_path):
    folder = world(tmp_path)
    (folder / "images/Happy").rename(folder / "images/angry")
    (folder / "images/sad").rename(folder / "images/calm")
    done = build(bench, folder)
    assert done.code == 2 and "no emotion in common" in done.err
