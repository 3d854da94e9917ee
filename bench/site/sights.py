"""Pictures and videos as a page shows them: smaller, upright, in formats that every browser has."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import video
from sightsound.bench.core.containers import first_stream, opened
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.pictures import load_image

SIDE = 560
"""Longest side of a picture, in pixels."""
VIDEO_SIDE = 426
"""Longest side of a video."""
QUALITY = 82
"""Of a JPEG, from 1 to 95."""
_CODEC, _CRF = "libx264", "28"
_MOST_RATE_HZ = 30


def picture(path: Path) -> bytes:
    """The picture as JPEG, at most `SIDE` pixels long. MediaError for what is no picture."""
    return jpeg(load_image(path))


def jpeg(pixels: NDArray[np.uint8], side: int = SIDE) -> bytes:
    """`[height, width, 3]` as JPEG, at most `side` pixels long."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def poster(path: Path) -> bytes:
    """The frame in the middle of a video, as JPEG. MediaError for what is no video."""
    frames: Any = video.load(path, {"middle": video.MiddleFrame()})["middle"]
    return jpeg(frames[0])


def film(path: Path, seconds: float) -> bytes:
    """The first `seconds` of a video (0: all) as MP4 (H.264) without sound. MediaError for what is no video, and
    where the FFmpeg here cannot write H.264."""
    import av

    try:
        av.codec.Codec(_CODEC, "w")
    except ValueError as error:
        raise MediaError(f"{path}: is shown by one frame alone, this FFmpeg has no {_CODEC}") from error
    buffer = io.BytesIO()
    with opened(path, "video") as source, av.open(buffer, "w", format="mp4") as target:
        stream = first_stream(path, source, "video")
        rate = min(Fraction(stream.average_rate or _MOST_RATE_HZ).limit_denominator(1001), Fraction(_MOST_RATE_HZ))
        out: Any = None
        shown = 0
        for frame in source.decode(stream):
            time_s = shown / rate if frame.time is None else frame.time
            if seconds and time_s >= seconds:
                break
            if time_s * rate < shown - 0.5:  # more frames a second than are shown
                continue
            pixels = video.rgb(frame)
            if out is None:
                out = target.add_stream(_CODEC, rate=rate, options={"crf": _CRF, "preset": "veryfast"})
                out.width, out.height = _even(pixels.shape[1], pixels.shape[0])
                out.pix_fmt = "yuv420p"
            made = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            made = made.reformat(out.width, out.height, "yuv420p")
            made.pts, made.time_base = shown, 1 / rate
            shown += 1
            target.mux(out.encode(made))
        if out is None:
            raise MediaError(f"{path}: no picture in it")
        target.mux(out.encode(None))
    return buffer.getvalue()


def _even(width: int, height: int) -> tuple[int, int]:
    """The size that is shown: within `VIDEO_SIDE`, both sides even, as H.264 wants them."""
    scale = min(1.0, VIDEO_SIDE / max(width, height))
    return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)
