"""The content policy: what a file is whatever its name says, and why one is no example's."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core import media, pictures
from sightsound.bench.splits.media.content import ContentError, examine, length_s
from tests.bench.made_media import picture, sound, video


def test_a_name_counts_for_nothing(tmp_path: Path) -> None:
    found = examine(sound(tmp_path / "a.mp3", seconds=10), "audio")
    assert found.suffixes == (".wav",) and found.remarks == ()
    assert found.suffix("a.mp3") == ".wav" and found.renamed("a.mp3")
    assert found.suffix("A.WAV") == ".wav" and not found.renamed("A.WAV")
    found = examine(picture(tmp_path / "a.png"), "image")
    assert found.renamed("a.png") and found.suffix("a.png") == ".jpg"
    assert found.suffix("a.jpeg") == ".jpeg" and not found.renamed("a.jpeg")
    assert examine(video(tmp_path / "a.mp4", 10), "video").suffix("a.avi") == ".mp4"


@pytest.mark.parametrize(("seconds", "remarks"), [(10.0, ()), (9.97, ("short",)), (1.0, ("short",)), (31.0, ())])
def test_lengths(tmp_path: Path, seconds: float, remarks: tuple[str, ...]) -> None:
    found = examine(sound(tmp_path / "a.wav", seconds=seconds), "audio")
    assert found.seconds == pytest.approx(seconds) and found.remarks == remarks
    assert length_s(tmp_path / "a.wav") == pytest.approx(seconds)


@pytest.mark.parametrize("container", ["MP3", "FLAC", "OGG"])
def test_coded_sound(tmp_path: Path, container: str) -> None:
    path = sound(tmp_path / "a.bin", seconds=10, container=container)
    found = examine(path, "audio")
    assert found.suffixes[0] == f".{container.lower()}"
    assert found.seconds == pytest.approx(10, abs=0.06) and "silent" not in found.remarks


def test_the_sound_of_a_video_is_sound(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", 10)
    assert examine(path, "audio").seconds == pytest.approx(10, abs=0.2)
    found = examine(path, "video")
    assert found.remarks == ("with_sound",) and found.seconds == pytest.approx(10)
    assert length_s(path) == pytest.approx(10, abs=0.2)


def without(path: Path, kind: str) -> Path:
    """A video of one second that has no sound, or music in a video's container that has no picture."""
    with av.open(str(path), "w") as out:
        if kind == "sound":
            stream = out.add_stream("mpeg4", rate=5)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            for index in range(50):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index, np.uint8))
                frame.pts = index
                out.mux(stream.encode(frame))
        else:
            stream = out.add_stream("aac", rate=16000)
            stream.layout = "mono"
            block = np.full((1, 32000), 0.1, np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate = 16000
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """The file without its end."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def index_first(path: Path, into: Path) -> Path:
    """The same video with its index before the media, as the web has them."""
    with av.open(str(path)) as container, av.open(str(into), "w", options={"movflags": "faststart"}) as out:
        copies = {stream.index: out.add_stream_from_template(stream) for stream in container.streams}
        for packet in container.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    return into


def bad_files(folder: Path) -> dict[tuple[str, str], str]:
    """(file name, kind) -> reason."""
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("<html>Not found</html>")
    (folder / "text.jpg").write_text("<html>Not found</html>")
    (folder / "text.mp4").write_text("<html>Not found</html>")
    soundfile.write(folder / "none.wav", np.zeros(0), 8000)
    soundfile.write(folder / "nan.wav", np.full(16000, np.nan), 8000, subtype="FLOAT")
    sound(folder / "blip.wav", seconds=0.9)
    cut(sound(folder / "cut.wav", seconds=10))
    cut(sound(folder / "cut.mp3", seconds=10, container="MP3"))
    cut(sound(folder / "cut.flac", seconds=10, container="FLAC"))
    cut(video(folder / "cut.mp4", 10))
    cut(video(folder / "cut.avi", 10))
    cut(index_first(video(folder / "whole.mp4", 10), folder / "streamed.mp4"), 0.6)
    cut(video(folder / "cut.mkv", 10))
    cut(picture(folder / "cut.jpg"))
    without(folder / "silent.mp4", "sound")
    without(folder / "dark.mp4", "picture")
    picture(folder / "picture.wav")
    sound(folder / "sound.jpg")
    return {
        ("absent.wav", "audio"): "cannot be read",
        ("empty.wav", "audio"): "an empty file",
        ("text.mp3", "audio"): "cannot be decoded as sound",
        ("text.jpg", "image"): "cannot be read as a picture",
        ("text.mp4", "video"): "cannot be decoded as video",
        ("none.wav", "audio"): "no sound in it",
        ("nan.wav", "audio"): "samples that are not finite",
        ("blip.wav", "audio"): "shorter than 1 s",
        ("cut.wav", "audio"): "truncated",
        ("cut.mp3", "audio"): "truncated",
        ("cut.flac", "audio"): "cannot be decoded as sound",
        ("cut.mp4", "video"): "cannot be decoded as video",
        ("cut.avi", "video"): "truncated",
        ("streamed.mp4", "video"): "truncated",
        ("streamed.mp4", "audio"): "cannot be decoded as sound",
        ("cut.mkv", "video"): "truncated",
        ("cut.jpg", "image"): "cannot be read as a picture",
        ("silent.mp4", "audio"): "no sound in it",
        ("dark.mp4", "video"): "no picture in it",
        ("picture.wav", "audio"): "no sound in it",
        ("sound.jpg", "image"): "cannot be read as a picture",
        ("sound.jpg", "video"): "no picture in it",
    }


def test_what_is_no_example_says_why_without_names_or_figures(tmp_path: Path) -> None:
    expected = bad_files(tmp_path)
    found = {}
    for name, kind in expected:
        with pytest.raises(ContentError) as caught:
            examine(tmp_path / name, kind)  # type: ignore[arg-type]
        found[name, kind] = str(caught.value)
    assert found == expected


def test_a_long_file_is_looked_at_for_its_first_half_minute(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3", seconds=80, container="MP3")
    cut(path)  # 40 s are left
    assert examine(path, "audio").remarks == ()
    cut(path)
    with pytest.raises(ContentError, match="truncated"):
        examine(path, "audio")


def test_a_streamed_wav_that_does_not_say_its_length_is_whole(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", seconds=10)
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert examine(path, "audio").seconds == pytest.approx(10)


def test_silence_is_kept_and_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(80000), 8000)
    assert examine(tmp_path / "a.wav", "audio").remarks == ("silent",)


def test_pictures_that_need_more_than_rgb_are_kept_and_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "alpha.png")
    Image.new("LA", (4, 4), (0, 0)).save(tmp_path / "grey_alpha.png")
    Image.new("P", (4, 4)).save(tmp_path / "palette.png", transparency=0)
    Image.new("RGB", (8, 4)).save(tmp_path / "turned.jpg", exif=exif)
    Image.new("L", (8, 4)).save(tmp_path / "grey.png")
    found = {path.name: examine(path, "image").remarks for path in sorted(tmp_path.iterdir())}
    assert found == {
        "alpha.png": ("alpha",),
        "cmyk.jpg": ("cmyk",),
        "grey.png": (),
        "grey_alpha.png": ("alpha",),
        "palette.png": ("alpha",),
        "turned.jpg": ("rotated",),
    }


def test_a_huge_picture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(ContentError, match="too large a picture"):
        examine(picture(tmp_path / "a.jpg"), "image")


def test_sixteen_bits_of_grey_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 16).astype(np.uint16).reshape(4, 4)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    assert (media.load_image(tmp_path / "a.png")[..., 0] == (ramp >> 8)).all()
