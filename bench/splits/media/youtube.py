"""Clips of YouTube videos in a user's folder, whatever tool fetched them, and the times in the tables."""

from __future__ import annotations

import re
from pathlib import Path

from sightsound.bench.splits.media.collect import Cut
from sightsound.bench.splits.media.content import length_s
from sightsound.bench.splits.media.local import Media

WHOLE_S = 2.0  # a file that is longer than its clip by more than this is taken for the whole video
_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?)s?")


def seconds(text: str | None) -> float | None:
    """A time as the tables write it, in seconds; None for what is no time.

    >>> seconds("30"), seconds("1:05"), seconds("1:00:00.5"), seconds("intro")
    (30.0, 65.0, 3600.5, None)
    """
    found = _TIME.fullmatch((text or "").strip())
    if not found:
        return None
    hours, minutes, rest = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def clip_names(video: str, start_s: float, end_s: float) -> list[str]:
    """What fetching tools call the part of a video from `start_s` to `end_s`, without suffix; in seconds or ms.

    >>> clip_names("abc", 30, 40)
    ['abc_30_40', 'abc_30000_40000', 'abc_30', 'abc_30000', '[abc]-[30-40]', 'abc-30-40']
    """
    start, end = f"{start_s:g}", f"{end_s:g}"
    start_ms, end_ms = f"{start_s * 1000:.0f}", f"{end_s * 1000:.0f}"
    pairs = [f"{video}_{start}_{end}", f"{video}_{start_ms}_{end_ms}", f"{video}_{start}", f"{video}_{start_ms}"]
    return [*pairs, f"[{video}]-[{start}-{end}]", f"{video}-{start}-{end}"]


def sound(media: Media, video: str, start_s: float, end_s: float) -> tuple[Path, Cut | None] | None:
    """The file with the sound of that part of a video, and the cut where it is the whole video; None: not there.

    A file that is named after the part is the part. One that is named after the video alone is the part too unless
    it is longer than that by more than `WHOLE_S`.
    """
    for name in clip_names(video, start_s, end_s):
        if path := media.find(name, "audio"):
            return path, None
    path = media.find(video, "audio")
    if path is None:
        return None
    whole = length_s(path) > end_s - start_s + WHOLE_S  # 0 of a broken file: the collector says what is wrong
    return path, (start_s, end_s - start_s) if whole else None
