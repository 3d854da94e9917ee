"""The frames of a video that several networks look at, from one decoding.

As of a sound, only the first `media.CLIP_S` seconds count. A frame is turned into RGB once and shown to every
network that asked for it; what is kept is what the network's `prepare` makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media
from sightsound.bench.core.media import MediaError


class Reader(Protocol):
    """What looks at a video; see `sightsound.metrics.networks.extractor.VideoExtractor`."""

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The frames that it asks for."""
        ...

    def prepare(self, frame: NDArray[np.uint8]) -> Any:
        """What is kept of one."""
        ...


class MiddleFrame:
    """Stands for a network of pictures: its picture is the frame in the middle, as it is."""

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """The middle one alone."""
        return [frames // 2]

    def prepare(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame."""
        return frame


def load(
    path: Path, readers: Mapping[str, Reader], *, seconds: float = media.CLIP_S
) -> dict[str, list[Any] | str]:
    """What each reader keeps of the frames that it asks for, in the order in which it asked, or why it refuses.

    Raises MediaError for a file that is no video, says no frame rate or has fewer frames than it says.
    """
    count, rate_hz = _probe(path)
    count = min(count, max(round(seconds * rate_hz), 1))
    wanted: dict[str, list[int]] = {}
    refused: dict[str, str] = {}
    for name, reader in readers.items():
        with _noted(refused, name):
            wanted[name] = reader.frame_indices(count, rate_hz)
    kept: dict[str, dict[int, Any]] = {name: {} for name in wanted}
    for index, frame in _frames(path, max((max(indices) for indices in wanted.values()), default=-1)):
        if not (asking := [name for name, indices in wanted.items() if index in indices]):
            continue
        pixels = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        for name in asking:
            with _noted(refused, name):
                kept[name][index] = readers[name].prepare(pixels)
    return {name: refused.get(name) or [kept[name][index] for index in wanted[name]] for name in readers}


@contextmanager
def _noted(refused: dict[str, str], name: str) -> Iterator[None]:
    """A reader's ValueError as its refusal."""
    try:
        yield
    except ValueError as error:
        refused.setdefault(name, " ".join(str(error).split()))


def _frames(path: Path, last: int) -> Iterator[tuple[int, Any]]:
    """The decoded frames with their index, up to the one at `last`."""
    import av

    index = -1
    try:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for index, frame in enumerate(container.decode(video=0)):
                if index <= last:
                    yield index, frame
                if index >= last:
                    return
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be decoded as video ({type(error).__name__})") from error
    raise MediaError(f"{path}: ends after {index + 1} frames, fewer than it says; write it anew")


def _probe(path: Path) -> tuple[int, float]:
    """Number of frames, counted where the file does not say, and frames per second."""
    import av

    count = media.frame_count(path)
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate
    if not rate or not count:
        raise MediaError(f"{path}: {'no frames in it' if rate else 'says no frame rate'}")
    return count, float(rate)
