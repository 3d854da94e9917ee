"""Files that FFmpeg opens, through PyAV: one way in, one error out.

Whatever a damaged or odd file makes PyAV raise becomes a MediaError that names the file. FFmpeg's own log is off
by default in PyAV. What the machine did wrong (`of_the_machine`) is no file's fault and goes through as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sightsound.bench.core import faults
from sightsound.bench.core.errors import MediaError

WORDS = {"audio": "audio", "video": "video"}
ELEMENTARY = frozenset(("aac", "mp3", "ac3", "eac3", "h264", "hevc", "m4v", "mpegvideo"))


def of_the_machine(error: BaseException) -> bool:
    """Whether the disk or the memory failed rather than the file."""
    return isinstance(error, MemoryError) or faults.of_machine(error) is not None


def absent(path: Path) -> str:
    """Why a file cannot be opened at all, or an empty text: it is not there, no plain file, or holds nothing."""
    if not path.exists():
        return "no such file"
    if not path.is_file():
        return "no plain file"
    return "" if path.stat().st_size else "an empty file of 0 bytes; make or fetch it again"


def looks_like(path: Path) -> str:
    """What a file begins with where that is text: `; it begins with '<html>'`. Empty for what looks binary."""
    with path.open("rb") as file:
        head = file.read(24)
    text = head.decode("ascii", "replace").strip()
    return f"; it begins with {text!r}" if text and all(" " <= letter <= "~" for letter in text) else ""


@contextmanager
def opened(path: Path, kind: Literal["audio", "video"]) -> Iterator[Any]:
    """The open container. Text in it that is not UTF-8 (a title in Latin-1) is read with marks in its place.

    Raises MediaError for whatever goes wrong with the file while it is open.
    """
    import av

    if why := absent(path):
        raise MediaError(f"{path}: {_cannot(kind)} ({why})")
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            yield container
    except MediaError:
        raise
    except Exception as error:
        if of_the_machine(error):
            raise
        raise MediaError(
            f"{path}: {_cannot(kind)} ({type(error).__name__}){looks_like(path)}; make or fetch it again"
        ) from error


def _cannot(kind: str) -> str:
    return f"cannot be decoded as {WORDS[kind]}"


def first_stream(path: Path, container: Any, kind: Literal["audio", "video"]) -> Any:
    """The first stream of a kind; a cover that is attached to a piece of music is no video.

    Raises MediaError where there is none, or none whose coding is known here.
    """
    found = container.streams.audio if kind == "audio" else container.streams.video
    streams = [stream for stream in found if kind == "audio" or not is_cover(stream)]
    if not streams:
        raise MediaError(f"{path}: no {WORDS[kind]} in it")
    known = [stream for stream in streams if stream.codec_context is not None]
    if not known:
        raise MediaError(f"{path}: {_cannot(kind)} (a coding that is not known here); write it in another one")
    return known[0]


def is_cover(stream: Any) -> bool:
    """Whether a picture stream is a cover that is attached to a piece of music."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def said_s(container: Any, stream: Any) -> float:
    """The length in seconds that the file claims, 0 where it claims none.

    Of a bare stream of frames (`ELEMENTARY`) FFmpeg guesses by its first ones, which is no claim.
    """
    import av

    if container.format.name in ELEMENTARY:
        return 0.0
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def packets_s(container: Any, stream: Any) -> float:
    """The length in seconds by the times of the packets; all are read and none is decoded.

    What lies before 0, a coder's delay, is not counted.
    """
    first, end, sum_s = None, 0.0, 0.0
    for packet in container.demux(stream):
        if not packet.size or not packet.time_base:
            continue
        length_s = float((packet.duration or 0) * packet.time_base)
        sum_s += length_s
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            start_s = float(stamp * packet.time_base)
            first = start_s if first is None else min(first, start_s)
            end = max(end, start_s + length_s)
    # times that jump (two files glued together) tell less than the sum of what there is
    return sum_s if first is None or end <= first else max(end - max(first, 0.0), 0.0)
