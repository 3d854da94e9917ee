"""Add rows to a result file, with the values by example behind them; nothing gives way unasked.

A row of another signature, another number of clips or another part of a split is another value and stands beside
what is there. A row of the same value that says something else is refused, or replaces it where that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.core import results, scores
from sightsound.bench.core.console import number, records
from sightsound.bench.core.errors import BenchError, SeveralErrors
from sightsound.bench.core.row import same_value
from sightsound.bench.core.store import locked_file

if TYPE_CHECKING:
    import pandas as pd

SAID = ("value", "ci_low", "ci_high", "n_failed", "group_n", "group_effective", "floor", "higher_is_better")
"""What a row says. Where all of it is the same the row that is there stays, whoever measured it."""
DIGITS = 1e-6  # relative: files keep ten digits, another machine's networks differ by less than a reader sees
_SYSTEM = ("model", "variant", "task", "split", "seed")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A row that took another one's place."""

    metric: str
    """Metric name."""
    system: str
    """`family:variant`."""
    was: str
    """The value that was there, with its interval and its run."""
    now: str
    """The value that is there now."""

    def __str__(self) -> str:
        return f"{self.metric} of {self.system}: was {self.was}, is {self.now}"


@dataclass(frozen=True)
class Merged:
    """What became of a result file."""

    rows: int
    """How many it now has."""
    added: int
    """How many are new."""
    same: int
    """How many were there already."""
    replaced: Sequence[Change] = field(default_factory=list)
    """Those that another one's place was taken from."""


def merge(path: Path, rows: pd.DataFrame, values: pd.DataFrame, *, replace: bool = False) -> Merged:
    """Add `rows` and their `values` by example to the file and the one beside it, one process after another.

    Raises BenchError, a line a row, where rows would change and `replace` does not ask for it; then nothing is
    written.
    """
    import pandas as pd

    with locked_file(path):
        old = results.read(path) if path.is_file() else rows.head(0)
        there = {same_value(row): row for row in records(old)}
        fresh: list[int] = []
        changes: dict[tuple[object, ...], Change] = {}
        for place, row in enumerate(records(rows)):
            before = there.get(same_value(row))
            if before is None:
                fresh.append(place)
            elif not _alike(before, row):
                changes[same_value(row)] = Change(row["metric"], _label(row), _told(before), _told(row))
        if changes and not replace:
            lines = [f"{path}: {change}" for change in changes.values()]
            raise SeveralErrors([BenchError(line) for line in [*lines[:20], _asks(len(lines))]])
        taken = [place for place, row in enumerate(records(rows)) if same_value(row) in changes]
        stays = [same_value(row) not in changes for row in records(old)]
        together = pd.concat(
            [part for part in (old[stays], rows.iloc[[*fresh, *taken]]) if len(part)] or [old], ignore_index=True
        )
        new = rows.iloc[[*fresh, *taken]]
        _write_scores(scores.beside(path), values, records(new), records(old[[not stay for stay in stays]]))
        results.write(path, together)
    return Merged(len(together), len(fresh), len(rows) - len(fresh) - len(taken), list(changes.values()))


def _asks(count: int) -> str:
    return f"{count} row{'s' if count > 1 else ''} would change; nothing was written, --replace does it"


def _write_scores(path: Path, values: pd.DataFrame, new: Sequence[Record], gone: Sequence[Record]) -> None:
    """Rows and values by example go together: those of the rows that are `gone` go, those of `new` come, and the
    fingerprints of a system's outputs come with its first rows and change with its rows."""
    import pandas as pd

    old = scores.read(path)
    names = list(scores.KEY)
    lost = {scores.key(row) for row in gone}
    lost |= {(*key[:-1], scores.LATER["n"]) for key in lost}
    changed = {tuple(row[name] for name in _SYSTEM) for row in gone}
    keys = list(old[names].itertuples(index=False, name=None))
    theirs = list(old[list(_SYSTEM)].itertuples(index=False, name=None))
    prints = old["definition"].str.startswith("fingerprint|")
    stays = [
        key not in lost and not (is_print and system in changed)
        for key, system, is_print in zip(keys, theirs, prints, strict=True)
    ]
    kept = old[stays]
    have = {key for key, stay in zip(keys, stays, strict=True) if stay}
    wanted = {scores.key(row) for row in new}
    wanted |= {(*key[:-1], scores.LATER["n"]) for key in wanted}  # of a run that an older version scored
    systems = {tuple(row[name] for name in _SYSTEM) for row in new}
    comes = [
        key not in have and (key in wanted or (definition.startswith("fingerprint|") and system in systems))
        for key, definition, system in zip(
            values[names].itertuples(index=False, name=None),
            values["definition"],
            values[list(_SYSTEM)].itertuples(index=False, name=None),
            strict=True,
        )
    ]
    parts = [part for part in (kept, values[comes]) if len(part)]
    if parts or path.is_file():
        scores.write_table(path, pd.concat(parts, ignore_index=True) if parts else kept)


def _alike(before: Record, row: Record) -> bool:
    return all(_equal(before[name], row[name]) for name in SAID)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=DIGITS, abs_tol=1e-9)
    return bool(a == b)


def _label(row: Record) -> str:
    return f"{row['model']}:{row['variant']}".rstrip(":")


def _told(row: Record) -> str:
    low, high = row["ci_low"], row["ci_high"]
    interval = "" if math.isnan(low) else f" [{number(low)}, {number(high)}]"
    failed = f", {row['n_failed']} failed" if row["n_failed"] else ""
    whose = f", {row['measured_by']}" if row["measured_by"] else ""
    return f"{number(row['value'])}{interval} at n {row['n']}{failed} (run {row['run']}{whose})"
