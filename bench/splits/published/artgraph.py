"""ArtGraph as its authors write it: which style an artwork has. Its pictures lie in `imagesf2/`.

The raw files follow the Open Graph Benchmark: `mapping/artwork_entidx2name.csv` (number, file name) and, a line an
artwork in the same order, `raw/node-label/artwork/node-label-style.csv` (number of the style), in one folder or in
one each for train, validation and test.
"""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media

PICTURES = "imagesf2"
NAMES = "mapping/artwork_entidx2name.csv"
LABELS = "raw/node-label/artwork/node-label-style.csv"
TABLE = "styles.csv"
HOLDS_STYLES = f"put ArtGraph's raw files there ({NAMES}, {LABELS})"


def styles(media: Media) -> dict[str, str]:
    """File name of the artwork -> its style: from `styles.csv` (columns Image, Style), else ArtGraph's number.

    Empty where the folder holds neither. Raises SplitError for a table that is broken.
    """
    table = media.read_csv(TABLE)
    if table is not None:
        if table and not {"Image", "Style"} <= table[0].keys():
            raise SplitError(f"{TABLE}: needs the columns Image and Style, has {', '.join(table[0])}")
        return {row["Image"]: row["Style"] for row in table}
    found: dict[str, str] = {}
    for name in sorted(media.names(NAMES)):
        labels = name.removesuffix(NAMES) + LABELS
        if labels in media.names(LABELS):
            found |= _read(media.path(name), media.path(labels))
    return found


def _read(names: Path, labels: Path) -> dict[str, str]:
    artworks, numbers = _rows(names), _rows(labels)
    if len(artworks) != len(numbers) or any(len(row) < 2 for row in artworks) or not all(numbers):
        raise SplitError(f"{labels}: {len(numbers)} styles of the {len(artworks)} artworks in {names.name}")
    return {artwork[1].strip(): number[0].strip() for artwork, number in zip(artworks, numbers, strict=True)}


def _rows(path: Path) -> list[list[str]]:
    return tables.lines(path, loose=True)
