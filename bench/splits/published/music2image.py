"""The split `music2image`: a public table of 4,522 pictures and texts for parts of YouTube videos.

The table (Monke64/Music2Image, parquet) holds the pictures and says which part of which video they are for; it has
no sound, which the user brings. Its column `text` is taken for the caption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import youtube
from sightsound.bench.splits.media.collect import Collector, Original
from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import Names, more_texts, take

COLUMNS = ["image", "youtube_video_id", "start_second", "end_second", "text"]

CARD = SplitCard(
    name="music2image",
    tasks=(
        *("image2music", "caption2music", "story2music", "multimodal2music", "masked2music"),
        *("music2image", "image2caption"),
    ),
    entry="sightsound.bench.splits.published.music2image:build",
    assets=(),
    licence="none stated; the clips are YouTube's uploaders', each by its own licence",
    source="Monke64/Music2Image on the hub (June 2024, 4 parquet files, 1.6 GB); MusFlow (2025) evaluates with it",
    description="Every row of the table: its picture, its text, and its part of a YouTube video.",
    known=(
        "No paper and no card say who chose the pictures, or how. Its columns look like those of MeLBench's "
        "annotation. MusFlow speaks of 1,500 clips of 10 s of it, the table has 4,522 rows: which ones were used "
        "is not known, nor are the stories, which were generated and not published."
    ),
    media=(
        "the parquet files, and the sound as <id>_<start>_<end>.wav and the like, or whole videos as <id>.mp4 and "
        "the like; stories in texts.csv (id, story), if any"
    ),
    size=4_522,
)


@dataclass(frozen=True)
class Illustrated:
    """One row of the table."""

    video: str
    """YouTube id."""
    start_s: float | None
    """None where the table has no time there."""
    end_s: float | None
    text: str
    picture: Original | None
    """Name and bytes of the picture."""


def read_row(row: Mapping[str, Any]) -> Illustrated:
    """A row as pyarrow gives it: the picture is {"bytes": ..., "path": ...}, the times are texts."""
    image = row["image"] if isinstance(row["image"], Mapping) else {}
    data = image.get("bytes")
    return Illustrated(
        video=str(row["youtube_video_id"] or "").strip(),
        start_s=youtube.seconds(row["start_second"]),
        end_s=youtube.seconds(row["end_second"]),
        text=str(row["text"] or "").strip(),
        picture=(image.get("path") or "picture", data) if data else None,
    )


def read_rows(media: Media) -> Iterator[Illustrated]:
    """The rows of every parquet file in the folder, in the order of the files' names.

    Raises SplitError where there is no such file, or one of another table.
    """
    names = sorted(media.names(".parquet"))
    if not names:
        raise SplitError(f"{media.folder}: no parquet file of Monke64/Music2Image in it")
    for name in names:
        for batch in media.read_parquet(name, COLUMNS) or ():
            yield from map(read_row, batch)


def add_rows(collector: Collector, media: Media, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Take every row of the table. Its id is the video's and the second it begins at."""
    names = Names()
    for row in read_rows(media):
        start_s, end_s = row.start_s, row.end_s
        if start_s is None or end_s is None or end_s <= start_s:
            collector.miss(names.new(plain_id(row.video or "row")), "start_second, end_second: no such part")
            continue
        example_id = names.new(plain_id(f"{row.video}.{start_s:g}"))
        audio, cut = youtube.sound(media, row.video, start_s, end_s) or (None, None)
        take(
            collector,
            example_id,
            row.video,
            {"image": row.picture, "audio": audio},
            {"audio": cut} if cut else None,
            reference_image=row.picture,
            **{"caption": row.text, **texts.get(example_id, {})},
        )


def build(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split into `folder` from the user's copy of the table and sound."""
    found = Media(media, folder.parent / "unpacked")
    collector = Collector(folder, report, CARD.size)
    add_rows(collector, found, more_texts(found))
    collector.write()
