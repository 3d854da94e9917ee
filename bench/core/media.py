"""Reading, writing and looking at media. One policy for channels and loudness, stated here.

Channels: averaged to mono for the metrics. Length: a clip is its first `CLIP_S` seconds; a shorter one stays as
it is; what metrics hear is up to the run (bench.core.length). Loudness: nothing is changed; a generated clip whose
peak passes 1 is scaled down to 1 when it is written.
Resampling: soxr, high quality. Pictures: see bench.core.pictures; videos: bench.core.video.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from sightsound.bench.core import files
from sightsound.bench.core.containers import absent
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.pictures import load_image
from sightsound.bench.core.sound import (
    CLIP_S,
    MAX_AUDIO_S,
    Audio,
    check_audio,
    decode_audio,
    load_audio,
    load_windows,
    probe_audio,
)
from sightsound.bench.core.video import check_video, frame_count, video_frames
from sightsound.bench.core.writing import whole_rate, write_audio, write_image, write_text

__all__ = [
    "CLIP_S",
    "MAX_AUDIO_S",
    "RESAMPLER",
    "Audio",
    "Looked",
    "MediaError",
    "check",
    "decode_audio",
    "file_sha256",
    "frame_count",
    "load_audio",
    "load_image",
    "load_windows",
    "probe_audio",
    "read_text",
    "video_frames",
    "whole_rate",
    "write_audio",
    "write_image",
    "write_text",
]

RESAMPLER = "soxr-hq"


class Looked(NamedTuple):
    """What a file proved to be."""

    rate_hz: int = 0
    """Sampling rate of sound, else 0."""
    seconds: float = 0.0
    """Length of sound and video, else 0."""


def file_sha256(path: Path) -> str:
    """Hex digest of the file's bytes. Raises OSError, also for a pipe or a device."""
    return files.sha256(path)


def check(path: Path, kind: Literal["audio", "image", "video", "text"]) -> Looked:
    """Look at a file whole, when it is taken as an output or a reference: decoded to its end, finite, not empty.

    Raises MediaError with one line that names the file, what is wrong and what to do. Memory stays small: nothing
    that was decoded is kept.
    """
    if kind == "audio":
        return Looked(*check_audio(path))
    if kind == "video":
        return Looked(0, check_video(path))
    if kind == "image":
        load_image(path)
    else:
        read_text(path)
    return Looked()


def read_text(path: Path) -> str:
    """A text in UTF-8, as it was written. Raises MediaError for another encoding and for one without a letter."""
    if why := absent(path):
        raise MediaError(f"{path}: no text in it ({why})")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        raise MediaError(
            f"{path}: byte {place} (0x{data[place]:02x}) is not UTF-8; save the text as UTF-8"
        ) from error
    if not text.strip():
        raise MediaError(f"{path}: no text in it ({len(data)} bytes of blanks); write it again")
    return text
