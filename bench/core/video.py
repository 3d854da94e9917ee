"""Videos: the frames that several networks look at, from one decoding, and what a file holds.

As of a sound, only the first `CLIP_S` seconds count where nothing else is asked for. A frame is turned into RGB
once, upright as a player shows it, and shown to every network that asked for it; what is kept is what its
`prepare` makes of it. Where frames are not evenly spaced, the n-th is the one that is shown n / rate seconds after
the first (bench.core.timing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import timing
from sightsound.bench.core.containers import first_stream, opened, said_s
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.sound import CLIP_S, TOLERANCE_S


class Reader(Protocol):
    """What looks at a video; see `sightsound.metrics.networks.extractor.VideoExtractor`."""

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The frames that it asks for."""
        ...

    def prepare(self, frame: NDArray[np.uint8]) -> Any:
        """What is kept of one."""
        ...


class MiddleFrame:
    """Stands for a network of pictures: its picture is the frame in the middle of the first `CLIP_S`, as it is,
    however much of the video others look at."""

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The middle one alone."""
        return [min(frames, max(round(CLIP_S * rate_hz), 1)) // 2]

    def prepare(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame."""
        return frame


def load(path: Path, readers: Mapping[str, Reader], *, seconds: float = CLIP_S) -> dict[str, list[Any] | str]:
    """What each reader keeps of the frames that it asks for, in the order in which it asked, or why it refuses.

    Raises MediaError for a file that is no video, says no frame rate or has fewer frames than it says.
    """
    count, rate_hz, even = _probe(path, seconds)
    wanted: dict[str, list[int]] = {}
    refused: dict[str, str] = {}
    for name, reader in readers.items():
        with _noted(refused, name):
            wanted[name] = reader.frame_indices(count, rate_hz)
    kept: dict[str, dict[int, Any]] = {name: {} for name in wanted}
    last = max((max(indices) for indices in wanted.values()), default=-1)
    for index, frame in _frames(path, last) if even else _shown(path, last, rate_hz):
        if not (asking := [name for name, indices in wanted.items() if index in indices]):
            continue
        pixels = rgb(frame)
        for name in asking:
            with _noted(refused, name):
                kept[name][index] = readers[name].prepare(pixels)
    for name, indices in wanted.items():
        if name not in refused and (missing := set(indices) - kept[name].keys()):
            raise MediaError(f"{path}: ends before its frame {min(missing)}, earlier than it says; write it anew")
    return {name: refused.get(name) or [kept[name][index] for index in wanted[name]] for name in readers}


def rgb(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as uint8 RGB `[height, width, 3]`, turned as the file says that it is shown."""
    pixels = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    turns = quarters(frame)
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def quarters(frame: Any) -> int:
    """Quarter turns to the left that a frame is shown with, 0 to 3."""
    degrees = frame.rotation
    return degrees // 90 % 4 if degrees % 90 == 0 else 0


def frame_count(path: Path) -> int:
    """Number of frames in a video; counted where the file does not say."""
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        return stream.frames or sum(1 for _ in container.decode(stream))


def video_frames(path: Path, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
    """The frames at `indices` (from 0, in presentation order) as uint8 RGB `[height, width, 3]`, in that order.

    Raises MediaError for a file that is no video or has fewer frames.
    """
    wanted = set(indices)
    found: dict[int, NDArray[np.uint8]] = {}
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            if index in wanted:
                found[index] = rgb(frame)
            if len(found) == len(wanted):
                break
    if missing := wanted - found.keys():
        raise MediaError(f"{path}: has no frame {min(missing)}")
    return [found[index] for index in indices]


def check_video(path: Path) -> float:
    """Decode every frame; the seconds for which they are shown.

    Raises MediaError for what has no frame, cannot be decoded, or ends before it says.
    """
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")  # by one thread: several pass some errors over
        said, said_frames = said_s(container, stream), stream.frames
        frame_s = float(1 / stream.average_rate) if stream.average_rate else 0.0
        first, end, count = None, 0.0, 0
        for frame in container.decode(stream):
            _looked_at(path, frame)
            time_s = count * frame_s if frame.time is None else frame.time
            first = time_s if first is None else first
            end, count = max(end, time_s + frame_s), count + 1
    if first is None:
        raise MediaError(f"{path}: no picture in it; make or fetch it again")
    # of what was cut some containers tell the old length and some the old number of frames
    if said - (end - first) > max(TOLERANCE_S, 0.05 * said) or count < 0.95 * said_frames:
        raise MediaError(
            f"{path}: cut short, it holds {count} frames of {end - first:.2f} s and says {said_frames or '?'} of "
            f"{said:.2f}; make or fetch it again"
        )
    return end - first


def _looked_at(path: Path, frame: Any) -> None:
    """Raise MediaError for a frame that the decoder calls damaged."""
    if frame.is_corrupt:
        raise MediaError(f"{path}: its frame at {frame.time or 0:.2f} s is damaged; make or fetch it again")


@contextmanager
def _noted(refused: dict[str, str], name: str) -> Iterator[None]:
    """A reader's ValueError as its refusal."""
    try:
        yield
    except ValueError as error:
        refused.setdefault(name, " ".join(str(error).split()))


def _frames(path: Path, last: int) -> Iterator[tuple[int, Any]]:
    """The decoded frames with their index, up to the one at `last`."""
    index = -1
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            if index <= last:
                yield index, frame
            if index >= last:
                return
    raise MediaError(f"{path}: ends after {index + 1} frames, fewer than it says; write it anew")


def _shown(path: Path, last: int, rate_hz: float) -> Iterator[tuple[int, Any]]:
    """What is shown at 0, 1, ... `last` times 1 / rate seconds after the first frame."""
    with opened(path, "video") as container:
        stream = first_stream(path, container, "video")
        stream.thread_type = "AUTO"
        yield from timing.on_ticks(timing.timed(container.decode(stream)), 0.0, last + 1, rate_hz)


def _probe(path: Path, seconds: float) -> tuple[int, float, bool]:
    """Frames that count, frames per second, and whether they are evenly spaced."""
    count = frame_count(path)
    with opened(path, "video") as container:
        rate = first_stream(path, container, "video").average_rate
    if not rate or not count:
        raise MediaError(f"{path}: {'no frames in it' if rate else 'says no frame rate'}")
    times = timing.frame_times_s(path)
    if timing.even(times, float(rate), 0.0, seconds):
        return min(count, max(round(seconds * float(rate)), 1)), float(rate), True
    shown_s = min(seconds, times[-1] + 1 / float(rate))
    return max(int(shown_s * float(rate) + 1e-6), 1), float(rate), False
