"""A baseline made anew from runs, with the reason for it: `bench check RUN ... --update --reason TEXT`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import provenance, results, scores, store
from sightsound.bench.core.console import number, records
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.core.store import locked_file
from sightsound.bench.publishing.merge import Change, Record
from sightsound.bench.stages.finished import refuse_unfinished

if TYPE_CHECKING:
    import pandas as pd

_SYSTEM = ("model", "variant", "task", "split")


def changes_file(baseline: Path) -> Path:
    """Where a baseline's changes are told, a line of JSON each: `baseline.csv` has `baseline.changes.jsonl`."""
    return baseline.with_suffix(".changes.jsonl")


def update(baseline: Path, folders: Sequence[Path], reason: str) -> list[Change]:
    """Put the runs' rows in the place of the baseline's of the same systems, tasks and splits, whatever their
    signature, and write down what changed and why.

    Raises BenchError for an unfinished run, for no reason, for two runs of one seed, and for fewer seeds than the
    baseline has of a system: it would see less.
    """
    if not reason.strip():
        raise BenchError("--update takes the reason for it: --reason TEXT")
    for folder in folders:
        refuse_unfinished(folder)
    new = _together([results.read(folder / "rows.csv") for folder in folders])
    values = _together([scores.read(folder / scores.NAME) for folder in folders])
    pairs = new[["run", "seed"]].drop_duplicates()
    if len(set(pairs["seed"])) < len(folders):
        raise BenchError(f"{folders[0]}: several runs have one seed; a baseline has runs with different seeds")
    with locked_file(baseline):
        old = results.read(baseline) if baseline.is_file() else new.head(0)
        gone = _of(old, new)
        _refuse_fewer(baseline, old[gone], new)
        changes = _changes(records(old[gone]), records(new))
        kept = scores.read(scores.beside(baseline))
        kept = kept[~_of(kept, new)]
        scores.write_table(scores.beside(baseline), _together([part for part in (kept, values) if len(part)]))
        results.write(baseline, _together([old[~gone], new]))
        _tell(changes_file(baseline), changes, folders, reason)
    return changes


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([table for table in tables if len(table)] or list(tables)[:1], ignore_index=True)


def _of(table: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.bool_]:
    """Which lines are of a system, task and split that the new rows have; a split under any hash."""
    systems = {_system(row) for row in records(new[list(_SYSTEM)].drop_duplicates())}
    # an array also of no lines: pandas takes an empty list for no columns
    return np.array([_system(row) in systems for row in records(table[list(_SYSTEM)])], dtype=np.bool_)


def _system(row: Record) -> tuple[str, ...]:
    return row["model"], row["variant"], row["task"], row["split"].split("@")[0]


def _refuse_fewer(baseline: Path, old: pd.DataFrame, new: pd.DataFrame) -> None:
    for key, lines in old.groupby(["model", "variant"]):
        there = len(set(lines["seed"]))
        mine = len(set(new[(new["model"] == key[0]) & (new["variant"] == key[1])]["seed"]))
        if mine < there:
            raise BenchError(
                f"{baseline}: has {there} seeds of {':'.join(map(str, key)).rstrip(':')}, and {mine} would see "
                "less; give as many runs with different seeds"
            )


def _changes(old: Sequence[Record], new: Sequence[Record]) -> list[Change]:
    """A line a metric and system whose values are others, over all seeds."""
    was, now = _values(old), _values(new)
    return [
        Change(key[1], key[0], was.get(key, "nothing"), now.get(key, "nothing"))
        for key in sorted({**was, **now})
        if was.get(key) != now.get(key)
    ]


def _values(rows: Sequence[Record]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: row["seed"]):
        label = f"{row['model']}:{row['variant']}".rstrip(":")
        found.setdefault((label, row["metric"]), []).append(number(row["value"]))
    return {key: " ".join(values) for key, values in found.items()}


def _tell(path: Path, changes: Sequence[Change], folders: Sequence[Path], reason: str) -> None:
    shared = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": provenance.commit(),
        "runs": [folder.name for folder in folders],
        "reason": printable(reason),
    }
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [json.dumps(shared | asdict(change), ensure_ascii=False) for change in changes]
    # no value changed: that the baseline was made anew is told too
    store.write_text(path, before + "".join(f"{line}\n" for line in lines or [json.dumps(shared)]))
