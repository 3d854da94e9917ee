"""Frames and segments of videos, by PyAV alone: which frame a seed picks, where segments lie, how one is cut."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media
from sightsound.bench.core.media import MediaError

BIT_RATE = 2_000_000  # bits/s of a written picture; what is cut from has 0.2 to 1 million at 480 lines


def frame_times_s(path: Path) -> list[float]:
    """When each frame is shown, in seconds from the first one, in that order; nothing is decoded.

    Raises MediaError for a file that is no video.
    """
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path}: no video in it")
            packets = [packet for packet in container.demux(container.streams.video[0]) if packet.size]
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be decoded as video ({type(error).__name__})") from error
    # AVI and raw streams know the order of decoding only, which is that of showing where nothing is said
    stamps = [packet.pts if packet.pts is not None else packet.dts for packet in packets]
    known = sorted(
        float(stamp * packet.time_base)
        for stamp, packet in zip(stamps, packets, strict=True)
        if stamp is not None and packet.time_base
    )
    if not known:
        raise MediaError(f"{path}: no video in it")
    return [time_s - known[0] for time_s in known]


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
    """Write the frames shown in `seconds` from `start_s` on as a silent video, the first one at 0.

    Raises MediaError for a file that is no video, says no frame rate, or has nothing there.
    """
    import av

    frames: list[Any] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path}: no video in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.average_rate
            if not rate:
                raise MediaError(f"{path}: says no frame rate")
            first: float | None = None
            for frame in container.decode(stream):
                time_s = frame.time or 0.0
                first = time_s if first is None else first
                if time_s - first >= start_s + seconds:
                    break
                if time_s - first >= start_s:
                    frames.append(frame.reformat(format="yuv420p"))
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: its picture cannot be decoded ({type(error).__name__})") from error
    if not frames:
        raise MediaError(f"{path}: no frame from {start_s:g} s on")
    write_video(into, frames, rate)


def write_video(path: Path, frames: list[Any], rate: Fraction) -> None:
    """MPEG-4 part 2 in MP4: every FFmpeg has the encoder, and one thread gives the same bytes each time."""
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        stream.bit_rate = BIT_RATE
        stream.codec_context.thread_count = 1
        for index, frame in enumerate(frames):
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = index, 1 / rate
            picture.pict_type = 0  # the encoder's own choice, not the source's
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def silence_video(path: Path, into: Path) -> None:
    """Copy a video's picture as it is, without its sound: the packets go over untouched.

    Raises MediaError where that container cannot hold that coding.
    """
    import av

    try:
        with (
            av.open(str(path)) as container,
            av.open(str(into), "w", options={"fflags": "+bitexact"}) as out,
        ):
            stream = container.streams.video[0]
            copy = out.add_stream_from_template(stream)
            for packet in container.demux(stream):
                if packet.dts is not None or packet.pts is not None:
                    packet.stream = copy
                    out.mux(packet)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path}: its picture cannot be copied ({type(error).__name__})") from error
