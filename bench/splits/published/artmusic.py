"""The split `artmusic`: quadruples of artwork, story, caption and track, as MusFlow's agents put them together.

The paper's own (ArtGraph x FMA-medium, 22,460 quadruples; MusFlow 2025) was not published. Its two sources and its
method are: `bench splits build annotate` makes such a table from them, or another tool does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import Names, take

TABLES = ("artmusic.csv", "manifest.csv")
COLUMNS = ("image", "story", "caption", "audio")

CARD = SplitCard(
    name="artmusic",
    tasks=("image2music", "caption2music", "story2music", "multimodal2music", "masked2music", "image2caption"),
    entry="sightsound.bench.splits.published.artmusic:build",
    assets=(),
    licence="pictures: WikiArt's, for research; tracks: the Creative Commons licence that FMA gives for each",
    source="ArtMusic of MusFlow (2025), not published; ArtGraph (Zenodo 8172374) and FMA-medium (25,000 tracks)",
    description="Every row of the user's table of quadruples; whole tracks of 30 s, of which metrics read 10 s.",
    known=(
        "Not the paper's quadruples: those are not published, so a row is comparable with rows of the same "
        "manifest hash only. No person chose the music: a model wrote the caption from picture and story, and "
        "CLAP took the track nearest to it, which is what the system conditions on and what the CLAP score "
        "measures with. Nine tenths of the paper's are its training data."
    ),
    media="artmusic.csv (image, story, caption, audio), ArtGraph's folder imagesf2 and FMA's folder fma_medium",
)


@dataclass(frozen=True)
class Quadruple:
    """One row of the table, with its id."""

    id: str
    image: str
    story: str
    caption: str
    audio: str

    @property
    def track(self) -> str:
        """The track's own name: the group."""
        return PurePosixPath(self.audio).stem


def quadruples(rows: Sequence[Mapping[str, str]], table: str) -> list[Quadruple]:
    """The rows with ids that depend on the pair alone: `<track>.<8 hex digits of the picture's name>`.

    Raises SplitError for a table without the four columns.
    """
    names = Names()
    found = []
    for row in rows:
        if not set(COLUMNS) <= row.keys():
            raise SplitError(f"{table}: needs the columns {', '.join(COLUMNS)}, has {', '.join(row)}")
        image, audio = (row[column].replace("\\", "/") for column in ("image", "audio"))
        picture = hashlib.sha256(PurePosixPath(image).name.encode()).hexdigest()[:8]
        wanted = plain_id(f"{PurePosixPath(audio).stem}.{picture}")
        found.append(Quadruple(names.new(wanted), image, row["story"], row["caption"], audio))
    return found


def read(media: Media) -> list[Quadruple]:
    """The quadruples of the user's table. Raises SplitError where there is none."""
    for name in TABLES:
        if (rows := media.read_csv(name)) is not None:
            return quadruples(rows, name)
    raise SplitError(f"{media.folder}: no {' or '.join(TABLES)} with the columns {', '.join(COLUMNS)} in it")


def add(collector: Collector, media: Media, rows: Sequence[Quadruple]) -> None:
    """Take these quadruples."""
    for row in rows:
        needed = {
            "image": media.find(row.image, "image"),
            "audio": media.find(row.audio, "audio"),
            "story": row.story,
            "caption": row.caption,
        }
        take(collector, row.id, row.track, needed)


def build(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split into `folder` from the user's table, pictures and tracks."""
    found = Media(media, folder.parent / "unpacked")
    rows = read(found)
    collector = Collector(folder, report, len(rows))
    add(collector, found, rows)
    collector.write()
