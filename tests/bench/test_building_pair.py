"""`bench splits build pair` on real pictures and real music, its product, and what it does with bad input."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench import assets
from sightsound.bench.building import pair, scores
from sightsound.bench.building.sources import ids
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages.embed import Extractors, embed, file_item

ROOT = Path(__file__).parents[2]
PICTURES, TRACKS = 7, 9


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    """Wesnoth's own pictures and tracks, and one bad file of each."""
    folder = tmp_path_factory.mktemp("media")
    core = assets.fetch("wesnoth") / "data" / "core"
    for kind, found in (("images", "images/story/*.jpg"), ("music", "music/*.ogg")):
        (folder / kind / "below").mkdir(parents=True)
        for number, path in enumerate(sorted(core.glob(found))[: PICTURES if kind == "images" else TRACKS]):
            target = folder / kind / ("below" if number == 3 else "") / path.name
            target.write_bytes(path.read_bytes())
    (folder / "images/broken.jpg").write_bytes((folder / "images/grim-altar.jpg").read_bytes()[:2000])
    (folder / "music/words.mp3").write_text("no music")
    (folder / "music/readme.txt").write_text("not looked at")
    (folder / "music/.hidden.ogg").write_text("nor this")
    return folder


def build(bench, media: Path, out: Path, *words: object):
    return bench(
        *("splits", "build", "pair", "--images", media / "images", "--music", media / "music"),
        *("--out", out, "--device", "cpu", *words),
    )


@pytest.fixture(scope="module")
def vectors(media) -> tuple[list[str], np.ndarray, list[str], np.ndarray]:
    """Names and unit vectors of both sides, straight from the feature store."""
    networks = Extractors(["labels_minilm", "tags_minilm"], "cpu", None)
    store = FeatureStore(cache_dir() / "features")
    found = []
    for kind, extractor in (("images", "labels_minilm"), ("music", "tags_minilm")):
        folder = media / kind
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("[!.]*.[jo][pg]g"))
        names = [name for name in names if name != "broken.jpg"]
        items = [file_item(folder / name) for name in names]
        assert not embed(items, [extractor], networks, store)
        raw = [store.get(networks.signature(extractor), item.key, "embedding").mean(axis=0) for item in items]
        found += [names, np.array([one / np.linalg.norm(one) for one in raw])]
    return tuple(found)


def test_the_pairs_equal_brute_force_on_real_files(bench, media, tmp_path, vectors):
    pictures, image_vectors, tracks, music_vectors = vectors
    done = build(bench, media, tmp_path / "out", "--method", "greedy,best_first,optimal")
    assert done.code == 0, done.err
    table = np.round(image_vectors.astype(float) @ music_vectors.T.astype(float), 6)
    with (tmp_path / "out/pairs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    left, expected = table.copy(), []
    for row, name in enumerate(pictures):
        best = int(np.argmax(left[row]))
        expected.append((name, tracks[best]))
        left[:, best] = -9
    assert [(row["image"], row["music"]) for row in rows if row["method"] == "greedy"] == expected
    found, left = {}, table.copy()
    while len(found) < len(pictures):
        row, best = np.unravel_index(int(np.argmax(left)), left.shape)
        found[pictures[row]] = tracks[best]
        left[row], left[:, best] = -9, -9
    assert {row["image"]: row["music"] for row in rows if row["method"] == "best_first"} == found
    for row in rows:
        cosine = table[pictures.index(row["image"]), tracks.index(row["music"])]
        assert float(row["similarity"]) == pytest.approx(cosine, abs=1.5e-6)
    totals = {
        method: sum(float(row["similarity"]) for row in rows if row["method"] == method) for method in pair.METHODS
    }
    assert totals["optimal"] >= max(totals.values()) - 1e-6 and totals["optimal"] > totals["greedy"]


def test_the_product_is_a_split_with_a_summary(bench, media, tmp_path):
    out = tmp_path / "out"
    done = build(bench, media, out, "--json")
    assert done.code == 0, done.err
    examples, content_hash = manifest.read(out)
    assert len(examples) == PICTURES and manifest.verify(out) == []
    assert all(example.image and example.audio and example.group == example.id for example in examples)
    assert len({example.audio.read_bytes() for example in examples}) == PICTURES
    missing = (out / "missing.csv").read_text().splitlines()
    picture, music = missing[1:]
    assert picture.startswith("image,broken.jpg,cannot be read as a picture (OSError: Truncated File Read); ")
    assert music.startswith(
        "music,words.mp3,cannot be decoded as audio (InvalidDataError); it begins with 'no music'"
    )
    summary = json.loads((out / "summary.json").read_text())
    assert summary["hash"] == {".": content_hash} and summary["examples"] == {".": PICTURES}
    with (out / "pairs.csv").open(encoding="utf-8") as file:
        values = [float(row["similarity"]) for row in csv.DictReader(file) if row["method"] == "greedy"]
    line = summary["methods"]["greedy"]
    assert (line["max"], line["min"]) == (max(values), min(values))
    assert line["mean"] == pytest.approx(np.mean(values), abs=1e-9)
    assert line["above_mean"] == sum(value > np.mean(values) for value in values) and line["pairs"] == PICTURES
    assert json.loads(done.out)["ties"] == pair.TIES
    text = (out / "summary.md").read_text()
    assert "| greedy | 7 |" in text and "Ties are cosines equal to a millionth" in text
    assert str(tmp_path) not in "".join(path.read_text() for path in out.glob("*.*"))


def test_the_product_runs_as_a_split(bench, media, tmp_path):
    assert build(bench, media, tmp_path / "mine").code == 0
    done = bench(
        *("run", "--model", "reference", "--task", "image2music", "--split", tmp_path / "mine", "--device", "cpu"),
        *("--metrics", "kl_musicnn", "--out", tmp_path / "run"),
    )
    assert done.code == 0, done.err
    (line,) = [line.split() for line in done.out.splitlines() if line.startswith("reference:same")]
    assert line[-4:-2] == [str(PICTURES)] * 2  # examples and groups, before "in effect" and "failed"


def test_the_same_folders_elsewhere_give_the_same_bytes(bench, media, tmp_path):
    other = tmp_path / "moved"
    subprocess.run(["cp", "-r", media, other], check=True)
    assert build(bench, media, tmp_path / "a").code == 0
    assert build(bench, other, tmp_path / "b").code == 0
    assert build(bench, media, tmp_path / "a").code == 0  # again: nothing changes
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) > 2 * PICTURES
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_build_that_is_killed_goes_on_to_the_same_bytes(bench, media, tmp_path):
    assert build(bench, media, tmp_path / "whole").code == 0
    words = ["splits", "build", "pair", "--images", media / "images", "--music", media / "music"]
    links = tmp_path / "cache"
    links.mkdir()
    for part in ("assets", "converted"):  # the weights are shared, the features are not
        if (cache_dir() / part).exists():
            (links / part).symlink_to(cache_dir() / part)
    command = [
        sys.executable,
        "-m",
        "sightsound",
        *map(str, words),
        "--device",
        "cpu",
        "--out",
        str(tmp_path / "killed"),
    ]
    for after_s in (2.0, 4.0, 5.0, 6.0, None):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"SIGHTSOUND_CACHE": str(links)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            assert process.wait(after_s) == 0, process.stderr and process.stderr.read()
            break
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            time.sleep(0.1)
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file() and path.name != ".lock":
            assert path.read_bytes() == (tmp_path / "killed" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_more_pictures_than_tracks(bench, media, tmp_path):
    few = tmp_path / "few"
    (few / "music").mkdir(parents=True)
    (few / "images").symlink_to(media / "images")
    for path in sorted((media / "music").glob("[!.]*.ogg"))[:2]:
        (few / "music" / path.name).write_bytes(path.read_bytes())
    for method in pair.METHODS:
        assert build(bench, few, tmp_path / method, "--method", method).code == 0
        assert len(manifest.read(tmp_path / method)[0]) == 2
        missing = (tmp_path / method / "missing.csv").read_text()
        assert missing.count("no track is left for it") == PICTURES - 2


def test_what_is_asked_for_wrongly_is_told_in_one_line(bench, media, tmp_path):
    out = tmp_path / "out"
    assert build(bench, media, out).code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for words, said in (
        (("--method", "greedy"), "was built with other methods; give another --out"),
        (("--method", "best"), "there are greedy, best_first, optimal"),
        (("--method", "greedy,greedy"), "each once"),
        (("--extractor", "imagbind"), "nearest: imagebind"),
        (("--extractor", "clip_vit_b16"), "no joint space of image and audio"),
        (("--extractor", "tags_minilm,labels_minilm"), "takes audio, not image"),
        (("--extractor", "efficientnet_lite0,musicnn_msd", "--out", tmp_path / "b"), "not in one space"),
        (("--out", tmp_path / "mine"), "is not empty and holds no build"),
        (("--out", media / "images/split"), "lies in"),
        (("--images", tmp_path / "nowhere"), "no such folder"),
        (("--images", tmp_path / "empty"), "no file in it is named as images"),
    ):
        done = build(bench, media, out, *words)
        last = done.err.splitlines()[-1]
        assert done.code == 2 and last.startswith("bench: ") and said in last, done.err


def test_ids_are_plain_names_and_each_is_there_once():
    found = ids(["a/Café №1.jpg", "b/Café №1.png", "caf-1.jpg", "…", "x.y.z.jpg", "A" * 300 + ".jpg", "…"])
    assert found == ["Caf-1-11b23ba9", "Caf-1-11b23ba9.2", "caf-1", "item", "x-y-z", "A" * 100, "item.2"]
    rivers, other = ids(["川.wav", "山.wav"])
    assert rivers != other and [rivers] == ids(["川.wav"]) and [other] == ids(["山.wav"]), (
        "whatever the others are"
    )
    for one in found:
        manifest.check_id(one)


def test_the_mean_is_not_above_itself():
    """Table 1's counts: pairs at the mean are below it, whatever the rounding of the mean."""
    third = np.full(3, 333_333)
    choice = pair.Choice(np.arange(3), third, None)
    found = pair.facts(choice, choice)
    assert (found["above_mean"], found["at_or_below_mean"], found["mean"]) == (0, 3, 333_333 / scores.STEPS)
