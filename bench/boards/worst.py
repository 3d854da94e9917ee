"""The examples on which a run's systems did worst: values by clip, and the files to listen to or look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.boards.cells import label
from sightsound.bench.core import registry, results, scores, store
from sightsound.bench.core.console import records
from sightsound.bench.core.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Clip:
    """One output and its value."""

    metric: str
    """Metric name."""
    system: str
    """`family:variant`."""
    example: str
    """Id of the example."""
    value: float
    """In the metric's unit."""
    group: str
    """What the example shares with others: a track, a picture, a song."""
    file: str
    """The output; empty where it is gone."""


@dataclass(frozen=True)
class Worst:
    """What a run keeps of single clips."""

    clips: list[Clip]
    """Metric by metric, the worst first."""
    up: dict[str, bool]
    """Metric -> whether higher is better, of those that have values by clip."""
    without: list[str]
    """Metrics that were asked for and give no clip a value of its own: they are over sets, or have no value."""


def worst(folder: Path, *, metric: str | None = None, system: str | None = None, count: int = 10) -> Worst:
    """The `count` worst clips of a metric, or of each that has values by clip; 0: all. Of one system, or of all.

    Raises BenchError for a folder without values and for a metric or system that the run does not have.
    """
    table = scores.read(folder / scores.NAME)
    rows = records(results.read(folder / "rows.csv"))
    if table.empty:
        raise BenchError(
            f"{folder / scores.NAME}: no values by example; `bench run` with the same options makes it"
        )
    better_up = {row["metric"]: bool(row["higher_is_better"]) for row in rows}
    systems = {label(row) for row in rows}
    if metric is not None and metric not in better_up:
        raise registry.unknown("metric of this run", metric, better_up)
    if system is not None and system not in systems:
        raise registry.unknown("system of this run", system, systems)
    table = table.assign(system=[label(line) for line in records(table[["model", "variant"]])])
    by_clip = set(table.loc[table["by_clip"], "metric"])
    asked = [metric] if metric is not None else list(better_up)
    if system is not None:
        table = table[table["system"] == system]
    clips: list[Clip] = []
    for name in asked:
        clips += _clips(folder, table, name, count or len(table), up=better_up[name])
    up = {name: better_up[name] for name in asked if name in by_clip}
    return Worst(clips, up, [name for name in asked if name not in by_clip])


def as_csv(clips: Sequence[Clip]) -> str:
    """The clips as a table, its texts safe for a spreadsheet."""
    import pandas as pd

    names = [each.name for each in fields(Clip)]
    table = pd.DataFrame([asdict(clip) for clip in clips], columns=names)
    texts = [name for name in names if name != "value"]
    table[texts] = table[texts].map(store.cell)
    return str(table.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


def _clips(folder: Path, table: pd.DataFrame, metric: str, count: int, *, up: bool) -> Sequence[Clip]:
    lines = scores.worst(table, metric, count, higher_is_better=up)
    files = {name: _files(folder, name) for name in {line["system"] for line in lines}}
    return [
        Clip(
            metric=metric,
            system=line["system"],
            example=line["example"],
            value=line["value"],
            group=line["group"],
            file=files[line["system"]].get(line["example"], ""),
        )
        for line in lines
    ]


def _files(folder: Path, system: str) -> dict[str, str]:
    """Example -> the file that the system answered with."""
    place = folder / "systems" / store.slug(system)
    paths = {example: place / made.path for example, made in store.Journal(place).read().items() if made.path}
    return {example: str(path) for example, path in paths.items() if path.is_file()}
