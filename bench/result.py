"""What `sightsound.run` and `sightsound.score` give: the table of a run, and all that is behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.boards import below, page, show
from sightsound.bench.boards.cells import label
from sightsound.bench.boards.grid import Grid
from sightsound.bench.core import console
from sightsound.bench.review.warnings import ReviewWarning

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Result:
    """A run. In a notebook it shows itself as a table; `print` gives the same as text."""

    rows: pd.DataFrame
    """One row a value: the columns of `rows.csv` (docs/results.md)."""
    scores: pd.DataFrame
    """One row an example and value: the columns of `scores.parquet` (docs/results.md)."""
    warnings: Sequence[ReviewWarning]
    """What a reviewer would ask: `.code`, `.system` (empty: all of them), `.text` (docs/warnings.md)."""
    folder: Path
    """The run folder."""
    order: Sequence[str]
    """Labels of the systems in the table's order."""
    directions: Mapping[str, bool]
    """Metric -> whether higher is better, in the table's order."""

    def value(self, metric: str, system: str | None = None) -> float:
        """One value; `system` may be left out where there is one besides the reference rows.

        KeyError where there is no such value, or where several systems have one.
        """
        found = self.rows[self.rows["metric"] == metric]
        labels = [label(row) for row in console.records(found)]
        tested = [name for name in labels if not name.startswith("reference:")]
        wanted = system or (tested[0] if len(tested) == 1 else None)
        if wanted not in labels:
            raise KeyError(f"{metric} of {wanted or 'which system?'}; there are {', '.join(labels) or 'none'}")
        return float(found["value"].iloc[labels.index(wanted)])

    def __repr__(self) -> str:
        lines = show.lines_of(self._grid(), console.records(self.rows), console.width(piped=show.PIPED))
        return "\n".join([*(line.plain for line in lines), *self._remarks()])

    def _repr_html_(self) -> str:
        return page.html(self._grid(), show.title(console.records(self.rows)), self._remarks())

    def _grid(self) -> Grid:
        return show.grid_of(self.rows, self.order, self.directions, self.scores)

    def _remarks(self) -> list[str]:
        return [*below.lines(console.records(self.rows)), *below.warnings(self.warnings)]
