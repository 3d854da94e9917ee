"""Values by example: what a run's rows are means of, one line a part. Kept beside the rows, and with published
ones.

A part is a clip with its own value, or, of a metric over sets, what a clip adds to the set's value (the jackknife,
metrics/statistics/parts.py). The file is a Parquet table; the groups in it are those that intervals are over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.row import Row, definition
from sightsound.bench.core.store import atomic
from sightsound.metrics.statistics.parts import Parts

if TYPE_CHECKING:
    import pandas as pd

NAME = "scores.parquet"
"""In the run folder."""


@dataclass(frozen=True)
class Score:
    """One part of one value."""

    run: str
    """Run folder's name."""
    model: str
    """Family."""
    variant: str
    """Variant, with the options that were set."""
    task: str
    """Task name."""
    split: str
    """`name@hash`."""
    metric: str
    """Metric name; also `fingerprint.0` and so on, which are no metrics (bench/stages/fingerprint.py)."""
    competitors: str
    """Rank metrics: the systems compared."""
    seed: int
    """Seed of the run."""
    definition: str
    """The row's signature without its number of clips."""
    example: str
    """Id of the example, or of the first of several that are one part."""
    group: str
    """Independent group of the example."""
    input: str
    """Examples that show the model the same thing have the same."""
    value: float
    """The clip's value, or what the part adds to the set's value."""
    weight: float
    """Clips that the part stands for, references counted too where it is a metric over sets."""
    by_clip: bool
    """Whether `value` is the clip's own value; else it says something only together with all others."""
    n: int = 0
    """Examples in the row's value; 0 in what is no row's, and in older files, whose values have one row each."""


COLUMNS = tuple(each.name for each in fields(Score))
KEY = ("model", "variant", "task", "split", "metric", "competitors", "seed", "definition", "n")
"""The columns that all parts of one value share, in the order of `key`."""
LATER = {"n": 0}
"""Columns that older files lack, and what stands in for them."""


def of(row: Row, parts: Parts | None, inputs: Mapping[str, str], *, by_clip: bool) -> list[Score]:
    """The parts of a row's value; none where it has none. `inputs`: example id -> its `input_group`."""
    if parts is None:
        return []
    shared = {name: getattr(row, name) for name in ("run", *KEY) if name != "definition"}
    return [
        Score(**shared, definition=definition(row.signature), example=name, group=group,
              input=inputs.get(name) or name, value=float(value), weight=float(weight), by_clip=by_clip)
        for name, group, value, weight in zip(parts.names, parts.groups, parts.values, parts.weights, strict=True)
    ]  # fmt: skip


def beside(rows: Path) -> Path:
    """Where the values by example of a result file lie: `rows.csv` has `scores.parquet`, `x.csv` has
    `x.parquet`."""
    return rows.with_name(NAME) if rows.name == "rows.csv" else rows.with_suffix(".parquet")


def write(path: Path, scores: Iterable[Score]) -> None:
    """Write the table at once, in an order that does not depend on that of the scores."""
    write_table(path, table(scores))


def table(scores: Iterable[Score]) -> pd.DataFrame:
    """The scores as `read` gives them, in their own order."""
    import pandas as pd

    return pd.DataFrame([asdict(score) for score in scores], columns=list(COLUMNS))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """`write` of a table as `read` gives it."""
    ordered = table[list(COLUMNS)].sort_values([*KEY, "example"], kind="stable", ignore_index=True)
    with atomic(path) as temporary:
        ordered.to_parquet(temporary, engine="pyarrow", compression="zstd", index=False)


def read(path: Path) -> pd.DataFrame:
    """The table of a file, empty where there is none. Raises BenchError for one that is no such table."""
    import pandas as pd

    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: is no Parquet table ({' '.join(str(error).split())[:200]})") from error
    table = table.assign(**{name: value for name, value in LATER.items() if name not in table.columns})
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise BenchError(f"{path}: lacks the columns {', '.join(missing)}")
    return table[list(COLUMNS)]


def fullest(table: pd.DataFrame) -> pd.DataFrame:
    """Of values that differ in their number of clips alone, the parts of those with the most."""
    most = table.groupby(list(KEY[:-1]), sort=False)["n"].transform("max")
    return table[table["n"] == most]


def parts(table: pd.DataFrame) -> dict[tuple[Any, ...], Parts]:
    """The parts of every value, for `find`."""
    found = {}
    for key, lines in table.groupby(list(KEY), sort=False):
        found[key] = Parts(
            tuple(lines["example"]),
            tuple(lines["group"]),
            lines["value"].to_numpy(dtype=np.float64),
            lines["weight"].to_numpy(dtype=np.float64),
        )
    return found


def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the parts of a row have in KEY."""
    return tuple(definition(row["signature"]) if name == "definition" else row[name] for name in KEY)


def find(parts: Mapping[tuple[Any, ...], Parts], row: Mapping[str, Any]) -> Parts | None:
    """A row's parts; None where they are not at hand."""
    whole = key(row)
    return parts.get(whole) or parts.get((*whole[:-1], LATER["n"]))


def worst(table: pd.DataFrame, metric: str, count: int, *, higher_is_better: bool) -> Sequence[Mapping[str, Any]]:
    """The examples of a metric's lowest values by clip, of all systems, worst first."""
    mine = table[(table["metric"] == metric) & table["by_clip"]]
    ordered = mine.sort_values("value", ascending=higher_is_better, kind="stable").head(count)
    return [{str(name): value for name, value in line.items()} for line in ordered.to_dict("records")]
