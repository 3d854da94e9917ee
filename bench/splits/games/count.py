"""How much the split `games` holds; run as a module it prints the table of docs/splits-games.md.

Tracks and pictures are distinct files; the effective number is Kish's, of the sizes of the components
(metrics/statistics/parts.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sightsound.bench.core.cache import cache_dir
from sightsound.bench.splits.games.collecting import PARTS
from sightsound.bench.splits.games.index import GAMES
from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.manifest import NAME
from sightsound.metrics.statistics.parts import effective_count

Rows = list[dict[str, str]]
COLUMNS = (
    "of",
    "examples",
    "with a picture",
    "with a text",
    "tracks",
    "pictures",
    "components",
    "largest",
    "effective",
)


def lines(folder: Path) -> list[str]:
    """The table of a prepared split in Markdown, a line each. Raises SplitError for a folder that is none."""
    rows = tables.records(folder / NAME, ("id", "group", "image_sha256", "audio_sha256", "story"))
    part = {row["id"]: row["part"] for row in tables.records(folder / "parts.csv", ("id", "part"))}
    sets = [("all", rows)]
    sets += [(name, [row for row in rows if part[row["id"]] == name]) for name, _ in PARTS]
    sets = [found for name, of in sets for found in ((name, of), *_by_task(name, of))]
    sets += [(game.name, [row for row in rows if row["id"].startswith(f"{game.name}.")]) for game in GAMES]
    return [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *(_line(_cells(name, of)) for name, of in sets)]


def _by_task(name: str, rows: Rows) -> list[tuple[str, Rows]]:
    """Those that serve each task."""
    pictured = [row for row in rows if row["image_sha256"]]
    told = [row for row in rows if row["story"]]
    both = [row for row in pictured if row["story"]]
    tasks = (("image2music", pictured), ("story2music", told), ("multimodal2music", both))
    return [(f"{name}, {task}", of) for task, of in tasks]


def _cells(name: str, rows: Rows) -> list[str]:
    groups = [row["group"] for row in rows]
    numbers = [len(rows), sum(bool(row["image_sha256"]) for row in rows), sum(bool(row["story"]) for row in rows)]
    numbers += [len({row[kind] for row in rows if row[kind]}) for kind in ("audio_sha256", "image_sha256")]
    numbers += [len(set(groups)), max(map(groups.count, set(groups)), default=0)]
    return [name, *map(str, numbers), f"{effective_count(groups):.1f}" if groups else "0"]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(lines(cache_dir() / "splits" / "games")))
