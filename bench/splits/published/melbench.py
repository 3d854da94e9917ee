"""The split `melbench`: MeLBench, triplets of picture, text and music (Chowdhury et al. 2024).

Its tables are read as MeLFusion's code reads them: rows of `captions`, `img_path` and `location` (the music), as
JSON lines, a JSON list or CSV. Files are found by the ends of these paths, so the authors' folders do not matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.take import Names, more_texts, take

COLUMNS = ("captions", "img_path", "location")
TABLES = (".json", ".jsonl", ".csv")

CARD = SplitCard(
    name="melbench",
    tasks=(
        *("image2music", "caption2music", "story2music", "multimodal2music", "masked2music"),
        *("music2image", "image2caption"),
    ),
    entry="sightsound.bench.splits.published.melbench:build",
    assets=(),
    licence="none stated; the clips are YouTube's uploaders', each by its own licence",
    source="MeLBench of MeLFusion (Chowdhury et al., CVPR 2024): links in schowdhury671/melfusion@c450b1d",
    description="Every row of the tables in the folder that have the columns captions, img_path and location.",
    known=(
        "The paper says 11,250 triplets by musicians, MusFlow used 980 of them; no list is held out in public, "
        "and the tables that the code names (own_test_set_4.json and others) are not in its repository. A user "
        "reports that nearly all the published CSV files are broken in places (schowdhury671/melfusion#11): rows "
        "that cannot be read are counted as missing. Several rows may share a clip; groups are clips."
    ),
    gate="a shared folder of the University of Maryland, which may ask for an account",
    media="a table with the columns captions, img_path and location, and the pictures and clips that it names",
)


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a JSON-lines file, a JSON list or a CSV; none where the file's first row is of another table.

    A row that is broken comes back with empty cells, so that it is counted as missing.
    """
    try:
        text = "" if path.suffix.lower() == ".csv" else tables.text(path)
        if path.suffix.lower() == ".csv":
            rows: list[Any] = list(tables.records(path))
        elif text.lstrip().startswith("["):
            rows = json.loads(text)
        else:
            rows = [_line(line) for line in text.splitlines() if line.strip()]
    except (SplitError, ValueError, RecursionError):
        return []
    rows = [row if isinstance(row, dict) else {} for row in rows]
    if not rows or not set(COLUMNS) <= rows[0].keys():
        return []
    return [{column: str(row.get(column) or "").strip() for column in COLUMNS} for row in rows]


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}


def build(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split into `folder`. Raises SplitError where no table with those columns is there."""
    found = Media(media, folder.parent / "unpacked")
    names = sorted(name for suffix in TABLES for name in found.names(suffix))
    rows = [row for name in names for row in read_table(found.path(name))]
    if not rows:
        raise SplitError(f"{media}: no table ({', '.join(TABLES)}) with the columns {', '.join(COLUMNS)} in it")
    collector = Collector(folder, report, len(rows))
    ids, texts = Names(), more_texts(found)
    for row in rows:
        clip = PurePosixPath(row["location"].replace("\\", "/")).stem or "row"
        example_id = ids.new(plain_id(clip))
        image = found.find(row["img_path"], "image")
        needed = {"image": image, "audio": found.find(row["location"], "audio"), "caption": row["captions"]}
        own = texts.get(example_id, {})
        take(collector, example_id, clip, {**needed, **own}, reference_image=image)
    collector.write()
