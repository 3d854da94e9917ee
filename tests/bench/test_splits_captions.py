"""The splits of captions and tables: MusicCaps, Music2Image, MeLBench, ArtMusic and MusFlow's evaluation."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import soundfile
from PIL import Image
from pyarrow import parquet

from sightsound.bench import splits
from sightsound.bench.core import media
from sightsound.bench.splits.media import draws, manifest, youtube
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import Names, more_texts
from sightsound.bench.splits.published import artmusic, melbench, mmusset, music2image, musiccaps
from tests.bench.made_media import RATE_HZ, picture, sound, stand_in, video


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the user's, and an empty cache."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    (tmp_path / "media").mkdir()
    return tmp_path / "media"


def missing(name: str) -> dict[str, str]:
    """Id -> reason, of a prepared split."""
    with (splits.folder_of(name) / "missing.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file)}


def table(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


# ---- what they share


@pytest.mark.parametrize(
    ("text", "found"),
    [("30", 30.0), (" 4.5 ", 4.5), ("1:05", 65.0), ("01:00:00", 3600.0), ("12s", 12.0), ("90:00", 5400.0),
     ("", None), (None, None), ("-3", None), ("1:5:", None), ("soon", None), ("1e3", None), ("nan", None)],
)  # fmt: skip
def test_times(text: str | None, found: float | None) -> None:
    assert youtube.seconds(text) == found


def test_a_clip_under_the_names_that_tools_give(folder: Path) -> None:
    for number, name in enumerate(youtube.clip_names("-aB_c1", 30, 40)):
        own = folder / f"{number}"
        sound(own / f"{name}.wav", seconds=1.5)
        found = youtube.sound(Media(own, folder / "work"), "-aB_c1", 30.0, 40.0)
        assert found == ((own / f"{name}.wav").resolve(), None)
    assert youtube.sound(Media(folder / "0", folder / "work"), "aB_c1", 30.0, 40.0) is None


def test_a_file_of_the_video_s_name_is_the_clip_or_the_whole(folder: Path) -> None:
    sound(folder / "short.wav", seconds=9.9)
    video(folder / "long.mp4", 14.0)
    (folder / "broken.wav").write_bytes(b"nothing")
    found = Media(folder, folder / "work")
    assert youtube.sound(found, "short", 30, 40) == ((folder / "short.wav").resolve(), None)
    assert youtube.sound(found, "long", 3, 13) == ((folder / "long.mp4").resolve(), (3, 10))
    assert youtube.sound(found, "broken", 3, 13) == ((folder / "broken.wav").resolve(), None)


def test_names_never_clash_where_case_does_not_count() -> None:
    names = Names()
    assert [names.new(name) for name in ("abc", "ABC", "abc", "ABC-2")] == ["abc", "ABC-2", "abc-3", "ABC-2-2"]


def test_texts_of_the_users_own(folder: Path) -> None:
    assert more_texts(Media(folder, folder / "work")) == {}
    table(
        folder / "texts.csv",
        [{"id": "a", "story": 'Once, "so"', "lyrics": ""}, {"id": "b", "story": "", "lyrics": "la"}],
    )
    assert more_texts(Media(folder, folder / "work")) == {"a": {"story": 'Once, "so"'}, "b": {"lyrics": "la"}}
    table(folder / "texts.csv", [{"id": "a", "story": "x"}, {"id": "a", "story": "y"}])
    with pytest.raises(SplitError, match="'a' is there twice"):
        more_texts(Media(folder, folder / "work"))
    table(folder / "texts.csv", [{"name": "a", "story": "x"}])
    with pytest.raises(SplitError, match="its columns are id and any of caption"):
        more_texts(Media(folder, folder / "work"))


# ---- MusicCaps


CAPTIONS = [
    {"ytid": "-0Gj8-vB1q4", "start_s": "30", "end_s": "40", "caption": "A low quality, \"sad\" ballad.\nSlow."},
    {"ytid": "whole_video", "start_s": "2", "end_s": "12", "caption": "An organ."},
    {"ytid": "vanished000", "start_s": "0", "end_s": "10", "caption": "A choir."},
]  # fmt: skip


def musiccaps_table(path: Path, line_end: str = "\n") -> None:
    """The table with MusicCaps' own columns."""
    more = {"audioset_positive_labels": "/m/04rlf", "aspect_list": "['sad']", "author_id": "4",
            "is_balanced_subset": "False", "is_audioset_eval": "True"}  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*CAPTIONS[0], *more), lineterminator=line_end)
        writer.writeheader()
        writer.writerows({**row, **more} for row in CAPTIONS)


def test_musiccaps(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    musiccaps_table(tmp_path / "table.csv")
    stand_in(monkeypatch, "musiccaps_table", tmp_path / "table.csv")
    sound(folder / "audio/-0Gj8-vB1q4.wav", seconds=10.0)
    video(folder / "video/whole_video.mp4", 14.0, pitch_hz=300.0)
    splits.prepare("musiccaps", media=folder)
    split = splits.load("musiccaps", task="caption2music")
    assert [example.id for example in split.examples] == ["-0Gj8-vB1q4", "whole_video"]
    first, second = split.examples
    assert first.caption == CAPTIONS[0]["caption"] and first.group == "-0Gj8-vB1q4"
    assert second.audio and media.probe_audio(second.audio) == (32000, 10.0)
    samples, _ = soundfile.read(second.audio)  # 300 Hz until second 10 of the video, 8 s into the cut; then 400 Hz
    assert [pitch(samples[at * 32000 : (at + 1) * 32000], 32000) for at in (1, 6, 9)] == [300, 300, 400]
    assert missing("musiccaps") == {"vanished000": "audio: not there"}
    assert splits.verify("musiccaps") == [] and split.coverage == 2 / 5521


def pitch(samples: np.ndarray, rate_hz: int) -> int:
    """Frequency of the loudest partial, of one second."""
    return int(np.argmax(np.abs(np.fft.rfft(samples)))) * rate_hz // len(samples)


def test_the_hub_s_line_ends_make_no_difference(tmp_path: Path) -> None:
    musiccaps_table(tmp_path / "lf.csv")
    musiccaps_table(tmp_path / "crlf.csv", "\r\n")
    rows = musiccaps.read_table(tmp_path / "lf.csv")
    assert rows == musiccaps.read_table(tmp_path / "crlf.csv") and rows[1].start_s == 2.0
    (tmp_path / "other.csv").write_text("ytid,caption\na,b\n")
    with pytest.raises(SplitError, match="not the table of MusicCaps"):
        musiccaps.read_table(tmp_path / "other.csv")


# ---- Music2Image


def jpeg(shade: int) -> bytes:
    """The bytes of a picture."""
    data = io.BytesIO()
    Image.new("RGB", (8, 6), (shade, 0, 0)).save(data, "JPEG")
    return data.getvalue()


def shard(path: Path, rows: list[tuple[str, str | None, str | None, str]]) -> None:
    """A parquet file with the columns of the hub's, those without a use among them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "image": [{"bytes": jpeg(at), "path": f"{at}.jpg"} for at in range(len(rows))],
        "Unnamed: 0": list(range(len(rows))),
        "subgenres": ["ambient"] * len(rows),
        **{name: [row[at] for row in rows] for at, name in enumerate(music2image.COLUMNS[1:])},
        "genres": ["electronic"] * len(rows),
    }
    parquet.write_table(pyarrow.table(columns), path)


def music2image_media(folder: Path) -> None:
    """Two shards of five rows, and the sound of three."""
    shard(
        folder / "data/train-00000-of-00002.parquet",
        [("vid_A", "0:30", "0:40", "A pad."), ("vid_A", "70", "80", "A drum."), ("gone", "5", "15", "A bell.")],
    )
    shard(
        folder / "data/train-00001-of-00002.parquet",
        [("vid_A", "30", "40", "Again."), ("vid_B", None, "9", "None.")],
    )
    sound(folder / "sound/vid_A_30_40.wav", 300, 10.0)
    sound(folder / "sound/vid_A_70_80.wav", 310, 10.0)


def test_music2image(folder: Path) -> None:
    music2image_media(folder)
    table(folder / "texts.csv", [{"id": "vid_A.70", "story": "A march."}])
    splits.prepare("music2image", media=folder)
    split = splits.load("music2image")
    examples = {example.id: example for example in split.examples}
    assert list(examples) == ["vid_A.30", "vid_A.30-2", "vid_A.70"] and splits.verify("music2image") == []
    assert {example.group for example in split.examples} == {"vid_A"}
    assert examples["vid_A.70"].story == "A march." and examples["vid_A.30-2"].caption == "Again."
    image = examples["vid_A.70"].image
    assert image and image.read_bytes() == jpeg(1) and examples["vid_A.30"].image.read_bytes() == jpeg(0)  # type: ignore[union-attr]
    assert missing("music2image") == {
        "gone.5": "audio: not there",
        "vid_B": "start_second, end_second: no such part",
    }
    assert len(splits.load("music2image", task="music2image").examples) == 3
    assert len(splits.load("music2image", task="multimodal2music").examples) == 1


def test_another_table_is_refused(folder: Path) -> None:
    with pytest.raises(SplitError, match="no parquet file of Monke64/Music2Image"):
        splits.prepare("music2image", media=folder)
    parquet.write_table(pyarrow.table({"image": ["a"], "label": [1]}), folder / "x.parquet")
    with pytest.raises(SplitError, match=r"x\.parquet: cannot be read as parquet with the column"):
        splits.prepare("music2image", media=folder)


# ---- MeLBench


ROWS = [
    {
        "captions": "A guitar, slow",
        "img_path": "/home/them/images/rock/abc_10.png",
        "location": "/home/them/wav/abc_10.wav",
    },
    {"captions": "A flute", "img_path": "images/rock/abc_10.png", "location": "wav/def_20.wav"},
    {"captions": "No sound", "img_path": "images/rock/abc_10.png", "location": "wav/gone.wav"},
]


def melbench_table(folder: Path, form: str) -> None:
    """The rows in one of the forms, with a broken one in JSON lines."""
    if form == "csv":
        table(folder / "melbench_test.csv", ROWS)
    elif form == "json":
        (folder / "test.json").write_text(json.dumps(ROWS))
    else:
        (folder / "test.json").write_text("\n".join([*map(json.dumps, ROWS), '{"captions": "cut of']))


@pytest.mark.parametrize("form", ["csv", "json", "json lines"])
def test_melbench(folder: Path, form: str) -> None:
    melbench_table(folder, form)
    (folder / "package.json").write_text('{"name": "other"}')
    picture(folder / "images/rock/abc_10.png")
    sound(folder / "wav/abc_10.wav", 300)
    sound(folder / "wav/def_20.wav", 310)
    splits.prepare("melbench", media=folder)
    split = splits.load("melbench", task="caption2music")
    assert [(example.id, example.group, example.caption) for example in split.examples] == [
        ("abc_10", "abc_10", "A guitar, slow"),
        ("def_20", "def_20", "A flute"),
    ]
    broken = {"row": "image: not there; audio: not there; caption: not there"} if form == "json lines" else {}
    assert missing("melbench") == {"gone": "audio: not there"} | broken


def test_a_table_of_other_columns_is_no_melbench(folder: Path) -> None:
    for text in ("[1, 2]", "{}", "", "{", '[{"captions": "a"}]', "[[[[", "\x00"):
        (folder / "t.json").write_text(text)
        assert melbench.read_table(folder / "t.json") == []
    with pytest.raises(SplitError, match=r"no table .* with the columns captions, img_path, location"):
        splits.prepare("melbench", media=folder)


# ---- ArtMusic and MusFlow's evaluation


def quadruples(count: int) -> list[dict[str, str]]:
    """Rows as the annotation workflow gives them."""
    return [
        {"image": f"imagesf2/painter_{row}.jpg", "story": f"Story {row}", "caption": f"Music {row}",
         "audio": f"fma_medium/{row % 6:03d}/{row % 6:06d}.mp3"}
        for row in range(count)
    ]  # fmt: skip


def artmusic_media(folder: Path, count: int) -> None:
    """Table, pictures and tracks."""
    table(folder / "artmusic.csv", quadruples(count))
    for row, quadruple in enumerate(quadruples(count)):
        picture(folder / "artgraph" / quadruple["image"], row)
    for track in range(6):
        sound(folder / f"fma_medium/{track:03d}/{track:06d}.mp3", 200 + track, container="MP3")


def test_artmusic(folder: Path) -> None:
    artmusic_media(folder, 14)
    splits.prepare("artmusic", media=folder)
    split = splits.load("artmusic", task="multimodal2music")
    assert len(split.examples) == 14 and splits.verify("artmusic") == []
    written, _ = manifest.read(splits.folder_of("artmusic"))
    assert {example.group for example in written} == {f"{track:06d}" for track in range(6)}
    ids = {row.id for row in artmusic.quadruples(quadruples(14), "t")}
    assert {example.id for example in split.examples} == ids
    backwards = {row.id for row in artmusic.quadruples(quadruples(14)[::-1], "t")}
    assert backwards == ids, "an id depends on its pair alone"
    with pytest.raises(SplitError, match=r"artmusic\.csv: needs the columns image, story, caption, audio"):
        artmusic.quadruples([{"image": "a", "audio": "b"}], "artmusic.csv")


def test_the_tenth_does_not_depend_on_media_or_order(folder: Path) -> None:
    rows = artmusic.quadruples(quadruples(200), "t")
    part = mmusset.evaluation_part(rows)
    assert len(part) == 20 and {row.id for row in mmusset.evaluation_part(rows[::-1])} == {row.id for row in part}
    assert {row.id for row in part} == set(draws.by_hash([row.id for row in rows], 0.1, "mmusset_eval"))
    more = artmusic.quadruples(quadruples(210), "t")
    kept = {row.id for row in mmusset.evaluation_part(more)} & {row.id for row in part}
    assert len(kept) >= 17


def test_what_is_trained_on_is_what_is_not_evaluated_with(folder: Path) -> None:
    artmusic_media(folder, 30)
    splits.prepare("artmusic_train", media=folder)
    trained = {example.id for example in splits.load("artmusic_train").examples}
    evaluated = {row.id for row in tenth(30)}
    assert len(trained) == 27 and len(evaluated) == 3
    assert trained | evaluated == {row.id for row in artmusic.quadruples(quadruples(30), "t")}


def test_mmusset_eval(folder: Path) -> None:
    artmusic_media(folder / "art", 30)
    music2image_media(folder / "m2i")
    for path in (folder / "art/artgraph").rglob("*.jpg"):
        if path.stem not in {Path(row.image).stem for row in tenth(30)[:2]}:
            path.unlink()
    splits.prepare("mmusset_eval", media=folder)
    split = splits.load("mmusset_eval")
    assert {example.id for example in split.examples} == {
        *("vid_A.30", "vid_A.30-2", "vid_A.70"),
        *(row.id for row in tenth(30)[:2]),
    }
    assert missing("mmusset_eval")[tenth(30)[2].id] == "image: not there", "the draw is not made up from others"


def tenth(count: int) -> list[artmusic.Quadruple]:
    """The evaluation part of the made table."""
    return mmusset.evaluation_part(artmusic.quadruples(quadruples(count), "t"))


def test_rates_are_those_of_the_files(folder: Path) -> None:
    artmusic_media(folder, 6)
    splits.prepare("artmusic", media=folder)
    for example in splits.load("artmusic").examples:
        assert example.audio and example.audio.suffix == ".mp3"
        assert media.probe_audio(example.audio)[0] == RATE_HZ
