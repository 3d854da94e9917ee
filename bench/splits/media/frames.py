"""Frames and segments of videos, by PyAV alone: which frame a seed picks, where segments lie, how one is cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media, timing, video
from sightsound.bench.core.containers import first_stream, opened
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.timing import frame_times_s

__all__ = [
    "cut_video",
    "frame_times_s",
    "random_frame",
    "segments",
    "silence_video",
    "write_picture",
    "write_video",
]

BIT_RATE = 2_000_000  # bits/s of a written picture; what is cut from has 0.2 to 1 million at 480 lines
MOST_TICKS = 65535  # numerator of a rate, by the format


def random_frame(path: Path, seed: str, start_s: float = 0.0, seconds: float | None = None) -> int:
    """The index of the frame that `seed` picks among those shown in `seconds` from `start_s` on.

    `seconds` None: to the end. sha256 of the seed modulo the number of frames, so it is the same on every machine.
    Raises MediaError where no frame lies there.
    """
    end_s = np.inf if seconds is None else start_s + seconds
    there = [index for index, time_s in enumerate(frame_times_s(path)) if start_s <= time_s < end_s]
    if not there:
        raise MediaError(f"{path}: no frame from {start_s:g} s on")
    return there[int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % len(there)]


def segments(path: Path, seconds: float = media.CLIP_S) -> list[float]:
    """Where a video's whole segments begin, in seconds: one after another from 0, the incomplete last dropped."""
    times = frame_times_s(path)
    frame_s = times[-1] / (len(times) - 1) if len(times) > 1 else 0.0
    whole = int((times[-1] + frame_s) / seconds + 1e-6)
    return [index * seconds for index in range(whole)]


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write uint8 RGB `[height, width, 3]` as PNG."""
    from PIL import Image

    Image.fromarray(picture).save(path, format="PNG")


def cut_video(path: Path, into: Path, start_s: float, seconds: float) -> None:
    """Write the frames shown in `seconds` from `start_s` on as a silent video, upright, the first one at 0.

    Where they are not evenly spaced, each is repeated for as long as it is shown: the cut has the length asked for
    and one rate. Raises MediaError for a file that is no video, says no frame rate, or has nothing there.
    """
    times_s = frame_times_s(path)
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        stream.thread_type = "AUTO"
        rate = stream.average_rate
        if not rate:
            raise MediaError(f"{path}: says no frame rate")
        shown = timing.timed(container.decode(stream))
        if timing.even(times_s, float(rate), start_s, seconds):
            frames = _between(shown, start_s, seconds)
        else:
            ticks = timing.on_ticks(shown, start_s, round(seconds * rate), float(rate))
            frames = (frame for _, frame in ticks)
        first = next(frames, None)
        if first is None:
            raise MediaError(f"{path}: no frame from {start_s:g} s on")
        write_video(into, (_upright(frame) for frame in chain([first], frames)), rate)


def _between(shown: Iterator[tuple[float, float, Any]], start_s: float, seconds: float) -> Iterator[Any]:
    for time_s, _, frame in shown:
        if time_s >= start_s + seconds:
            return
        if time_s >= start_s:
            yield frame


def _upright(frame: Any) -> Any:
    """The frame as a player shows it."""
    import av

    return av.VideoFrame.from_ndarray(video.rgb(frame), format="rgb24") if video.quarters(frame) else frame


def write_video(path: Path, frames: Iterable[Any], rate: Fraction) -> None:
    """MPEG-4 part 2 in MP4: every FFmpeg has the encoder, and one thread gives the same bytes each time."""
    import av

    if rate.numerator > MOST_TICKS:
        rate = rate.limit_denominator(1000)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream: Any = None
        for index, frame in enumerate(frames):
            if stream is None:
                stream = out.add_stream("mpeg4", rate=rate)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                stream.bit_rate = BIT_RATE
                stream.codec_context.thread_count = 1
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = index, 1 / rate
            picture.pict_type = 0  # the encoder's own choice, not the source's
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def silence_video(path: Path, into: Path) -> None:
    """Copy a video's picture as it is, without its sound: the packets go over untouched, its rotation with them.

    Raises MediaError where that container cannot hold that coding.
    """
    import av

    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        with av.open(str(into), "w", options={"fflags": "+bitexact"}) as out:
            copy = out.add_stream_from_template(stream, opaque=True)  # no encoder is needed to copy
            for packet in container.demux(stream):
                if packet.dts is not None or packet.pts is not None:
                    packet.stream = copy
                    out.mux(packet)
