"""What the site shows, read once: rows of result files and runs by board, values by example, published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sightsound.bench.boards import rewards
from sightsound.bench.boards.cells import label
from sightsound.bench.core import console, results, scores, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.row import IDENTITY, definition, same_value
from sightsound.bench.site.columns import Column, Record, columns
from sightsound.metrics.statistics.parts import Parts


@dataclass(frozen=True)
class Board:
    """One table: all values of a task on a split with a seed."""

    task: str
    """Task name."""
    split: str
    """`name@hash`, with the part of the list where some are missing."""
    seed: int
    """Seed of the runs."""
    rows: Sequence[Record]
    """Its rows, each identity once."""
    columns: Sequence[Column]
    """Its metrics by quality; rows of unequal signatures are in columns of their own."""
    scores: pd.DataFrame
    """Values by example (`scores.COLUMNS`), those by clip only."""
    runs: Sequence[Path]
    """Run folders that rows of it came from; the media are there. Empty where only result files were given."""
    replaced: Sequence[str]
    """What was given twice, and which of the two is shown; a sentence each."""

    @property
    def slug(self) -> str:
        """Name of its page and of its data, without an ending."""
        seed = f"-seed{self.seed}" if self.seed else ""
        return store.slug(f"{self.task}-{self.split.replace('@', '-')}{seed}")

    @property
    def path(self) -> str:
        """Its page."""
        return f"boards/{self.slug}.html"

    @property
    def list_path(self) -> str:
        """The list of its examples."""
        return f"examples.html#{self.slug}"

    def example_path(self, example: str) -> str:
        """One example with all that systems made of it."""
        return f"{self.list_path}/{example}"

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"{self.task} on {self.split.partition('@')[0]}" + (f", seed {self.seed}" if self.seed else "")

    @property
    def systems(self) -> list[str]:
        """Labels of its systems, the reference rows last."""
        names = {label(row) for row in self.rows}
        return sorted(names, key=lambda name: (name.startswith("reference"), name))


@dataclass(frozen=True)
class Site:
    """All that pages are made of."""

    boards: Sequence[Board]
    """By task, split and seed."""
    published: Sequence[Record]
    """Rows of `published.csv`."""
    spoilt: Sequence[rewards.Reward]
    """What metrics reward although it is no virtue."""
    missing: Sequence[str]
    """What was asked for and is not there, a sentence each."""

    @property
    def systems(self) -> list[str]:
        """Every system with a row, measured or published."""
        rows = [row for board in self.boards for row in board.rows]
        return sorted({label(row) for row in [*rows, *self.published]})

    @property
    def metrics(self) -> list[str]:
        """Every metric with a column or a published figure."""
        measured = {column.metric for board in self.boards for column in board.columns}
        return sorted(measured | {str(row["metric"]) for row in self.published})


def collect(folder: Path | None, runs: Sequence[Path] = ()) -> Site:
    """Read result files and runs. BenchError for a result file with faults, and where there is nothing to show.

    `folder`: result files; None: those of the working folder or the package, of which only the published figures
    are read where `runs` are given. A run that is not there, or has no rows yet, is said on the site.
    """
    place = folder or results.default("published.csv", "measured.csv").parent
    if folder and not folder.is_dir():
        raise BenchError(f"{folder}: no such folder; --results takes one with measured.csv or published.csv")
    sources: list[tuple[str, Path | None, pd.DataFrame]] = []
    values: list[pd.DataFrame] = []
    measured = place / "measured.csv"
    if measured.is_file() and (folder or not runs):
        sources.append((measured.name, None, results.read(measured)))
        values.append(scores.read(scores.beside(measured)))
    missing = []
    for run in runs:
        if not (run / "rows.csv").is_file():
            why = "it has no rows.csv yet; the command that began it ends it" if run.is_dir() else "no such folder"
            missing.append(f"The run {run.name} is not shown: {why}.")
            continue
        sources.append((run.name, run, results.read(run / "rows.csv")))
        values.append(scores.read(run / scores.NAME))
    published = place / "published.csv"
    figures = console.records(results.read(published)) if published.is_file() else []
    if not (sources or figures or missing):
        raise BenchError(f"{place}: neither measured.csv nor published.csv is there, and no --run was given")
    return Site(_boards(sources, values), figures, rewards.find(folder), missing)


def _boards(
    sources: Sequence[tuple[str, Path | None, pd.DataFrame]], values: Sequence[pd.DataFrame]
) -> list[Board]:
    parts: dict[tuple[Any, ...], Parts] = {}
    for table in values:
        parts |= scores.parts(table)  # a run's stand in the place of the result file's, as its rows do
    found: dict[tuple[str, str, int], dict[tuple[Any, ...], tuple[str, Record]]] = {}
    folders: dict[tuple[str, str, int], dict[Path, None]] = {}
    replaced: dict[tuple[str, str, int], dict[str, None]] = {}
    for name, run, table in sources:
        for row in console.records(table):
            board = str(row["task"]), str(row["split"]), int(row["seed"])
            mine, key = found.setdefault(board, {}), same_value(row)
            if key in mine and mine[key][1]["value"] != row["value"]:
                replaced.setdefault(board, {})[f"Values of {mine[key][0]} gave way to those of {name}."] = None
            mine[key] = name, row
            if run:
                folders.setdefault(board, {})[run] = None
    clips = pd.concat([table[table["by_clip"].astype(bool)] for table in values]) if values else pd.DataFrame()
    if len(clips):
        clips = scores.fullest(clips.drop_duplicates([*scores.KEY, "example"], keep="last"))
    by_board = dict(list(clips.groupby(["task", "split", "seed"]))) if len(clips) else {}
    boards = []
    for key in sorted(found):
        rows, fewer = _fullest([row for _, row in found[key].values()])
        own = by_board.get(key, pd.DataFrame(columns=list(scores.COLUMNS)))
        boards.append(
            Board(
                *key, rows, columns(rows, parts), own, list(folders.get(key, ())), [*replaced.get(key, ()), *fewer]
            )
        )
    return boards


def _fullest(rows: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """Of rows that differ in their number of clips alone those with the most, as in all tables; and a sentence."""
    most: dict[tuple[Any, ...], Record] = {}
    for row in rows:
        key = (*(row[name] for name in IDENTITY), definition(row["signature"]))
        if key not in most or row["n"] > most[key]["n"]:
            most[key] = row
    left = len(rows) - len(most)
    said = f"{left} values are left out because the same value is here over more examples."
    return list(most.values()), [said] if left else []
