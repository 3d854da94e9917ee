"""M2UGen's data sets and Mozart's Touch's list: each published layout, prepared, checked and run."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench import assets, splits
from sightsound.bench.core import media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.splits.media import facts, manifest
from sightsound.bench.splits.media.frames import random_frame
from sightsound.bench.splits.media.manifest import SplitError
from tests import toy
from tests.bench.made_media import picture, sound, stand_in, video
from tests.conftest import Done

SHARED = Path(__file__).parents[3] / "shared/data/muimage_eval.json"  # where a session has the real index


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)


def instructions(names: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    """An index as the authors' scripts write it."""
    return [
        {
            "input_file": shown,
            "output_file": heard,
            "conversation": [
                {
                    "from": "human",
                    "value": f"Music for {shown}",
                    "input_modality": "image",
                    "caption": "a picture",
                },
                {"from": "gpt", "value": "Here", "caption": f" like {heard} ", "output_modality": "audio"},
            ],
        }
        for shown, heard in names
    ]


def ytid(index: int) -> str:
    """Eleven characters, as YouTube's; some begin with a dash or an underline."""
    return "-_aZ09"[index % 6] + f"{index:05d}" + "x-_Yz"


def index_of(folder: Path, name: str, content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def zipped(folder: Path, name: str) -> None:
    """Pack a folder as the hub has it: `<name>.zip` that holds `<name>/...`, and drop the folder."""
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for path in sorted((folder / name).iterdir()):
            archive.write(path, f"{name}/{path.name}")
            path.unlink()
    (folder / name).rmdir()


def test_muimage_from_the_authors_archives(tmp_path: Path) -> None:
    folder, ids = tmp_path / "MUImage", [ytid(index) for index in range(5)]
    index_of(folder, "MUImageInstructions.json", instructions([(f"{i}.jpg", f"{i}.mp3") for i in ids]))
    for number, name in enumerate(ids):
        picture(folder / f"audioset_images/{name}.jpg", number)
        sound(folder / f"audioset/{name}.mp3", 300 + number, 9.97, "MP3")
    zipped(folder, "audioset_images")
    zipped(folder, "audioset")
    splits.prepare("muimage", media=folder)
    split = splits.load("muimage", task="image2music")
    assert [example.id for example in split.examples] == sorted(ids)
    assert split.label == f"muimage[5/9966]@{split.hash[:6]}" and splits.verify("muimage") == []
    one = split.examples[0]
    assert one.caption == f"like {one.id}.mp3" and one.instruction == f"Music for {one.id}.jpg"
    assert one.group == one.id and one.audio and one.audio.suffix == ".mp3"
    assert len(splits.load("muimage", task="caption2music").examples) == 5


def test_the_instruction_is_no_condition() -> None:
    from sightsound.bench.core import registry

    assert not any("instruction" in (*task.conditions, task.reference) for task in registry.cards("task").values())


def test_names_the_wrong_way_round_and_lost_texts(tmp_path: Path) -> None:
    entries = instructions([("a0000000000.mp3", "a0000000000.jpg"), ("b0000000000.jpg", "b0000000000.mp3")])
    entries[1]["conversation"] = [{"value": None, "caption": "x"}, {"value": " ", "caption": None}]
    index_of(tmp_path / "m", "MUImageInstructions.json", entries)
    for name in ("a0000000000", "b0000000000"):
        picture(tmp_path / f"m/{name}.jpg")
        sound(tmp_path / f"m/{name}.mp3")
    splits.prepare("muimage", media=tmp_path / "m")
    first, second = splits.load("muimage").examples
    assert first.image and first.audio and first.caption == "like a0000000000.jpg"
    assert second.image and second.caption is None and second.instruction is None


def test_muimage_from_audiosets_own_media(tmp_path: Path) -> None:
    """Clips and full videos under the names that download tools give; the picture is a frame drawn here."""
    folder = tmp_path / "audioset"
    ids = ["abcdefghijk", "-bcdefghijk", "Ybcdefghijk", "full_video0", "no_segment0", "no_picture0", "gone0000000"]
    index_of(folder, "MUImageInstructions.json", instructions([(f"{i}.jpg", f"{i}.mp3") for i in ids]))
    video(folder / "eval/Yabcdefghijk.mp4", 10)
    video(folder / "eval/-bcdefghijk_30000_40000.mkv", 10)
    video(folder / "Ybcdefghijk_5.000.mp4", 10)
    sound(folder / "wav/YYbcdefghijk.wav", seconds=10)
    video(folder / "full/full_video0.mp4", 40)
    video(folder / "full/no_segment0.mp4", 40)
    sound(folder / "no_picture0.wav", seconds=10)
    (folder / "filtered.csv").write_text("YTID,start_seconds,end_seconds\nfull_video0,20,30\n")
    splits.prepare("muimage", media=folder)
    examples = {example.id: example for example in splits.load("muimage").examples}
    assert sorted(examples) == ["-bcdefghijk", "Ybcdefghijk", "abcdefghijk", "full_video0"]
    assert facts.facts(splits.folder_of("muimage"))["missing"] == {
        "gone0000000": "audio: no file of that name",
        "no_picture0": "image: no file of that name",
        "no_segment0": "audio: longer than 12 s and no filtered.csv says which 10 s",
    }
    assert examples["Ybcdefghijk"].audio and examples["Ybcdefghijk"].audio.suffix == ".wav", (
        "sound before a video's"
    )
    drawn = random_frame(folder / "eval/Yabcdefghijk.mp4", "abcdefghijk")
    assert media.load_image(examples["abcdefghijk"].image).mean() == pytest.approx(drawn, abs=3)  # type: ignore[arg-type]
    full = media.load_image(examples["full_video0"].image).mean()  # type: ignore[arg-type]
    assert 80 - 3 <= full < 120 + 3, "4 frames a second, from 20 s to 30 s"
    assert media.probe_audio(examples["full_video0"].audio) == (32000, 10.0)  # type: ignore[arg-type]
    clip = media.load_audio(examples["full_video0"].audio, [32000])[32000]  # type: ignore[arg-type]
    assert np.abs(np.fft.rfft(clip)).argmax() / 10 == pytest.approx(500, abs=5), "300 Hz and 100 more each 10 s"


def test_muvideo_is_silent_and_its_evaluation_is_drawn_by_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightsound.bench.splits.mu import build as mu

    folder, ids = tmp_path / "MUVideo", [ytid(index) for index in range(8)]
    index_of(folder, "MUVideoInstructions.json", instructions([(f"{i}.mp4", f"{i}.mp3") for i in ids]))
    for number, name in enumerate(ids[:7]):
        video(folder / f"audioset_video/{name}.mp4", 10, pitch_hz=300 + number)
        sound(folder / f"audioset/{name}.mp3", 300 + number, 10)
    sound(folder / f"audioset/{ids[7]}.mp3", 310, 10)
    splits.prepare("muvideo", media=folder)
    split = splits.load("muvideo", task="video2music")
    assert len(split.examples) == 7 and split.card.size == 13203
    for example in split.examples:
        with pytest.raises(media.MediaError, match="no audio"):
            media.load_audio(example.video, [8000])  # type: ignore[arg-type]
    assert facts.facts(splits.folder_of("muvideo"))["missing"] == {ids[7]: "video: no file of that name"}
    monkeypatch.setattr(mu, "EVAL_SIZE", 3)
    splits.prepare("muvideo_eval", media=folder)
    drawn = sorted(ids, key=lambda name: hashlib.sha256(f"muvideo_eval:{name}".encode()).hexdigest())[:3]
    held = splits.load("muvideo_eval")
    there = {example.id for example in held.examples} | set(
        facts.facts(splits.folder_of("muvideo_eval"))["missing"]
    )
    assert there == set(drawn), "of the index, whether its media are there or not"
    assert held.card.size == 2500


def test_mucaps_and_muedit(tmp_path: Path) -> None:
    folder = tmp_path / "MUCaps"
    index_of(folder, "MUCapsCaptions.json", {"a0000000000.mp3": "a slow waltz", "b0000000000.mp3": "noise"})
    sound(folder / "audios/a0000000000.mp3", 300, 40, "MP3")
    splits.prepare("mucaps", media=folder)
    (example,) = splits.load("mucaps", task="caption2music").examples
    assert example.caption == "a slow waltz" and example.audio
    assert media.probe_audio(example.audio)[1] == pytest.approx(40, abs=0.1), "whole pieces stay whole"
    folder = tmp_path / "MUEdit"
    pairs = [
        ("in000000000.mp3", "out00000000.mp3"),
        ("in100000000.mp3", "out00000000.mp3"),
        ("x.mp3", "Loop 1 (A).wav"),
    ]
    index_of(folder, "MUEditInstructions.json", instructions(pairs))
    for name in ("in000000000.mp3", "in100000000.mp3", "out00000000.mp3", "x.mp3", "Loop 1 (A).wav"):
        sound(folder / "audioset" / name, 200 + len(name), 10)
    splits.prepare("muedit", media=folder)
    examples = splits.load("muedit").examples
    assert [example.id for example in examples][:2] == ["in000000000.out00000000", "in100000000.out00000000"]
    assert examples[2].id.startswith("x.Loop_1_A") and examples[2].caption == "like Loop 1 (A).wav"
    assert [example.group for example in examples[:2]] == ["out00000000"] * 2
    assert examples[0].audio == examples[1].audio


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no MUImageInstructions.json in it; it comes with the data set, behind a form"),
        ([], "no MUImageInstructions.json in it"),
        ({"a": 1}, "not an index of instructions"),
        ([{"input_file": "a.jpg"}], "not an index of instructions"),
        ([["a.jpg", "a.mp3"]], "not an index of instructions"),
        ([{"input_file": "a.jpg", "output_file": "a.mp3", "conversation": "x"}], "not an index of instructions"),
        ([{"input_file": "../../a.jpg", "output_file": "/etc/a.mp3"}], "none of the 1 examples"),
    ],
)
def test_what_is_no_index_is_one_line(tmp_path: Path, content: object, said: str) -> None:
    (tmp_path / "m").mkdir()
    sound(tmp_path / "a.mp3")
    if content is not None:
        index_of(tmp_path / "m", "MUImageInstructions.json", content)
    with pytest.raises(SplitError, match=said) as caught:
        splits.prepare("muimage", media=tmp_path / "m")
    assert "\n" not in str(caught.value)


def test_captions_that_are_none_are_one_line(tmp_path: Path) -> None:
    index_of(tmp_path / "m", "MUCapsCaptions.json", {"a.mp3": ["x"]})
    with pytest.raises(SplitError, match="not an index of captions; it maps file names to texts"):
        splits.prepare("mucaps", media=tmp_path / "m")


# ---- muimage_eval: 2,500 pairs, their media made byte by byte so that the hash is the same on every machine


def png(shade: bytes) -> bytes:
    """A picture of 2 x 2 pixels of one colour, not compressed, so that no library decides its bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = (b"\0" + shade * 2) * 2
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(raw), 0xFFFF - len(raw)) + raw
    stored += struct.pack(">I", zlib.adler32(raw))
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def wav(pattern: bytes) -> bytes:
    """10 s of 8 bits at 1 kHz that repeat a pattern."""
    data = (pattern * (10_000 // len(pattern) + 1))[:10_000]
    form = struct.pack("<HHIIHH", 1, 1, 1000, 1000, 1, 8)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + (b"data" + struct.pack("<I", len(data)) + data)
    )


def generate(folder: Path, ids: Sequence[str]) -> None:
    """The media of the list under their real names: PNG and WAV whatever the names say."""
    (folder / "images").mkdir(parents=True)
    (folder / "audios").mkdir()
    for name in ids:
        digest = hashlib.sha256(name.encode()).digest()
        (folder / f"images/{name}.jpg").write_bytes(png(digest[:3]))
        (folder / f"audios/{name}.mp3").write_bytes(wav(digest))


def made_up() -> list[dict[str, str]]:
    """A list like the published one."""
    names = [hashlib.sha256(str(index).encode()).hexdigest()[:11] for index in range(2500)]
    return [{"input_file": f"{name}.jpg", "output_file": f"{name}.mp3"} for name in names]


def by_hand(folder: Path, ids: Sequence[str]) -> str:
    """The content hash from its definition: ids, groups, the texts (none) and where each file came from."""
    lines = []
    for name in ids:
        sha256 = [file_sha256(folder / path) for path in (f"images/{name}.jpg", f"audios/{name}.mp3")]
        source = f"image=sha256:{sha256[0]}; audio=sha256:{sha256[1]}"
        lines.append(json.dumps([name, name, "", "", "", "", "", source]))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


STATED = {
    "made up": "c86608e9b303aa365119fcb84240991a61c92f70283c5397694527007e99a48a",
    "real": "363087cd688b2ee8176882cfac87a72b99cfc07ddf54282d560cae885e99eecd",
}


@pytest.fixture(params=["made up", pytest.param("real", marks=pytest.mark.network)])
def listed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """Which list, and its file: one that the tests make up, and the published one."""
    if request.param == "made up":
        path = tmp_path / "index.json"
        path.write_text(json.dumps(made_up()))
        stand_in(monkeypatch, "muimage_eval_pairs", path)
    elif SHARED.is_file():
        path = SHARED
        mirror = tmp_path / "mirror/muimage_eval_pairs"
        mirror.mkdir(parents=True)
        (mirror / "MUImageEvalInstructions.json").write_bytes(SHARED.read_bytes())
        monkeypatch.setenv("SIGHTSOUND_MIRROR", str(mirror.parent))
    else:
        path = assets.fetch("muimage_eval_pairs") / "MUImageEvalInstructions.json"
    return request.param, path


def test_muimage_eval_of_the_whole_list_and_with_a_tenth_gone(listed: tuple[str, Path], tmp_path: Path) -> None:
    kind, index = listed
    ids = sorted(Path(entry["output_file"]).stem for entry in json.loads(index.read_text()))
    folder = tmp_path / "media"
    generate(folder, ids)
    place = splits.prepare("muimage_eval", media=folder)
    whole = splits.load("muimage_eval", task="image2music")
    assert (len(whole.examples), whole.coverage) == (2500, 1.0) and whole.label == f"muimage_eval@{whole.hash[:6]}"
    assert whole.hash == STATED[kind] == by_hand(folder, ids)
    assert splits.verify("muimage_eval") == []
    remarks = facts.facts(place)["remarks"]
    assert {remark: len(names) for remark, names in remarks.items()} == {"renamed": 5000}
    started = time.perf_counter()
    stamp = (place / manifest.NAME).stat().st_mtime_ns
    splits.prepare("muimage_eval", media=folder)
    assert (place / manifest.NAME).stat().st_mtime_ns == stamp and time.perf_counter() - started < 20
    # another machine: other times, another layout
    other = tmp_path / "other"
    (other / "all").mkdir(parents=True)
    for path in folder.rglob("*.*"):
        os.link(path, other / "all" / path.name)
    os.utime(other / "all" / f"{ids[0]}.jpg", ns=(1, 1))
    # a tenth of the examples lose a file in one way or another
    lost = random.Random(0).sample(ids, 250)
    damage(other / "all", lost)
    splits.prepare("muimage_eval", media=other)
    part = splits.load("muimage_eval")
    assert (part.count, part.coverage) == (2250, 0.9) and part.label == f"muimage_eval[2250/2500]@{part.hash[:6]}"
    assert part.hash != whole.hash and not {example.id for example in part.examples} & set(lost)
    with (place / "missing.csv").open(newline="") as file:
        missing = {row["id"]: row["reason"] for row in csv.DictReader(file)}
    assert list(missing) == sorted(lost)
    reasons = [missing[name] for name in lost]
    assert reasons[:100] == ["audio: no file of that name"] * 50 + ["image: no file of that name"] * 50
    assert set(reasons[100:150]) == {"audio: truncated"} and set(reasons[150:200]) == {"audio: an empty file"}
    assert set(reasons[200:]) == {"image: cannot be read as a picture"}
    first, *others = facts.lines("muimage_eval", place)
    assert first == "muimage_eval: 2,250 of 2,500 examples (90.0%)"
    for reason in set(reasons):
        three = ", ".join([name for name in missing if missing[name] == reason][:3])
        assert f"  missing: 50 ({reason}): {three}, ..." in others


def damage(folder: Path, lost: Sequence[str]) -> None:
    """Take from each example a file, in five ways for a fifth each; links are not written into."""
    for number, name in enumerate(lost):
        image, audio = folder / f"{name}.jpg", folder / f"{name}.mp3"
        way = number // 50
        broken = audio if way in (0, 2, 3) else image
        content = broken.read_bytes()
        broken.unlink()
        if way == 2:
            broken.write_bytes(content[:5000])
        elif way == 3:
            broken.touch()
        elif way == 4:
            broken.write_bytes(content[:40])


def test_the_list_takes_instructions_from_muimages_own_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.json"
    path.write_text(json.dumps(made_up()[:3]))
    stand_in(monkeypatch, "muimage_eval_pairs", path)
    ids = [Path(entry["output_file"]).stem for entry in made_up()[:3]]
    generate(tmp_path / "m", ids)
    splits.prepare("muimage_eval", media=tmp_path / "m")
    plain = splits.load("muimage_eval")
    assert all(example.instruction is None and example.caption is None for example in plain.examples)
    index_of(tmp_path / "m", "MUImageInstructions.json", instructions([(f"{i}.jpg", f"{i}.mp3") for i in ids[:2]]))
    splits.prepare("muimage_eval", media=tmp_path / "m")
    told = splits.load("muimage_eval")
    assert {example.id: example.instruction for example in told.examples} == {
        ids[0]: f"Music for {ids[0]}.jpg",
        ids[1]: f"Music for {ids[1]}.jpg",
        ids[2]: None,
    }
    assert told.hash != plain.hash


# ---- a run


class Hum:
    """A model for any picture."""

    def __init__(self, device: str, weights: object) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """A tone whose pitch is the picture's brightness."""
        for example in examples:
            pitch = 200 + float(media.load_image(example.image).mean())  # type: ignore[arg-type]
            yield Generated(example.id, toy.tone(pitch), toy.RATE_HZ)


CARD = toy.ModelCard(name="hum", tasks=("image2music",), variants={}, description="hums", licence="CC0-1.0")
Hum.card = CARD  # type: ignore[attr-defined]


def test_a_run_on_a_part_of_the_list_says_so(
    toy_world: Path, monkeypatch: pytest.MonkeyPatch, bench: Callable[..., Done]
) -> None:
    path = toy_world / "index.json"
    path.write_text(json.dumps(made_up()[:12]))
    stand_in(monkeypatch, "muimage_eval_pairs", path)
    asked = bench("run", "--model", f"{__name__}:Hum", "--task", "image2music", "--split", "muimage_eval")
    assert asked.code == 2 and "--media DIR, where DIR holds the archives of MUImage" in asked.err
    folder = toy_world / "m"
    for number, entry in enumerate(made_up()[:10]):
        picture(folder / entry["input_file"], number)
        sound(folder / entry["output_file"], 300 + 20 * number, 10, "MP3")
    assert bench("splits", "prepare", "muimage_eval", "--media", folder).code == 0
    done = bench("run", "--model", f"{__name__}:Hum", "--task", "image2music", "--split", "muimage_eval", "--json")
    assert done.code == 0, done.err
    assert "muimage_eval is here with 10 of 2,500 examples (0%)" in done.err
    records = json.loads(done.out)
    label = splits.load("muimage_eval").label
    assert label.startswith("muimage_eval[10/2500]@")
    assert {record["split"] for record in records} == {label}
    assert all(
        record["n"] == 10 for record in records if record["metric"] == "cosine_toy" and record["model"] == "hum"
    )
    assert f"ref:{label}" in records[0]["signature"]
    what = ("--task", "image2music", "--split", "muimage_eval")
    assert bench("generate", "--model", f"{__name__}:Hum", *what, "--out", "g").code == 0
    (outputs,) = (toy_world / "g/systems").glob("*/outputs")
    scored = bench("score", outputs, *what, "--name", "mine")
    assert scored.code == 0, scored.err


def test_every_card_says_what_it_takes() -> None:
    for name in ("muimage", "muimage_eval", "muvideo", "muvideo_eval", "mucaps", "muedit"):
        card = splits.card(name)
        assert card.name == name and card.media and card.size and card.gate and card.known and not card.hash
        assert "NC-ND" in card.licence
    assert registry.cards("asset")["muimage_eval_pairs"].files[0].sha256[0].startswith("abbf8ad5")
    if SHARED.is_file():
        assert file_sha256(SHARED) == registry.cards("asset")["muimage_eval_pairs"].files[0].sha256[0]
    with pytest.raises(BenchError, match="--media DIR"):
        splits.load("muedit")
