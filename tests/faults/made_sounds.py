"""Odd sounds, made by code: each with the words of the failure that it must come to, or none where it is heard."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

RATE_HZ = 16000
Maker = Callable[[Path], None]


def sine(seconds: float = 1.0, rate_hz: int = RATE_HZ, channels: int = 1) -> np.ndarray:
    """`[time, channels]`, 220 Hz at 0.3."""
    clip = 0.3 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.stack([clip] * channels, axis=1).astype(np.float32)


def encode(
    path: Path,
    codec: str,
    samples: np.ndarray | None = None,
    rate_hz: int = RATE_HZ,
    *,
    container: str | None = None,
    options: dict[str, str] | None = None,
    coder: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write `[time, channels]` by FFmpeg's encoder `codec`."""
    samples = sine(rate_hz=rate_hz) if samples is None else samples
    layout = {1: "mono", 2: "stereo", 8: "7.1"}[samples.shape[1]]
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        out.metadata.update(metadata or {})
        stream = out.add_stream(codec, rate=rate_hz, options=coder or {})
        stream.layout = layout
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.format.name, layout, rate_hz, frame_size=size)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))


def vbr_mp3(path: Path, header: bool = False, seconds: float = 11.0) -> None:
    """An MP3 of varying bit rate, with or without the header that tells its length."""
    rate_hz = 44100
    coder = {"flags": "+qscale", "global_quality": str(4 * 118)}
    options = {"write_xing": str(int(header)), "id3v2_version": "0"}
    encode(path, "libmp3lame", sine(seconds, rate_hz), rate_hz, options=options, coder=coder)


def changing_aac(path: Path) -> None:
    """ADTS whose first half has two channels and whose second half has one."""
    halves = []
    for channels in (2, 1):
        encode(path, "aac", sine(1, channels=channels))
        halves.append(path.read_bytes())
    path.write_bytes(b"".join(halves))


def written(container: str, subtype: str | None = None, **how: Any) -> Maker:
    """By libsndfile."""
    return lambda path: soundfile.write(
        path, sine(**how), how.get("rate_hz", RATE_HZ), format=container, subtype=subtype
    )


def coded(codec: str, container: str | None = None, rate_hz: int = RATE_HZ, **coder: str) -> Maker:
    """By FFmpeg, with options of the encoder."""
    return lambda path: encode(path, codec, rate_hz=rate_hz, container=container, coder=coder)


def with_samples(*values: tuple[int, float], seconds: float = 1.0, scale: float = 1.0) -> Maker:
    """A WAV of floats with some samples replaced."""

    def make(path: Path) -> None:
        clip = sine(seconds) * scale
        for place, value in values:
            clip[place] = value
        soundfile.write(path, clip, RATE_HZ, subtype="FLOAT", format="WAV")

    return make


def bytes_of(data: bytes) -> Maker:
    """A file of these bytes."""
    return lambda path: path.write_bytes(data) and None  # type: ignore[func-returns-value]


def changed(make: Maker, change: Callable[[bytearray], bytes | bytearray]) -> Maker:
    """Another file whose bytes are changed."""

    def made(path: Path) -> None:
        make(path)
        path.write_bytes(change(bytearray(path.read_bytes())))

    return made


def cut(share: float) -> Callable[[bytearray], bytes]:
    """Leaves the first part."""
    return lambda data: bytes(data[: int(len(data) * share)])


def data_size(size: int) -> Callable[[bytearray], bytearray]:
    """A WAV that says another size of its data."""

    def change(data: bytearray) -> bytearray:
        place = data.index(b"data") + 4
        data[place : place + 4] = struct.pack("<I", size)
        return data

    return change


def rate_said(rate_hz: int) -> Callable[[bytearray], bytearray]:
    """A WAV that says another rate."""

    def change(data: bytearray) -> bytearray:
        data[24:28] = struct.pack("<I", rate_hz)
        return data

    return change


def latin_title(data: bytearray) -> bytes:
    """The title's letters as Latin-1."""
    return bytes(data).replace(b"Cafe", b"Caf\xe9")


WAV, MP3, FLAC, OGG = (written(name) for name in ("WAV", "MP3", "FLAC", "OGG"))
M4A = coded("aac", "mp4")
TITLED = {"title": "Cafe"}

SOUNDS: dict[str, tuple[Maker, str]] = {
    "pcm8.wav": (written("WAV", "PCM_U8"), ""),
    "pcm24.wav": (written("WAV", "PCM_24"), ""),
    "pcm32.wav": (written("WAV", "PCM_32"), ""),
    "float.wav": (written("WAV", "FLOAT"), ""),
    "double.wav": (written("WAV", "DOUBLE"), ""),
    "ulaw.wav": (written("WAV", "ULAW"), ""),
    "alaw.wav": (written("WAV", "ALAW"), ""),
    "adpcm.wav": (written("WAV", "IMA_ADPCM"), ""),
    "gsm.wav": (written("WAV", "GSM610", rate_hz=8000), ""),
    "extensible.wav": (written("WAVEX"), ""),
    "rf64.wav": (written("RF64"), ""),
    "w64.w64": (written("W64"), ""),
    "aiff.aiff": (written("AIFF"), ""),
    "aifc.aif": (written("AIFF", "FLOAT"), ""),
    "au.au": (written("AU"), ""),
    "caf.caf": (written("CAF"), ""),
    "alac.caf": (written("CAF", "ALAC_16"), ""),
    "voc.voc": (written("VOC"), ""),
    "flac.flac": (FLAC, ""),
    "flac24.flac": (written("FLAC", "PCM_24"), ""),
    "vorbis.ogg": (OGG, ""),
    "opus.opus": (written("OGG", "OPUS"), ""),
    "mp3.mp3": (MP3, ""),
    "vbr.mp3": (lambda path: vbr_mp3(path, header=True), ""),
    "vbr_no_header.mp3": (vbr_mp3, ""),
    "mp2.mp2": (coded("mp2"), ""),
    "aac.aac": (coded("aac"), ""),
    "aac.m4a": (M4A, ""),
    "alac.m4a": (coded("alac", "mp4"), ""),
    "wma.wma": (coded("wmav2", "asf", 44100, b="64000"), ""),
    "ac3.ac3": (coded("ac3", rate_hz=48000), ""),
    "tta.tta": (coded("tta"), ""),
    "wavpack.wv": (coded("wavpack"), ""),
    "opus.mka": (coded("libopus", "matroska", 48000), ""),
    "flac.mka": (coded("flac", "matroska"), ""),
    "aac.ts": (coded("aac", "mpegts"), ""),
    "eight_channels.wav": (written("WAV", channels=8), ""),
    "eight_channels.m4a": (lambda path: encode(path, "aac", sine(channels=8), container="mp4"), ""),
    "eight_channels.mka": (lambda path: encode(path, "pcm_f32le", sine(channels=8), container="matroska"), ""),
    "192khz.wav": (written("WAV", rate_hz=192000), ""),
    "4khz.wav": (written("WAV", rate_hz=4000), ""),
    "one_sample.wav": (written("WAV", seconds=1 / RATE_HZ), ""),
    "silence.wav": (with_samples(scale=0.0), ""),
    "loud.wav": (with_samples(scale=40.0), ""),
    "named_wav.mp3": (WAV, ""),
    "named_mp3.wav": (MP3, ""),
    "two_glued.mp3": (changed(MP3, lambda data: data + data), ""),
    "chained.ogg": (changed(OGG, lambda data: data + data), ""),
    "latin_title.m4a": (
        changed(lambda path: encode(path, "aac", container="mp4", metadata=TITLED), latin_title),
        "",
    ),
    "size_unknown.wav": (changed(WAV, data_size(0xFFFFFFFF)), ""),
    "size_zero.wav": (changed(WAV, data_size(0)), "no audio in it"),
    "no_samples.wav": (written("WAV", seconds=0), "no audio in it"),
    "no_bytes.wav": (bytes_of(b""), "empty file of 0 bytes"),
    "nan.wav": (with_samples((5, np.nan)), "not finite, the first one nan at 0.000 s"),
    "inf_at_the_end.wav": (with_samples((-1, np.inf), seconds=12), "not finite, the first one inf at 12.000 s"),
    "cut.wav": (changed(WAV, cut(0.5)), "cut short, .* bytes"),
    "cut.mp3": (changed(lambda path: vbr_mp3(path, header=True), cut(0.5)), "cut short, it holds"),
    "cut.flac": (changed(FLAC, cut(0.5)), "cannot be decoded"),
    "cut.m4a": (changed(M4A, cut(0.5)), "cannot be decoded"),
    "page.mp3": (bytes_of(b"<html>Not found</html>"), "begins with '<html>Not found</html>'"),
    "noise.wav": (bytes_of(bytes(range(256)) * 20), "cannot be decoded"),
    "rate_zero.wav": (changed(WAV, rate_said(0)), "cannot be decoded"),
    "rate_of_billions.wav": (changed(WAV, rate_said(4_000_000_000)), "cannot be decoded"),
    "changing.aac": (changing_aac, "goes from 2 channels to 1 after"),
}
