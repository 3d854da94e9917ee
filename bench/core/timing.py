"""When the frames of a video are shown: evenly spaced or not, and which one is on the screen at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core.containers import first_stream, opened
from sightsound.bench.core.errors import MediaError

SLACK_S = 0.002  # containers that count milliseconds are off by one at most


def frame_times_s(path: Path) -> list[float]:
    """When each frame is shown, in seconds from the first one, in that order; nothing is decoded.

    Raises MediaError for a file that is no video.
    """
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        packets = [(each.pts, each.dts, each.time_base) for each in container.demux(stream) if each.size]
    # AVI and raw streams know the order of decoding only, which is that of showing where nothing is said
    stamps = [(pts if pts is not None else dts, base) for pts, dts, base in packets]
    known = sorted(float(stamp * base) for stamp, base in stamps if stamp is not None and base)
    if not known:
        raise MediaError(f"{path}: no video in it")
    return [time_s - known[0] for time_s in known]


def even(times_s: Sequence[float], rate_hz: float, start_s: float, seconds: float) -> bool:
    """Whether the frames shown in `seconds` from `start_s` on keep to the rate: a frame or two that were dropped,
    0.1 s at most, are let pass.
    """
    inside = [time_s for time_s in times_s if start_s <= time_s < start_s + seconds]
    if not inside:
        return not any(time_s > start_s for time_s in times_s)
    if inside[0] - start_s > 1 / rate_hz + SLACK_S and start_s > 0:
        return False
    slack_s = max(0.5 / rate_hz, min(2 / rate_hz, 0.1)) + SLACK_S
    return all(abs(time_s - inside[0] - index / rate_hz) <= slack_s for index, time_s in enumerate(inside))


def timed(frames: Iterable[Any]) -> Iterator[tuple[float, float, Any]]:
    """Decoded frames with when they begin and how long they are said to last, in seconds from the first one."""
    first = None
    for frame in frames:
        time_s = frame.time or 0.0
        first = time_s if first is None else first
        lasts_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
        yield time_s - first, lasts_s, frame


def on_ticks(
    frames: Iterable[tuple[float, float, Any]], start_s: float, count: int, rate_hz: float
) -> Iterator[tuple[int, Any]]:
    """The frame on the screen at `start_s`, `start_s` + 1 / rate and so on, `count` times or to the end."""
    tick, held, end_s = 0, None, 0.0
    for time_s, lasts_s, frame in frames:
        while held is not None and tick < count and start_s + tick / rate_hz < time_s - SLACK_S / 4:
            yield tick, held
            tick += 1
        if tick >= count:
            return
        held, end_s = frame, time_s + max(lasts_s, 1 / rate_hz)
    while held is not None and tick < count and start_s + tick / rate_hz < end_s - SLACK_S / 4:
        yield tick, held
        tick += 1
