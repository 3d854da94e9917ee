"""`bench splits build caption`: pocket parts on real pictures, tiny checkpoints of the thesis's, its words."""

from __future__ import annotations

import csv
import json

import pytest

from sightsound.bench.building import prompts
from sightsound.bench.splits.media import manifest
from tests.bench.building_world import FEW, PICTURES, annotate, caption, lines

pytest_plugins = ("tests.bench.building_fixtures",)


def test_pocket_prompts_for_real_pictures(bench, few, tmp_path):
    done = caption(bench, tmp_path / "out", "--images", few / "images")
    assert done.code == 0, done.err
    assert "no CLIPScore: no CLIP was named" in done.out
    examples, _ = manifest.read(tmp_path / "out")
    assert len(examples) == FEW and manifest.verify(tmp_path / "out") == []
    for example in examples:
        assert example.reference_text and example.reference_image and example.audio is None
    table = lines(tmp_path / "out/captions.csv")
    assert all(line["Describe this image"].startswith("a ") and line["clip_score"] == "" for line in table)
    assert "image,broken.jpg,the viewer: cannot be read" in (tmp_path / "out/missing.csv").read_text()


def test_the_thesis_s_parts_from_a_mirror_with_clip_score(bench, media, mirror, tmp_path, own_features):
    (tmp_path / "prompts.txt").write_text("\n".join(f"prompt number {n}" for n in range(9)) + "\n\n")
    words = (
        "--preset",
        "paper",
        "--mirror",
        mirror,
        "--clip",
        "clip_vit_b16",
        "--examples",
        tmp_path / "prompts.txt",
    )
    done = caption(bench, tmp_path / "out", "--images", media / "images", *words)
    assert done.code == 0, done.err
    table = lines(tmp_path / "out/captions.csv")
    assert len(table) == PICTURES and all(line[question] for line in table for question in prompts.QUESTIONS)
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["examples_shown"] == 5
    for what, column in (("prompt", "clip_score"), ("answers", "clip_score_answers")):
        values = [float(line[column]) for line in table]
        assert all(0 <= value <= 1 for value in values) and any(values)
        assert summary["clip_scores"][what]["mean"] == pytest.approx(sum(values) / len(values), abs=1e-6)
    assert "| CLIPScore, picture and prompt |" in done.out


def test_a_split_s_captions_describe_the_music(bench, media, tmp_path, echo):
    """The chat model is told of the music where there is a caption, and asked in the thesis's words."""
    split = tmp_path / "split"
    words = ("--composer", "echo", "--filter-at", -1)
    assert annotate(bench, media, split, *words).code == 0
    records = lines(split / "manifest.csv")
    records[0]["caption"] = ""
    with (split / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, records[0], lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    done = caption(bench, tmp_path / "out", "--split", split, "--chat", "echo")
    assert done.code == 0, done.err
    found = {example.id: example for example in manifest.read(tmp_path / "out")[0]}
    with_music, without = len(prompts.merge("", True)), len(prompts.merge("", False))
    for record in records:
        if example := found.get(record["id"]):
            music = f" Music: {record['caption']}" if record["caption"] else ""
            said = with_music if music else without
            assert example.reference_text == f"{said}: Image: {record['story']}{music} slow piano"
            assert example.audio and example.group == record["group"]
    assert len(found) == len(records)
    for words, said in (
        ((), "give --images with a folder of pictures, or --split"),
        (("--images", media / "images", "--examples", tmp_path / "none.txt"), "cannot be read as text"),
        (("--images", media / "images", "--clip", "clap_music"), "no joint space of image and text"),
        (("--images", media / "images", "--captioner", "blip_large"), "no captioner named 'blip_large'"),
    ):
        done = caption(bench, tmp_path / "b", *words)
        assert done.code == 2 and said in done.err, done.err


def test_the_thesis_s_prompt_is_word_for_word():
    whole = prompts.merge("one\ntwo", True)
    assert whole.startswith(
        "Your task is to infer a a short image generation prompt for Stable Diffusion given a description of "
        "music and an accompanying image. Here are some examples of Stable Diffusion prompts:"
    )
    assert whole.endswith("do not make a prompt for the music. Here are the descriptions:")
    assert (
        "one\ntwo" in whole and "proper name or refer to any artists in the generated prompt. Only create" in whole
    )
    alone = prompts.merge("", False)
    assert "music" not in alone and "examples" not in alone
