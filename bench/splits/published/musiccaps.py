"""The split `musiccaps`: 5,521 captions by musicians of 10 s of AudioSet (Agostinelli et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import tables, youtube
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.take import take

TABLE = "musiccaps-public.csv"

CARD = SplitCard(
    name="musiccaps",
    tasks=("caption2music",),
    entry="sightsound.bench.splits.published.musiccaps:build",
    assets=("musiccaps_table",),
    licence="captions: CC-BY-SA-4.0; the clips are YouTube's uploaders', each by its own licence",
    source="MusicCaps (Agostinelli et al. 2023), google/MusicCaps: musiccaps-public.csv; the clips are AudioSet's",
    description="Every row of the table: a caption and the 10 s from start_s to end_s. No list is held out.",
    known=(
        "Videos vanish: MusFlow had 4,540 of them. Models trained on AudioSet know the clips, and CLAP's weights "
        "for music were too. Captions speak of recording quality and of what a listener would do, which no one "
        "asks of generated music. 2,858 rows are of AudioSet's evaluation part, 2,663 of its training part."
    ),
    media="the clips as <id>.wav, <id>_<start>_<end>.wav and the like, or whole videos as <id>.mp4 and the like",
    size=5_521,
)


@dataclass(frozen=True)
class Captioned:
    """One row of the table."""

    video: str
    """YouTube id."""
    start_s: float
    end_s: float
    caption: str


def read_table(path: Path) -> list[Captioned]:
    """The rows of MusicCaps' own CSV. Raises SplitError for anything else."""
    try:
        return [
            Captioned(row["ytid"], float(row["start_s"]), float(row["end_s"]), row["caption"])
            for row in tables.records(path, ("ytid", "start_s", "end_s", "caption"))
        ]
    except (SplitError, ValueError) as error:
        raise SplitError(f"{path}: not the table of MusicCaps ({error}); fetch it again") from error


def build(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split into `folder` from the table and the user's clips."""
    rows = read_table(assets["musiccaps_table"] / TABLE)
    found = Media(media, folder.parent / "unpacked")
    collector = Collector(folder, report, len(rows))
    for row in rows:
        audio, cut = youtube.sound(found, row.video, row.start_s, row.end_s) or (None, None)
        cuts = {"audio": cut} if cut else None
        take(collector, plain_id(row.video), row.video, {"audio": audio, "caption": row.caption}, cuts)
    collector.write()
