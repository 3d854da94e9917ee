"""What MusFlow evaluates with, Music2Image and a tenth of ArtMusic, and the nine tenths that it trains on.

Which tenth was never published. Here it is that of the table's rows whose sha256 of `mmusset_eval:id` is lowest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import draws
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.take import more_texts
from sightsound.bench.splits.published import artmusic, music2image
from sightsound.bench.splits.published.artmusic import Quadruple

SHARE = 0.1
SALT = "mmusset_eval"

EVAL = SplitCard(
    name="mmusset_eval",
    tasks=(
        *("image2music", "caption2music", "story2music", "multimodal2music", "masked2music"),
        *("music2image", "image2caption"),
    ),
    entry="sightsound.bench.splits.published.mmusset:build",
    assets=(),
    licence="that of music2image and artmusic",
    source="MMusSet of MusFlow (2025), not published: Monke64/Music2Image, ArtGraph and FMA-medium",
    description=(
        "Every row of music2image, and the tenth of the user's artmusic whose sha256 of 'mmusset_eval:id' is "
        "lowest."
    ),
    known=(
        f"Not the paper's list of about 3,700, which was not published. {music2image.CARD.known} "
        f"{artmusic.CARD.known} The tenth is drawn by quadruple: its tracks may be in training too."
    ),
    media=f"of music2image: {music2image.CARD.media}; of artmusic: {artmusic.CARD.media}",
)


def evaluation_part(rows: Sequence[Quadruple]) -> list[Quadruple]:
    """The tenth of the quadruples that is evaluated with, in the order of the table; media do not matter."""
    chosen = set(draws.by_hash((row.id for row in rows), SHARE, SALT))
    return [row for row in rows if row.id in chosen]


TRAIN = SplitCard(
    name="artmusic_train",
    tasks=artmusic.CARD.tasks,
    entry="sightsound.bench.splits.published.mmusset:build_train",
    assets=(),
    licence=artmusic.CARD.licence,
    source=artmusic.CARD.source,
    description="The nine tenths of the user's artmusic that mmusset_eval does not take.",
    known=(
        "Not the paper's list, which was not published. The rest of MMusSet's training part are extended "
        f"MusicCaps, MeLBench and MUImage. {artmusic.CARD.known} Drawn by quadruple: its tracks may be in "
        "mmusset_eval too."
    ),
    media=artmusic.CARD.media,
)


def training_part(rows: Sequence[Quadruple]) -> list[Quadruple]:
    """The quadruples that are not evaluated with, in the order of the table."""
    held_out = {row.id for row in evaluation_part(rows)}
    return [row for row in rows if row.id not in held_out]


def build_train(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the part for training into `folder` from the user's table, pictures and tracks."""
    found = Media(media, folder.parent / "unpacked")
    rows = training_part(artmusic.read(found))
    collector = Collector(folder, report, len(rows))
    artmusic.add(collector, found, rows)
    collector.write()


def build(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split for evaluation into `folder` from the user's copies of both."""
    found = Media(media, folder.parent / "unpacked")
    rows = evaluation_part(artmusic.read(found))
    collector = Collector(folder, report, music2image.CARD.size + len(rows))
    music2image.add_rows(collector, found, more_texts(found))
    artmusic.add(collector, found, rows)
    collector.write()
