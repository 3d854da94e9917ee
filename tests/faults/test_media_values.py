"""What media come to where something is odd about them: the right samples, pixels, lengths and words."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from sightsound.bench.core import faults, media, pictures, video
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import MediaError
from sightsound.bench.folders import listing
from sightsound.bench.splits.media import collect, frames
from sightsound.bench.splits.media.content import examine
from tests.faults.made_pictures import PICTURES, profile, scene, srgb
from tests.faults.made_sounds import encode, sine, vbr_mp3
from tests.faults.made_videos import LEFT, MP4, RIGHT, UNEVEN, VIDEOS, film, held_upright


def test_an_mp3_of_varying_bit_rate_is_heard_to_its_end(tmp_path: Path) -> None:
    vbr_mp3(tmp_path / "bare.mp3")
    vbr_mp3(tmp_path / "whole.mp3", header=True)
    assert soundfile.info(tmp_path / "bare.mp3").duration < 3, "libsndfile's guess"
    bare, whole = (media.load_audio(tmp_path / name, [44100])[44100] for name in ("bare.mp3", "whole.mp3"))
    assert len(bare) == len(whole) == 441000
    for second in range(1, 10):
        part = slice(44100 * second, 44100 * (second + 1))
        assert bare[part].std() == pytest.approx(whole[part].std(), rel=0.01)
        assert np.abs(np.fft.rfft(bare[part])).argmax() == 220
    assert media.probe_audio(tmp_path / "bare.mp3")[1] == pytest.approx(11, abs=0.1)
    assert examine(tmp_path / "bare.mp3", "audio").seconds == pytest.approx(11, abs=0.1)
    samples, rate_hz = media.decode_audio(tmp_path / "bare.mp3", 8.0, 2.0)
    assert samples.shape == (2 * rate_hz, 1) and samples.std() > 0.1


def test_libsndfile_decodes_what_it_counts_rightly(tmp_path: Path) -> None:
    """Ordinary files give the same bits as before."""
    for name in ("a.mp3", "a.ogg", "a.flac", "a.wav"):
        soundfile.write(tmp_path / name, sine(3), 16000)
        with soundfile.SoundFile(tmp_path / name) as file:
            theirs = file.read(160000, dtype="float32")
        np.testing.assert_array_equal(media.load_audio(tmp_path / name, [16000])[16000], theirs)


@pytest.mark.parametrize(("kind", "full"), [("int16", 2**15), ("int32", 2**31), ("int8", 2**7)])
def test_integers_are_scaled_by_their_type(tmp_path: Path, kind: str, full: int) -> None:
    quiet = np.round(0.02 * full * np.sin(np.arange(8000) / 10)).astype(kind)
    media.write_audio(tmp_path / "a.wav", quiet, 8000)
    assert np.abs(soundfile.read(tmp_path / "a.wav")[0]).max() == pytest.approx(0.02, rel=0.25)
    media.write_audio(tmp_path / "b.wav", np.zeros(100, kind), 8000)
    assert not soundfile.read(tmp_path / "b.wav")[0].any()


def test_sixteen_bits_are_written_as_they_are(tmp_path: Path) -> None:
    given = np.array([-32768, -1, 0, 1, 32767], np.int16)
    media.write_audio(tmp_path / "a.wav", given, 8000)
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.wav", dtype="int16")[0], given)


def test_eight_bits_without_a_sign_are_silent_in_the_middle(tmp_path: Path) -> None:
    media.write_audio(tmp_path / "a.wav", np.full(100, 128, np.uint8), 8000)
    assert not soundfile.read(tmp_path / "a.wav")[0].any()


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_tensors_of_any_kind_are_written(tmp_path: Path, kind: torch.dtype) -> None:
    clip = torch.tensor(sine(0.5).T, dtype=kind, requires_grad=True)
    assert media.write_audio(tmp_path / "a.wav", clip, np.int64(16000)) == 0.5
    np.testing.assert_allclose(soundfile.read(tmp_path / "a.wav")[0], sine(0.5)[:, 0], atol=2e-3)
    picture = torch.zeros(4, 5, 3, dtype=torch.uint8)
    media.write_image(tmp_path / "a.png", picture)
    assert media.load_image(tmp_path / "a.png").shape == (4, 5, 3)


@pytest.mark.parametrize("rate", [16000, 16000.0, np.int64(16000), np.float32(16000), torch.tensor(16000)])
def test_rates_that_are_whole_are_taken(rate: object) -> None:
    assert media.whole_rate(rate) == 16000 and type(media.whole_rate(rate)) is int


@pytest.mark.parametrize("rate", [16000.5, 0, -1, np.nan, np.inf, None, "16000", True, 10**12])
def test_what_is_no_rate_is_one_examples_failure(tmp_path: Path, rate: object) -> None:
    with pytest.raises(MediaError, match="give a whole number from 1"):
        media.write_audio(tmp_path / "a.wav", sine(0.1), rate)


@pytest.mark.parametrize(
    "samples",
    [
        None,
        "a",
        [1, 2, 3],
        np.zeros(9, complex),
        np.zeros(9, bool),
        [[1.0], [1.0, 2.0]],
        torch.ones(9).to_sparse(),
    ],
)
def test_what_is_no_clip_is_one_examples_failure(tmp_path: Path, samples: object) -> None:
    with pytest.raises(MediaError):
        media.write_audio(tmp_path / "a.wav", samples, 8000)
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize(
    ("text", "reason"), [("a\ud800b", "half of a pair"), ("", "a string"), (None, "a string")]
)
def test_what_is_no_text_is_one_examples_failure(tmp_path: Path, text: object, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        media.write_text(tmp_path / "a.txt", text)


def test_a_text_reads_back_as_it_was_written(tmp_path: Path) -> None:
    for text in ("one\rtwo\r\nthree\n", "静かな海", "a\0b", "x" * 150_000):
        media.write_text(tmp_path / "a.txt", text)
        assert media.read_text(tmp_path / "a.txt") == text


RAMP = np.linspace(0, 255, 64)


@pytest.mark.parametrize("name", ["32bits.tif", "float.tif", "16bits.tif", "16bits.pgm", "16bits.png"])
def test_deep_pictures_are_neither_black_nor_white(tmp_path: Path, name: str) -> None:
    PICTURES[name][0](tmp_path / name)
    shown = media.load_image(tmp_path / name)[..., 0].reshape(-1)
    np.testing.assert_allclose(shown, np.linspace(0, 255, len(shown)), atol=1.01)


def test_colours_go_through_the_profile_and_srgb_changes_no_bit(tmp_path: Path) -> None:
    plain = np.asarray(scene())
    for name, icc in (("swapped.png", profile()), ("srgb.png", srgb()), ("broken.png", b"no profile" * 20)):
        scene().save(tmp_path / name, icc_profile=icc)
    np.testing.assert_array_equal(media.load_image(tmp_path / "srgb.png"), plain)
    np.testing.assert_array_equal(media.load_image(tmp_path / "broken.png"), plain)
    swapped = media.load_image(tmp_path / "swapped.png").astype(int)
    assert np.abs(swapped - plain[..., [1, 0, 2]]).max() < 12 < np.abs(swapped - plain).max()
    clear = scene().convert("RGBA")
    clear.putalpha(0)
    clear.save(tmp_path / "clear.png", icc_profile=profile())
    assert (media.load_image(tmp_path / "clear.png") == 255).all(), (
        "alpha lies over white, through the profile too"
    )


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_large_picture_is_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    scene(640, 480).save(path, quality=95)
    whole = media.load_image(path)
    assert whole.shape == (480, 640, 3) and pictures.held_bytes(path) == whole.nbytes
    monkeypatch.setattr(pictures, "LARGE_PIXELS", 640 * 480 // 4)
    half = media.load_image(path)
    assert half.shape == (240, 320, 3) and pictures.held_bytes(path) == half.nbytes
    assert np.abs(half.astype(int) - whole[::2, ::2]).max() < 8


@pytest.mark.parametrize("name", ["16bits.tif", "float.tif", "palette.png", "alpha.webp", "lab.tif", "turned.jpg"])
def test_large_pictures_of_every_kind_are_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    PICTURES[name][0](tmp_path / name)
    whole = media.load_image(tmp_path / name)
    monkeypatch.setattr(pictures, "LARGE_PIXELS", 64 * 48 // 4)
    half = media.load_image(tmp_path / name)
    high, wide, _ = whole.shape
    means = whole.reshape(high // 2, 2, wide // 2, 2, 3).mean(axis=(1, 3))
    assert half.shape == means.shape and np.abs(half - means).mean() < 2


def test_threads_do_not_disturb_each_other(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import ctypes

    for name in ("bad_exif.jpg", "rgb.tif"):
        PICTURES[name][0](tmp_path / name)
    kept = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr").value
    work = [
        threading.Thread(target=lambda n=n: media.load_image(tmp_path / n))
        for n in ("bad_exif.jpg", "rgb.tif") * 8
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr").value == kept
    assert capfd.readouterr().err == ""


def upright_film(path: Path, **how: object) -> Path:
    film(path, container="mp4", brighter=0, **how)  # type: ignore[arg-type]
    path.write_bytes(held_upright(bytearray(path.read_bytes())))
    return path


def test_a_turned_video_is_seen_upright_and_stays_so(tmp_path: Path) -> None:
    path = upright_film(tmp_path / "a.mp4", frames=10)
    shown = {
        "frames": media.video_frames(path, [3])[0],
        "middle": video.load(path, {"m": video.MiddleFrame()})["m"][0],
    }
    frames.cut_video(path, tmp_path / "cut.mp4", 0.2, 0.5)
    shown["cut"] = media.video_frames(tmp_path / "cut.mp4", [0])[0]
    film(tmp_path / "loud.mp4", container="mp4", brighter=0, sound="aac")
    (tmp_path / "loud.mp4").write_bytes(held_upright(bytearray((tmp_path / "loud.mp4").read_bytes())))
    frames.silence_video(tmp_path / "loud.mp4", tmp_path / "silent.mp4")
    shown["without its sound"] = media.video_frames(tmp_path / "silent.mp4", [0])[0]
    for name, picture in shown.items():
        assert picture.shape == (64, 48, 3), name
        # turned to the right, what was the left half is the upper one
        assert picture[:28].mean() == pytest.approx(LEFT, abs=4), name
        assert picture[36:].mean() == pytest.approx(RIGHT, abs=4), name


def test_five_seconds_of_an_uneven_video_are_five_seconds(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv", container="matroska", rate=25, times=[*UNEVEN, *range(127, 200, 3)], brighter=1)
    frames.cut_video(tmp_path / "a.mkv", tmp_path / "cut.mp4", 0.0, 5.0)
    assert media.check(tmp_path / "cut.mp4", "video").seconds == pytest.approx(5, abs=0.1)
    count, rate = media.frame_count(tmp_path / "cut.mp4"), frames.frame_times_s(tmp_path / "cut.mp4")
    assert len(rate) == count
    # one second in, 25 frames have been shown; from then on one in three
    shades = [frame.mean() for frame in media.video_frames(tmp_path / "cut.mp4", [0, count // 5, count * 3 // 5])]
    assert np.diff(shades) == pytest.approx([25, 17], abs=4)


def test_an_even_cut_keeps_its_frames(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", frames=30, container="mp4", brighter=1)
    frames.cut_video(tmp_path / "a.mp4", tmp_path / "cut.mp4", 1.0, 1.0)
    assert media.frame_count(tmp_path / "cut.mp4") == 10
    wanted = [frame.mean() for frame in media.video_frames(tmp_path / "a.mp4", range(10, 20))]
    assert [f.mean() for f in media.video_frames(tmp_path / "cut.mp4", range(10))] == pytest.approx(
        wanted, abs=1.5
    )


def test_the_middle_of_an_uneven_video_is_that_of_its_time(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv", container="matroska", rate=25, times=UNEVEN, brighter=1)
    (middle,) = video.load(tmp_path / "a.mkv", {"m": video.MiddleFrame()})["m"]
    first = media.video_frames(tmp_path / "a.mkv", [0])[0]
    # at 2.5 s the 25 of the first second and 12 more have been shown
    assert middle.mean() - first.mean() == pytest.approx(37, abs=3)


@pytest.mark.parametrize("name", ["av1_with_sound.mp4", "av1_with_sound.webm"])
def test_a_video_that_nothing_here_encodes_loses_its_sound_alone(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    film(
        tmp_path / name,
        "libsvtav1",
        15,
        container=name.rpartition(".")[2],
        sound="aac" if "mp4" in name else "libopus",
    )
    (tmp_path / "split").mkdir()
    collector = collect.Collector(tmp_path / "split")
    assert collector.add("one", "g", video=tmp_path / name), collector._missing
    (made,) = (tmp_path / "split" / "video").iterdir()
    assert media.frame_count(made) == 15
    with pytest.raises(MediaError, match="no audio in it"):
        media.load_audio(made, [16000])


def test_a_folder_of_videos_is_scored_by_its_sound(tmp_path: Path) -> None:
    film(tmp_path / "one.mp4", container="mp4", sound="aac")
    film(tmp_path / "two.mp4", container="mp4", sound="aac")
    soundfile.write(tmp_path / "two.wav", sine(), 16000)
    soundfile.write(tmp_path / "three.caf", sine(), 16000)
    found = listing.files(tmp_path, "audio")
    assert [path.name for name in ("one", "two", "three") for path in found[name]] == [
        "one.mp4",
        "two.wav",
        "three.caf",
    ]
    assert media.load_audio(tmp_path / "one.mp4", [16000])[16000].std() > 0.1
    with pytest.raises(BenchError, match="has no image file"):
        listing.files(tmp_path, "image")


def test_latin_letters_in_a_title_do_not_matter(tmp_path: Path) -> None:
    VIDEOS["latin_title.avi"][0](tmp_path / "a.avi")
    assert b"Caf\xe9" in (tmp_path / "a.avi").read_bytes()
    assert media.frame_count(tmp_path / "a.avi") == 10
    encode(tmp_path / "a.m4a", "aac", container="mp4", metadata={"title": "Cafe"})
    data = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "a.m4a").write_bytes(data.replace(b"Cafe", b"Caf\xe9"))
    assert len(media.load_audio(tmp_path / "a.m4a", [16000])[16000]) >= 16000


def test_a_number_of_ffmpeg_is_the_files_fault() -> None:
    import errno

    assert faults.of_machine(av.FFmpegError(errno.EIO, "Input/output error")) is None
    assert faults.of_machine(OSError(errno.EIO, "Input/output error")) is not None


def test_what_the_machine_did_is_no_files_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def broken(*given: object, **more: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    MP4(tmp_path / "a.mp4")
    PICTURES["rgb.png"][0](tmp_path / "a.png")
    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(OSError, match="Input/output"):
        media.load_image(tmp_path / "a.png")
    monkeypatch.setattr(soundfile, "SoundFile", broken)
    with pytest.raises(OSError, match="Input/output"):
        media.load_audio(tmp_path / "a.mp4", [16000])
