"""Which rows an export is of: by task, split, metrics, systems, seed and source; a wrong name gets the nearest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightsound.bench.boards.show import label
from sightsound.bench.core import console, labels, registry
from sightsound.bench.core.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

SOURCES = ("measured", "published", "all")


@dataclass(frozen=True)
class Selection:
    """What is asked for; empty or None: all."""

    task: str = ""
    """Task name."""
    split: str = ""
    """Split, by its name or as rows have it, `name@hash`."""
    metrics: Sequence[str] = ()
    """Metric names, also short ones as tables have them."""
    systems: Sequence[str] = ()
    """`family:variant`, or a family for all of its variants."""
    seed: int | None = None
    """Seed of the runs."""
    source: str = "measured"
    """One of SOURCES."""
    references: bool = True
    """Whether reference rows belong to it."""

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that are asked for. BenchError where a name is in no row, and where nothing is left."""
        if self.source not in SOURCES:
            raise registry.unknown("source", self.source, SOURCES)
        if self.source != "all":
            rows = rows[rows["source"] == self.source]
        named = rows.assign(
            _split=[base(split) for split in rows["split"]],
            _system=[label(row) for row in console.records(rows[["model", "variant"]])],
            _short=[labels.short(metric) for metric in rows["metric"]],
        )
        for what, asked, columns in (
            ("task", [self.task] if self.task else [], ("task",)),
            ("split", [self.split] if self.split else [], ("_split", "split")),
            ("metric", self.metrics, ("metric", "_short")),
            ("system", self.systems, ("_system", "model")),
        ):
            named = _narrowed(named, what, asked, columns)
        if self.seed is not None:
            named = named[named["seed"] == self.seed]
        if not self.references:
            families = {card.name for card in registry.model_cards().values() if card.reference}
            named = named[~named["model"].isin(families)]
        if named.empty:
            raise BenchError(f"no row is {self._told()}; `bench results query` shows what there is")
        return named.drop(columns=["_split", "_system", "_short"])

    def _told(self) -> str:
        said = [self.source if self.source != "all" else "", self.task, self.split, *self.metrics, *self.systems]
        seed = "" if self.seed is None else f"of seed {self.seed}"
        return " and ".join(filter(None, [*said, seed])) or "there"


def base(split: str) -> str:
    """A split's name without its part and its hash.

    >>> base("wesnoth[limit12]@0fc938"), base("muimage_eval")
    ('wesnoth', 'muimage_eval')
    """
    return split.partition("@")[0].partition("[")[0]


def _narrowed(rows: pd.DataFrame, what: str, asked: Collection[str], columns: Sequence[str]) -> pd.DataFrame:
    """The rows in which one of the columns has one of the names asked for; an error offers those of the first."""
    if not asked:
        return rows
    for name in asked:
        if not any((rows[column] == name).any() for column in columns):
            raise registry.unknown(f"{what} among these rows", name, dict.fromkeys(map(str, rows[columns[0]])))
    keep = rows[columns[0]].isin(asked)
    for column in columns[1:]:
        keep |= rows[column].isin(asked)
    return rows[keep]
