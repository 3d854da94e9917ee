"""`bench splits build annotate`: pocket parts on real pictures, tiny ones of the paper's, going on, refusals."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from sightsound.bench.building import parts
from sightsound.bench.building.ledger import BATCH, NAME, Failure, Ledger
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.splits.media import manifest
from tests.bench.building_world import FEW, PICTURES, annotate, lines

pytest_plugins = ("tests.bench.building_fixtures",)


def test_pocket_agents_make_quadruples_of_real_pictures_and_music(bench, few, tmp_path):
    done = annotate(bench, few, tmp_path / "out")
    assert done.code == 0, done.err
    assert "preset pocket" in done.err and "the composer is not the paper's" in done.out
    examples, _ = manifest.read(tmp_path / "out")
    assert manifest.verify(tmp_path / "out") == []
    found = {line["image"]: line for line in lines(tmp_path / "out/annotations.csv")}
    assert 2 <= len(examples) == len(found) <= FEW
    for example in examples:
        line = found[f"{example.id}.jpg"]
        assert example.story == line["story"] and example.story.split("picture of ")[0] in (
            "a ",
            "a dark ",
            "a bright ",
        )
        assert example.caption == line["caption"] and example.caption.startswith("Music in the genre of")
        assert float(line["image_story"]) >= 0.3 and float(line["caption_music"]) >= 0.3
        assert example.group == Path(line["music"]).stem and example.audio.stem == example.group
        assert example.audio.read_bytes() == (few / "music" / line["music"]).read_bytes()
    missing = {line["name"]: line["reason"] for line in lines(tmp_path / "out/missing.csv")}
    assert missing["broken.jpg"].startswith("the writer: cannot be read as a picture") and "words.mp3" in missing
    assert len(missing) + len(found) == FEW + 2


def test_each_picture_gets_the_most_similar_track(bench, media, tmp_path, echo):
    """Against the cosines of all tracks, which a threshold that none reaches tells in missing.csv."""
    assert annotate(bench, media, tmp_path / "all", "--composer", "echo", "--filter-at", -1).code == 0
    best = {line["image"]: float(line["caption_music"]) for line in lines(tmp_path / "all/annotations.csv")}
    seen: dict[str, list[float]] = {}
    for track in sorted((media / "music").glob("*.ogg")):
        one = tmp_path / track.stem
        (one / "music").mkdir(parents=True)
        (one / "images").symlink_to(media / "images")
        shutil.copy(track, one / "music")
        assert annotate(bench, one, one / "out", "--composer", "echo", "--filter-at", -1).code == 0
        for line in lines(one / "out/annotations.csv"):
            seen.setdefault(line["image"], []).append(float(line["caption_music"]))
    assert best == {name: max(values) for name, values in seen.items()}


def test_thresholds_and_failures_cost_single_pictures(bench, media, tmp_path, echo):
    assert annotate(bench, media, tmp_path / "a", "--composer", "echo").code == 0
    reasons = [line["reason"] for line in lines(tmp_path / "a/missing.csv")]
    assert "the composer: refused" in reasons
    values = sorted(float(line["image_story"]) for line in lines(tmp_path / "a/annotations.csv"))
    middle = values[len(values) // 2]
    done = annotate(bench, media, tmp_path / "b", "--composer", "echo", "--review-at", middle)
    assert done.code == 0
    kept = [float(line["image_story"]) for line in lines(tmp_path / "b/annotations.csv")]
    assert kept and min(kept) >= middle and len(kept) < len(values)
    assert f"below {middle:g}" in (tmp_path / "b/missing.csv").read_text()
    done = annotate(bench, media, tmp_path / "c", "--composer", "echo", "--filter-at", 0.99)
    assert done.code == 2 and "nothing is left to make a split of" in done.err
    assert "the cosine of caption and music is" in (tmp_path / "c/missing.csv").read_text()


def test_the_paper_s_parts_from_a_mirror(bench, media, mirror, tmp_path, own_features):
    """BLIP, CLIP and Qwen2-VL in the published layouts. CLAP is pinned by its digest: the pocket filter."""
    words = (
        *("--preset", "paper", "--mirror", mirror, "--reviewer", "clip_vit_b16", "--filter", "pocket"),
        *("--review-at", -1, "--filter-at", -1),
    )
    done = annotate(bench, media, tmp_path / "out", *words)
    assert done.code == 0, done.err
    assert "writer blip_large" in done.err and "composer qwen2_vl" in done.err
    examples, _ = manifest.read(tmp_path / "out")
    empty = (tmp_path / "out/missing.csv").read_text().count("gave an empty answer")  # a tiny network may
    assert len(examples) + empty == PICTURES and len(examples) > 5
    assert all(example.story and example.caption for example in examples)
    assert len({example.caption for example in examples}) > 1
    plan = json.loads((tmp_path / "out/build.json").read_text())
    assert (
        plan["writer"].startswith("sightsound.baselines.parts.captioners:Blip+decoding=")
        and "blip_large@" in plan["writer"]
    )
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["agents"]["reviewer"].startswith("clip_vit_b16_image and clip_vit_b16_text")
    done = annotate(bench, media, tmp_path / "none", "--preset", "paper")
    assert done.code == 2 and done.err.splitlines()[-1].startswith("bench: ")


def test_pairs_keep_their_music_and_their_captions(bench, media, tmp_path, echo):
    pairs = tmp_path / "pairs"
    words = ("--images", media / "images", "--music", media / "music", "--out", pairs, "--method", "greedy")
    assert bench("splits", "build", "pair", *words).code == 0
    records = lines(pairs / "manifest.csv")
    records[0]["caption"] = "a slow-paced classical string composition"
    with (pairs / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, records[0], lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    command = ("splits", "build", "annotate", "--pairs", pairs, "--composer", "echo", "--device", "cpu")
    done = bench(*command, "--out", tmp_path / "out", "--filter-at", 2)
    assert done.code == 0, done.err
    (example,) = manifest.read(tmp_path / "out")[0]  # only a caption that was there passes such a filter
    assert example.caption == records[0]["caption"] and example.id == records[0]["id"] and example.story
    assert bench(*command, "--out", tmp_path / "b", "--filter-at", -1).code == 0
    before = {one.id: one.audio.read_bytes() for one in manifest.read(pairs)[0]}
    after = {one.id: one.audio.read_bytes() for one in manifest.read(tmp_path / "b")[0]}
    assert len(after) > 1 and all(before[name] == sound for name, sound in after.items())
    for more, said in (
        (("--images", media / "images"), "in the place of"),
        (("--out", pairs / "in"), "lies in"),
    ):
        done = bench(*command, "--out", tmp_path / "c", *more)
        assert done.code == 2 and said in done.err
    done = bench("splits", "build", "annotate", "--out", tmp_path / "d")
    assert done.code == 2 and "give --images and --music, or --pairs" in done.err


@pytest.mark.parametrize("cut", [30, 10_000])
def test_a_ledger_that_was_cut_off_goes_on_to_the_same_bytes(bench, media, tmp_path, echo, cut):
    assert annotate(bench, media, tmp_path / "out", "--composer", "echo").code == 0
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    whole = {path: path.read_bytes() for path in files}
    ledger = tmp_path / "out" / NAME
    ledger.write_bytes(ledger.read_bytes()[:-cut])
    for name in ("manifest.csv", "summary.md", "missing.csv", "annotations.csv"):
        (tmp_path / "out" / name).unlink()
    assert annotate(bench, media, tmp_path / "out", "--composer", "echo").code == 0
    assert {path: path.read_bytes() for path in files} == whole


def test_other_parts_and_other_files_are_refused_the_folder(bench, media, tmp_path, echo):
    moved = tmp_path / "moved"
    shutil.copytree(media, moved)
    assert annotate(bench, moved, tmp_path / "out", "--composer", "echo").code == 0
    done = annotate(bench, moved, tmp_path / "out", "--composer", "echo", "--filter-at", 0.2)
    assert done.code == 2 and "was built with other thresholds" in done.err
    (moved / "music/words.mp3").write_text("other words")
    done = annotate(bench, moved, tmp_path / "out", "--composer", "echo")
    assert done.code == 2 and "was built with other music" in done.err
    done = annotate(bench, moved, tmp_path / "out", "--composer", "chopin")
    assert done.code == 2 and "no composer named 'chopin'" in done.err
    done = annotate(bench, moved, tmp_path / "b", "--composer", "openai")
    assert done.code == 2 and "openai: give its address with --llm-url" in done.err
    done = annotate(
        bench, moved, tmp_path / "b", "--composer", "openai", "--llm-url", "ftp://x", "--llm-model", "m"
    )
    assert done.code == 2 and "is no http address" in done.err and not (tmp_path / "b/missing.csv").exists()


def test_no_name_of_a_part_is_without_its_weights():
    for table in (parts.CAPTIONERS, parts.VIEWERS, parts.COMPOSERS, parts.CHATS):
        for name, part in table.items():
            assert part.name == name and (part.asset in registry.cards("asset") or name == "openai")


# ---- the ledger


def test_a_batch_that_raises_is_asked_again_one_by_one(tmp_path):
    asked = []

    def ask(names):
        asked.append(list(names))
        if "bad" in names:
            raise ValueError("cannot do bad")
        return ["  two\nlines ", "", ValueError("its own")][: len(names)] if names[0] == "x" else list(names)

    names = ["a", "bad", "c", *map(str, range(BATCH - 3)), "x", "y", "z"]
    found = Ledger(tmp_path).answers("stage", names, ask, lambda *_: None)
    assert found["bad"] == "cannot do bad" and isinstance(found["bad"], Failure)
    assert found["a"] == "a" and not isinstance(found["a"], Failure)
    assert found["x"] == "two lines" and isinstance(found["y"], Failure) and isinstance(found["z"], Failure)
    assert len(asked) == 1 + BATCH + 1
    again = Ledger(tmp_path).answers("stage", names, ask, lambda *_: None)
    assert again == found and len(asked) == 1 + BATCH + 1
    assert {type(one) for one in again.values()} == {str, Failure}


def test_a_ledger_that_is_none_is_told(tmp_path):
    (tmp_path / NAME).write_text("not json\n")
    with pytest.raises(BenchError, match="no batch of answers"):
        Ledger(tmp_path)
