"""The recipes over the user's own music videos: clips, frames, and that the same videos give the same split."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench import splits
from sightsound.bench.core import media
from sightsound.bench.splits.media import frames
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.published import music_videos
from tests.bench.made_media import sound, video


@given(st.integers(0, 60), st.integers(1, 9))
def test_the_draw_of_clips(count: int, clips: int) -> None:
    starts = [10.0 * index for index in range(count)]
    drawn = music_videos.drawn_clips("Song_1", starts, clips)
    assert len(drawn) == min(count, clips) and list(drawn) == sorted(drawn)
    assert set(drawn.values()) <= set(starts)
    more = music_videos.drawn_clips("Song_1", starts, clips + 1)
    assert drawn.items() <= more.items()


def test_two_videos_get_clips_of_their_own() -> None:
    starts = [10.0 * index for index in range(30)]
    one, other = (set(music_videos.drawn_clips(name, starts, 4).values()) for name in ("a", "b"))
    assert one != other


def test_names_that_are_no_ids_become_some() -> None:
    (name,) = music_videos.drawn_clips("Café — live!", [0.0], 1)
    assert splits.manifest.check_id(name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video of 53 s, one of 25 s, one that is too short, one that is broken and a song."""
    folder = tmp_path_factory.mktemp("videos")
    video(folder / "animated/long video.mp4", 53.0, pitch_hz=300)
    video(folder / "animated/vid_B.mp4", 25.0, pitch_hz=900)
    video(folder / "tiny.mp4", 4.0)
    (folder / "broken.mkv").write_bytes(b"no video")
    sound(folder / "song.wav")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_of_videos_becomes_pairs_both_ways(made: Path, cache: Path) -> None:
    folder = splits.prepare("yt8m_mv", media=made)
    split = splits.load("yt8m_mv", task="music2image")
    assert split.examples == splits.load("yt8m_mv", task="image2music").examples
    groups = {example.group for example in split.examples}
    assert len(split.examples) == 6 and len(groups) == 2, "four of five clips, and both of the other"
    assert {example.id for example in split.examples if example.group == "vid_B"} == {"vid_B.0000", "vid_B.0010"}
    for example in split.examples:
        assert example.audio and media.probe_audio(example.audio) == (32000, 10.0)
        assert example.image and example.reference_image and example.video is None
        shade = int(media.load_image(example.image).mean())
        start_s = float(example.id.rpartition(".")[2])
        assert start_s * 4 - 3 <= shade < (start_s + 10) * 4 + 3, "the frame is one of the clip's own 40"
        assert example.image.read_bytes() == example.reference_image.read_bytes()
    with (folder / "missing.csv").open(encoding="utf-8", newline="") as file:
        reasons = {row["id"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons == {"broken": "video: cannot be decoded", "tiny": "video: shorter than 10 s"}
    assert splits.verify("yt8m_mv") == []


def test_amv_takes_eight_and_reads_the_users_prompts(made: Path, cache: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(made / "animated", own)
    (own / "texts.csv").write_text("id,reference_text,lyrics\nvid_B.0010,A red wave,\nvid_B,,la la\n")
    splits.prepare("amv", media=own)
    split = splits.load("amv")
    assert split.count == 7, "all five and both"
    prompted = splits.load("amv", task="music2prompt").examples
    assert [(example.id, example.reference_text, example.lyrics) for example in prompted] == [
        ("vid_B.0010", "A red wave", "la la")
    ]
    assert [example.lyrics for example in split.examples if example.id == "vid_B.0000"] == ["la la"]


def test_the_same_videos_elsewhere_give_the_same_hash(made: Path, cache: Path, tmp_path: Path) -> None:
    splits.prepare("amv", media=made)
    first = splits.load("amv")
    shutil.copytree(made / "animated", tmp_path / "there/deep/er")
    splits.prepare("amv", media=tmp_path / "there")
    second = splits.load("amv")
    assert second.hash == first.hash
    images = [media.file_sha256(example.image) for example in second.examples if example.image]
    assert len(set(images)) == len(images), "each clip has a frame of its own"


def test_the_frame_follows_the_seed(made: Path) -> None:
    path = made / "animated/long video.mp4"
    picked = [frames.random_frame(path, f"{seed}:clip", 20.0, 10.0) for seed in range(12)]
    assert len(set(picked)) > 4 and all(80 <= frame < 120 for frame in picked)


def test_the_parts_by_video_share_no_video_and_are_the_whole(cache: Path, tmp_path: Path) -> None:
    for index in range(6):
        video(tmp_path / f"media/video{index}.mp4", 11.0, pitch_hz=300 + 50 * index)
    found = {}
    for name in ("amv", "amv_train", "amv_eval"):
        splits.prepare(name, media=tmp_path / "media")
        found[name] = {example.id: example.group for example in splits.load(name).examples}
    assert not set(found["amv_train"].values()) & set(found["amv_eval"].values())
    assert found["amv_train"] | found["amv_eval"] == found["amv"]
    assert len(set(found["amv_eval"].values())) == 1, "a tenth of six, rounded"


def test_too_few_videos_for_a_part_are_refused(made: Path, cache: Path) -> None:
    with pytest.raises(SplitError, match="4 videos: a part by video takes 5 or more"):
        splits.prepare("yt8m_mv_eval", media=made)


def test_a_folder_without_videos_says_so(cache: Path, tmp_path: Path) -> None:
    sound(tmp_path / "media/song.wav")
    with pytest.raises(SplitError, match="no videos in it"):
        splits.prepare("amv", media=tmp_path / "media")
