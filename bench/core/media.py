"""Decode, resample, probe and write. One policy for length, channels and loudness, stated here.

Channels: averaged to mono for the metrics. Length: a clip is its first `CLIP_S` seconds; a shorter one stays as
it is. Loudness: nothing is changed; a generated clip whose peak passes 1 is scaled down to 1 when it is written.
Resampling: soxr, high quality. Pictures: RGB, upright by their EXIF tag, alpha over white, CMYK without its colour
profile, 16 bits of grey as their upper 8.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import files
from sightsound.bench.core.errors import BenchError

CLIP_S = 10.0
LENGTH_POLICY = "first10s"  # as the signature says it
RESAMPLER = "soxr-hq"
MAX_PIXELS = 100_000_000  # a decoded picture of 300 MB; larger ones are refused before decoding
MAX_AUDIO_S = 3600.0  # longer files are read for their first hour only when probed

Audio = NDArray[np.float32]


class MediaError(BenchError):
    """A file that cannot be read or written as what it should be."""


def file_sha256(path: Path) -> str:
    """Hex digest of the file's bytes. Raises OSError, also for a pipe or a device."""
    return files.sha256(path)


def load_audio(path: Path, rates_hz: Sequence[int], *, seconds: float = CLIP_S) -> dict[int, Audio]:
    """The first `seconds` of a file as mono float32 `[samples]`, once for each rate asked for.

    Decoded once, resampled once a rate. Raises MediaError for what cannot be decoded, is empty, or holds samples
    that are not finite.
    """
    import soxr

    samples, rate_hz = decode_audio(path, 0.0, seconds)
    if samples.shape[0] == 0:
        raise MediaError(f"{path}: no audio in it")
    if not np.isfinite(samples).all():
        raise MediaError(f"{path}: holds samples that are not finite")
    # channel by channel: a mean over the short axis takes fifty times as long
    mono = np.asarray(sum(samples.T), np.float32) / samples.shape[1]
    return {rate: mono if rate == rate_hz else soxr.resample(mono, rate_hz, rate, "HQ") for rate in rates_hz}


def decode_audio(path: Path, start_s: float, seconds: float) -> tuple[Audio, int]:
    """float32 samples `[time, channels]` of `seconds` from `start_s` on, fewer where the file ends; their rate.

    By libsndfile, and by FFmpeg for what that cannot read. Raises MediaError for what neither can decode.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate_hz = file.samplerate
            if start_s:
                file.seek(min(round(start_s * rate_hz), file.frames))
            return file.read(round(seconds * rate_hz), dtype="float32", always_2d=True), rate_hz
    except (soundfile.LibsndfileError, OSError) as error:
        if not path.is_file():
            raise MediaError(f"{path}: no such file") from error
    return _decode_by_ffmpeg(path, start_s, seconds)


def _decode_by_ffmpeg(path: Path, start_s: float, seconds: float) -> tuple[Audio, int]:
    import av

    blocks: list[NDArray[Any]] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise MediaError(f"{path}: no audio in it")
            rate_hz = container.streams.audio[0].rate
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)
            first, have = round(start_s * rate_hz), 0
            wanted = first + round(seconds * rate_hz)
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    blocks.append(part.to_ndarray().T)
                    have += len(blocks[-1])
                if have >= wanted:
                    break
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be decoded as audio ({type(error).__name__})") from error
    if not blocks:
        raise MediaError(f"{path}: no audio in it")
    return np.concatenate(blocks)[first:wanted].astype(np.float32, copy=False), rate_hz


def probe_audio(path: Path) -> tuple[int, float]:
    """Sampling rate in Hz and duration in seconds."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError):
        samples, rate_hz = decode_audio(path, 0.0, MAX_AUDIO_S)
        return rate_hz, len(samples) / rate_hz
    return info.samplerate, info.frames / info.samplerate


def write_audio(path: Path, samples: NDArray[np.floating[Any]], rate_hz: int) -> float:
    """Write `[samples]` or `[channels, samples]` as 16-bit WAV; returns the duration in seconds.

    A peak above 1 scales the clip down to a peak of 1. Raises MediaError for an empty clip, for samples that are
    not finite and for a rate that is no rate.
    """
    import soundfile

    samples = np.atleast_2d(np.asarray(samples, dtype=np.float32))
    if samples.ndim != 2 or samples.shape[1] == 0 or samples.shape[0] > 8:
        raise MediaError(
            f"{path.name}: a clip has shape [samples] or [channels, samples], this is {samples.shape}"
        )
    if rate_hz <= 0:
        raise MediaError(f"{path.name}: a sampling rate of {rate_hz} Hz")
    if not np.isfinite(samples).all():
        raise MediaError(f"{path.name}: the model gave samples that are not finite")
    peak = float(np.abs(samples).max())
    soundfile.write(path, (samples / peak if peak > 1 else samples).T, rate_hz, subtype="PCM_16", format="WAV")
    return samples.shape[1] / rate_hz


def load_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB `[height, width, 3]`. Raises MediaError for what is no picture or too large."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            if picture.width * picture.height > MAX_PIXELS:
                raise MediaError(
                    f"{path}: {picture.width} x {picture.height} pixels, over the limit of {MAX_PIXELS}"
                )
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I;16"):  # PIL would clip to 8 bits and not scale
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                with_alpha = upright.convert("RGBA")
                white = Image.new("RGBA", with_alpha.size, "white")
                upright = Image.alpha_composite(white, with_alpha)
            return np.asarray(upright.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        reason = "no such file" if not path.exists() else "cannot be read as a picture"
        raise MediaError(f"{path}: {reason}") from error


def write_image(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write `[height, width, 3]`, RGB, as PNG. Raises MediaError for anything but uint8 RGB of a pixel or more."""
    from PIL import Image

    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise MediaError(
            f"{path.name}: a picture is uint8 [height, width, 3], this is {picture.dtype} {picture.shape}"
        )
    Image.fromarray(picture).save(path, format="PNG")


def frame_count(path: Path) -> int:
    """Number of frames in a video; counted where the file does not say."""
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path}: no video in it")
            said = container.streams.video[0].frames
            return said or sum(1 for _ in container.decode(video=0))
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be decoded as video ({type(error).__name__})") from error


def video_frames(path: Path, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
    """The frames at `indices` (from 0, in presentation order) as uint8 RGB `[height, width, 3]`, in that order.

    Raises MediaError for a file that is no video or has fewer frames.
    """
    import av

    wanted = set(indices)
    found: dict[int, NDArray[np.uint8]] = {}
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path}: no video in it")
            container.streams.video[0].thread_type = "AUTO"
            for index, frame in enumerate(container.decode(video=0)):
                if index in wanted:
                    found[index] = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
                if len(found) == len(wanted):
                    break
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be decoded as video ({type(error).__name__})") from error
    if missing := wanted - found.keys():
        raise MediaError(f"{path}: has no frame {min(missing)}")
    return [found[index] for index in indices]
