"""What `sightsound.run` and `sightsound.score` give: the table of a run, and all that is behind it."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import below, show
from sightsound.bench.core import console
from sightsound.bench.review.warnings import ReviewWarning

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 160  # columns of the table as text


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
        labels = [show.label(row) for row in console.records(found)]
        tested = [label for label in labels if not label.startswith("reference:")]
        wanted = system or (tested[0] if len(tested) == 1 else None)
        if wanted not in labels:
            raise KeyError(f"{metric} of {wanted or 'which system?'}; there are {', '.join(labels) or 'none'}")
        return float(found["value"].iloc[labels.index(wanted)])

    def __repr__(self) -> str:
        from rich.console import Console

        screen = Console(width=WIDTH, highlight=False, record=True, file=io.StringIO(), force_jupyter=False)
        screen.print(show.table_of(self.rows, self.order, self.directions))
        return "\n".join([show.title(self.rows), screen.export_text().rstrip(), *self._remarks()])

    def _repr_html_(self) -> str:
        table = show.table_of(self.rows, self.order, self.directions)
        columns = [list(column.cells) for column in table.columns]
        heads = "".join(f"<th>{html.escape(str(column.header))}</th>" for column in table.columns)
        lines = "".join(f"<tr>{''.join(map(_cell, line))}</tr>" for line in zip(*columns, strict=True))
        remarks = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._remarks())
        title = html.escape(show.title(self.rows))
        return f"<table><caption>{title}</caption><tr>{heads}</tr>{lines}</table>{remarks}"

    def _remarks(self) -> list[str]:
        return [*below.lines(console.records(self.rows)), *below.warnings(self.warnings)]


def _cell(text: Any) -> str:
    return f"<td>{html.escape(str(text)).replace(chr(10), '<br>')}</td>"
