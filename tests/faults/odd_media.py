"""Every odd medium, looked at whole and read as a metric reads it: what happened to each, and with which words."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sightsound.bench.core import media, video
from sightsound.bench.core.media import MediaError
from sightsound.bench.splits.media.content import ContentError, examine
from tests.faults.made_pictures import PICTURES
from tests.faults.made_sounds import SOUNDS, Maker
from tests.faults.made_videos import TEXTS, VIDEOS

KINDS: dict[str, Mapping[str, tuple[Maker, str]]] = {
    "audio": SOUNDS,
    "image": PICTURES,
    "video": VIDEOS,
    "text": TEXTS,
}
READERS: dict[str, tuple[Callable[[Path], Any], ...]] = {
    "audio": (lambda path: media.load_audio(path, [16000, 48000]), media.probe_audio),
    "image": (media.load_image,),
    "video": (
        lambda path: video.load(path, {"middle": video.MiddleFrame()}),
        lambda path: media.video_frames(path, [0]),
        media.frame_count,
    ),
    "text": (media.read_text,),
}


class Row(NamedTuple):
    """What happened to one file."""

    kind: str
    """audio, image, video or text."""
    name: str
    """Of the file."""
    happened: str
    """`scored` or `failed`."""
    message: str
    """Why it failed, without the folder."""


def rows(folder: Path) -> list[Row]:
    """Make every file below `folder` and look at it. An error that is no MediaError comes through."""
    found = []
    for kind, makers in KINDS.items():
        (folder / kind).mkdir(parents=True)
        for name, (make, _) in makers.items():
            make(folder / kind / name)
            found.append(look(folder / kind / name, kind))
    return found


def look(path: Path, kind: str) -> Row:
    """Look at one file whole and, where it passes, read it in every way that a metric or a split does."""
    read_anyway(path, kind)
    try:
        media.check(path, kind)  # type: ignore[arg-type]
        for read in READERS[kind]:
            read(path)
    except MediaError as error:
        return Row(kind, path.name, "failed", str(error).replace(f"{path.parent}/", ""))
    return Row(kind, path.name, "scored", "")


def read_anyway(path: Path, kind: str) -> None:
    """Read it by every way; what cannot be read is a MediaError each time."""
    for read in READERS[kind]:
        try:
            read(path)
        except MediaError:
            continue
    if kind != "text":
        try:
            examine(path, kind)  # type: ignore[arg-type]
        except ContentError:
            return


def write(table: list[Row], path: Path) -> None:
    """The table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(Row._fields)
        out.writerows(table)
