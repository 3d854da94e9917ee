"""Odd videos and texts, made by code: each with the words of the failure that it must come to, or none."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.faults.made_pictures import kept
from tests.faults.made_sounds import Maker, bytes_of, changed, cut, encode, latin_title, sine

RATE = 10
LEFT, RIGHT = 60, 200  # greys of the halves of each picture


def film(
    path: Path,
    codec: str = "mpeg4",
    frames: int = 10,
    *,
    container: str | None = None,
    times: Sequence[int] | None = None,
    rate: int = RATE,
    size: tuple[int, int] = (64, 48),
    pixels: str = "yuv420p",
    sound: str = "",
    title: str = "",
    coder: dict[str, str] | None = None,
    brighter: int = 5,
) -> None:
    """A video whose left half is darker than its right; each frame is `brighter` than the one before.

    `times`: when each is shown, in frames of `rate`, where they are not evenly spaced.
    """
    with av.open(str(path), "w", format=container) as out:
        if title:
            out.metadata["title"] = title
        stream = out.add_stream(codec, rate=rate, options=coder or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.thread_count = 1
        voice = out.add_stream(sound, rate=48000) if sound else None
        if voice is not None:
            voice.layout = "mono"
        for index, time in enumerate(times or range(frames)):
            picture = np.full((size[1], size[0], 3), LEFT, np.uint8)
            picture[:, size[0] // 2 :] = RIGHT
            frame = av.VideoFrame.from_ndarray(picture + np.uint8(brighter * index % 50), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            _voice(out, voice, sine((frames if times is None else times[-1] + 1) / rate, 48000))


def _voice(out: Any, stream: Any, samples: np.ndarray) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 48000, 0
    resampler = av.AudioResampler(stream.format.name, "mono", 48000, frame_size=stream.frame_size or 1024)
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        out.mux(stream.encode(part))
    out.mux(stream.encode(None))


def by(codec: str, container: str, **how: Any) -> Maker:
    """A video of that coding."""
    return lambda path: film(path, codec, container=container, **how)


def held_upright(data: bytearray) -> bytearray:
    """An MP4 that says that it is shown turned a quarter to the right, as telephones write it."""
    place = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[place : place + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    return data


def other_coding(data: bytearray) -> bytes:
    """An MP4 whose coding nobody knows."""
    return bytes(data).replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC")


UNEVEN = [*range(25), *range(25, 125, 3)]  # 5 s at 25 frames/s: one second whole, then every third
MP4 = by("mpeg4", "mp4")
AV1 = {"preset": "12"}

VIDEOS: dict[str, tuple[Maker, str]] = {
    "mpeg4.mp4": (MP4, ""),
    "h264.mp4": (by("libx264", "mp4"), ""),
    "h265.mp4": (by("libx265", "mp4", coder={"x265-params": "log-level=none"}), ""),
    "av1_with_sound.mp4": (by("libsvtav1", "mp4", sound="aac", coder=AV1), ""),
    "av1_with_sound.webm": (by("libsvtav1", "webm", sound="libopus", coder=AV1), ""),
    "vp9.webm": (by("libvpx-vp9", "webm"), ""),
    "vp8.mkv": (by("libvpx", "matroska"), ""),
    "mjpeg.avi": (by("mjpeg", "avi", pixels="yuvj420p"), ""),
    "mpeg2.ts": (by("mpeg2video", "mpegts", rate=25), ""),
    "flv.flv": (by("flv", "flv"), ""),
    "wmv2.wmv": (by("wmv2", "asf"), ""),
    "huffyuv.mkv": (by("ffv1", "matroska"), ""),
    "odd_size.mp4": (by("mpeg4", "mp4", size=(63, 47)), ""),
    "turned.mp4": (changed(MP4, held_upright), ""),
    "uneven.mp4": (by("mpeg4", "mp4", rate=25, times=UNEVEN), ""),
    "one_frame.mp4": (by("mpeg4", "mp4", frames=1), ""),
    "latin_title.avi": (changed(by("mpeg4", "avi", title="Cafe"), latin_title), ""),
    "sound_alone.mp4": (lambda path: encode(path, "aac", container="mp4"), "no video in it"),
    "other_coding.mp4": (changed(by("libx264", "mp4"), other_coding), "cannot be decoded as video"),
    "cut.mp4": (changed(MP4, cut(0.6)), "cannot be decoded as video"),
    "cut.mkv": (changed(by("mpeg4", "matroska", frames=50), cut(0.5)), "cut short"),
    "page.mp4": (bytes_of(b"<html>Not found</html>"), "begins with '<html>Not found</html>'"),
    "no_bytes.mp4": (bytes_of(b""), "empty file of 0 bytes"),
    "codec_name.webm": (kept("codec_name.webm"), "no video in it|cannot be decoded as video"),
}

TEXTS: dict[str, tuple[Maker, str]] = {
    name: (bytes_of(data), expected)
    for name, data, expected in (
        ("plain.txt", b"A slow waltz.", ""),
        ("accents.txt", "Un café à Orléans".encode(), ""),
        ("japanese.txt", "静かな海".encode(), ""),
        ("arabic.txt", "موسيقى هادئة".encode(), ""),
        ("emoji.txt", "🎻🎹".encode(), ""),
        ("combining.txt", "e\u0301tude".encode(), ""),
        ("mark_first.txt", b"\xef\xbb\xbfA waltz", ""),
        ("carriage_return.txt", b"one\rtwo\r\nthree", ""),
        ("long.txt", b"la " * 50_000, ""),
        ("null.txt", b"a\0b", ""),
        ("escape.txt", b"\x1b[31mred", ""),
        ("formula.txt", b"=1+1", ""),
        ("one_letter.txt", b"a", ""),
        ("empty.txt", b"", "empty file of 0 bytes"),
        ("blanks.txt", b" \n\t ", "4 bytes of blanks"),
        ("latin1.txt", "Un café".encode("latin-1"), r"byte 6 \(0xe9\) is not UTF-8"),
        ("utf16.txt", "A waltz".encode("utf-16"), r"byte 0 \(0xff\) is not UTF-8"),
        ("shift_jis.txt", "静かな海".encode("shift_jis"), "is not UTF-8"),
        ("lone_surrogate.txt", "a\ud800".encode("utf-8", "surrogatepass"), r"byte 1 \(0xed\) is not UTF-8"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n", r"byte 0 \(0x89\) is not UTF-8"),
    )
}
