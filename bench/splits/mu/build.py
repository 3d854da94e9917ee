"""The splits of M2UGen's data sets: `muimage`, `muimage_eval`, `muvideo`, `muvideo_eval`, `mucaps`, `muedit`.

Media: the authors' archives, or any folder with music of AudioSet named by YouTube id. What an index says is read
by bench/splits/mu/index.py; here it is matched with the user's files. docs/splits.md has the rules in prose.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from sightsound.bench.core.media import CLIP_S, MediaError
from sightsound.bench.core.types import Report
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.content import length_s
from sightsound.bench.splits.media.formats import SUFFIXES, Kind
from sightsound.bench.splits.media.frames import random_frame
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.mu import index as mu_index
from sightsound.bench.splits.mu.index import Item

EVAL_SIZE = 2500
LONGEST_S = 12.0  # a file that is longer is no segment of 10 s, but what one was cut from
SEGMENTS = "filtered.csv"  # the authors' table YTID, start_seconds, end_seconds
# What AudioSet's collections call a clip: ID, YID, ID_30, ID_30000_40000, ID_30.000_40.000.
_CLIP_NAME = re.compile(r"Y?(?P<id>[A-Za-z0-9_-]{11})(?:_[0-9]+(?:\.[0-9]+)?){0,2}")

Items = Callable[[Media, Mapping[str, Path]], Sequence[Item]]
"""The items of a split's list."""
Pieces = dict[str, Path]
Cuts = dict[str, tuple[float, float] | int]


def _all(name: str, found: Media, assets: Mapping[str, Path]) -> list[Item]:
    return mu_index.needed(mu_index.instructions(found, name), name, found)


def _captions(name: str, found: Media, assets: Mapping[str, Path]) -> list[Item]:
    return mu_index.needed(mu_index.captions(found, name), name, found)


def _sampled(name: str, found: Media, assets: Mapping[str, Path]) -> list[Item]:
    """The `EVAL_SIZE` items with the lowest sha256 of `muvideo_eval:` and the id."""
    items = _all(name, found, assets)
    return sorted(items, key=lambda item: hashlib.sha256(f"muvideo_eval:{item.id}".encode()).digest())[:EVAL_SIZE]


def _published(found: Media, assets: Mapping[str, Path]) -> list[Item]:
    """Mozart's Touch's list, with what MUImage says of its items where the user's folder has MUImage's index."""
    listed = mu_index.read(assets["muimage_eval_pairs"] / "MUImageEvalInstructions.json")
    told = {item.output: item for item in mu_index.instructions(found, "MUImageInstructions.json") or ()}
    return [told.get(item.output, item) for item in listed]


def build(
    items: Items,
    shown: Literal["image", "video"] | None,
    folder: Path,
    assets: Mapping[str, Path],
    media: Path,
    report: Report,
) -> None:
    """Write one of the splits into `folder`: what `items` lists, with a picture or a video, or with texts alone.

    Files that go with a picture or a video are 10 s; those of texts may have any length.

    Raises SplitError for an index that is not there or no index, and where none of its media are there.
    """
    found = Media(media, folder.parent / "unpacked")
    listed = items(found, assets)
    clips = _Clips(found)
    collector = Collector(folder, report, len(listed))
    for item in sorted(listed, key=lambda each: each.id):
        try:
            pieces, cuts = _pieces(item, shown, clips)
        except _MissingError as error:
            collector.miss(item.id, str(error))
            continue
        collector.add(
            item.id,
            item.group,
            **pieces,  # type: ignore[arg-type]
            cuts=cuts,
            caption=item.caption,
            instruction=item.instruction,
        )
    collector.write()


class _MissingError(Exception):
    """Why an item's media cannot be had."""


def _pieces(item: Item, shown: Literal["image", "video"] | None, clips: _Clips) -> tuple[Pieces, Cuts]:
    """The original files of an item by field of Example, and what is cut from them."""
    pieces: Pieces = {}
    cuts: Cuts = {}
    pieces["audio"], start_s = clips.find(item.output, "audio", whole=shown is None)
    if start_s is not None:
        cuts["audio"] = (start_s, CLIP_S)
    if shown == "video":
        pieces["video"], start_s = clips.find(item.input, "video")
        if start_s is not None:
            cuts["video"] = (start_s, CLIP_S)
    elif shown == "image":
        try:
            pieces["image"], _ = clips.find(item.input, "image")
        except _MissingError:  # the authors kept a random frame of the segment; so do we, by a seed
            pieces["image"], start_s = clips.find(item.input, "video", named="image")
            try:
                cuts["image"] = random_frame(pieces["image"], item.id, start_s or 0.0, CLIP_S)
            except MediaError as error:
                raise _MissingError("image: no frame can be taken out of the video") from error
    return pieces, cuts


class _Clips:
    """The user's files by the names of an index, or by YouTube id."""

    def __init__(self, found: Media) -> None:
        self.media = found
        self._by_id: dict[str, list[str]] = {}
        for name in found.names():
            if match := _CLIP_NAME.fullmatch(PurePosixPath(name).stem):
                self._by_id.setdefault(match["id"], []).append(name)
        self._starts = _starts(found)

    def find(self, name: str, kind: Kind, whole: bool = False, named: str = "") -> tuple[Path, float | None]:
        """The file, and the second from which its clip is cut, None for a file that is taken as it is.

        Raises _MissingError where there is none, and for a file longer than `LONGEST_S` whose segment no table
        tells; `whole`: any length is right.
        """
        path = self._path(name, kind)
        if path is None:
            raise _MissingError(f"{named or kind}: no file of that name")
        if whole or kind == "image" or length_s(path) <= LONGEST_S:
            return path, None
        start_s = self._starts.get(PurePosixPath(name).stem)
        if start_s is None:
            raise _MissingError(f"{named or kind}: longer than {LONGEST_S:g} s and no {SEGMENTS} says which 10 s")
        return path, start_s

    def _path(self, name: str, kind: Kind) -> Path | None:
        exact = self.media.find(name, kind)
        if exact is not None:
            return exact
        for order in (SUFFIXES[kind], SUFFIXES["video"] if kind == "audio" else ()):
            fit = [
                (order.index(suffix), each)
                for each in self._by_id.get(PurePosixPath(name).stem, [])
                if (suffix := PurePosixPath(each).suffix.lower()) in order
            ]
            if fit:
                return self.media.choose(name, [each for _, each in sorted(fit)])
        return None


def _starts(found: Media) -> dict[str, float]:
    """YouTube id -> second where AudioSet's segment begins, from the authors' table where the folder has it."""
    rows = found.read_csv(SEGMENTS) or []
    try:
        return {row["YTID"]: float(row["start_seconds"]) for row in rows}
    except (KeyError, ValueError) as error:
        raise SplitError(f"{SEGMENTS}: needs the columns YTID and start_seconds ({error})") from error


build_muimage = partial(build, partial(_all, "MUImageInstructions.json"), "image")
build_muimage_eval = partial(build, _published, "image")
build_muvideo = partial(build, partial(_all, "MUVideoInstructions.json"), "video")
build_muvideo_eval = partial(build, partial(_sampled, "MUVideoInstructions.json"), "video")
build_mucaps = partial(build, partial(_captions, "MUCapsCaptions.json"), None)
build_muedit = partial(build, partial(_all, "MUEditInstructions.json"), None)
