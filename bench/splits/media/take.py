"""What the splits of published lists share: an example is taken or what lacks is noted, ids never clash, texts."""

from __future__ import annotations

from collections.abc import Mapping

from sightsound.bench.splits.media.collect import Collector, Cut, Original
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import TEXTS

TABLE = "texts.csv"


def take(
    collector: Collector,
    example_id: str,
    group: str,
    needed: Mapping[str, Original | str | None],
    cuts: Mapping[str, Cut] | None = None,
    **more: Original | str | None,
) -> bool:
    """Add the example, or note which of the `needed` fields are None or empty; whether it was taken.

    `needed` and `more` map fields of Example to files and texts; it can do without those of `more`.
    """
    absent = [field for field, value in needed.items() if not value]
    if absent:
        collector.miss(example_id, "; ".join(f"{field}: not there" for field in absent))
        return False
    return collector.add(example_id, group, cuts=cuts, **{**more, **needed})  # type: ignore[arg-type]


class Names:
    """Ids of one list: where a table names one thing twice, or two names differ in case alone, numbers follow."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def new(self, wanted: str) -> str:
        """`wanted` itself, or the first of `wanted-2`, `wanted-3` and so on that is free."""
        name, number = wanted, 1
        while name.lower() in self._seen:
            number += 1
            name = f"{wanted}-{number}"
        self._seen.add(name.lower())
        return name


def more_texts(media: Media) -> dict[str, dict[str, str]]:
    """id -> field of Example -> text, from the user's `texts.csv`; empty where there is none.

    Its columns are `id` and any of caption, story, lyrics, emotion and reference_text: texts that a paper
    generated and did not publish. Raises SplitError for other columns and for an id that is there twice.
    """
    rows = media.read_csv(TABLE) or []
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if "id" not in row or not row.keys() - {"id"} <= set(TEXTS):
            raise SplitError(f"{TABLE}: its columns are id and any of {', '.join(TEXTS)}, not {', '.join(row)}")
        if row["id"] in found:
            raise SplitError(f"{TABLE}: the id {row['id']!r} is there twice")
        found[row["id"]] = {field: text for field, text in row.items() if field != "id" and text}
    return found
