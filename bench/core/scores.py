"""Values by example: what a run's rows are means of, one line a part. Kept beside the rows, and with published
ones.

A part is a clip with its own value, or, of a metric over sets, what a clip adds to the set's value (the jackknife,
metrics/statistics/parts.py). The file is a Parquet table; the groups in it are those that intervals are over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.row import Row, definition
from sightsound.bench.core.store import atomic
from sightsound.metrics.statistics.parts import Parts, alike

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
ROWS = 1 << 17  # of the table that are written at once
LATER = {"n": 0}
"""Columns that older files lack, and what stands in for them."""


@dataclass(frozen=True)
class Scores:
    """All parts of one value, as columns: a run has millions of parts."""

    shared: Mapping[str, Any]
    """What all have in common: `run`, the columns of KEY, `by_clip`."""
    examples: Sequence[str]
    """As in Score, and so are those that follow; one a part."""
    groups: Sequence[str]
    inputs: Sequence[str]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def key(self) -> tuple[Any, ...]:
        """See KEY."""
        return tuple(self.shared[name] for name in KEY)


def of(row: Row, parts: Parts | None, inputs: Mapping[str, str], *, by_clip: bool) -> list[Scores]:
    """The parts of a row's value; none where it has none. `inputs`: example id -> its `input_group`."""
    if parts is None:
        return []
    shared = {name: getattr(row, name) for name in ("run", *KEY) if name != "definition"}
    shared |= {"definition": definition(row.signature), "by_clip": by_clip}
    shown = alike(tuple(inputs.get(name) or name for name in parts.names))
    return [Scores(shared, parts.names, parts.groups, shown, parts.values, parts.weights)]


def _together(scores: Iterable[Score | Scores]) -> Iterator[Scores]:
    """The same with single parts as columns of one."""
    for each in scores:
        if isinstance(each, Scores):
            yield each
            continue
        shared = {name: getattr(each, name) for name in ("run", *KEY, "by_clip")}
        one = np.array([each.value], np.float64), np.array([each.weight], np.float64)
        yield Scores(shared, [each.example], [each.group], [each.input], *one)


def beside(rows: Path) -> Path:
    """Where the values by example of a result file lie: `rows.csv` has `scores.parquet`, `x.csv` has
    `x.parquet`."""
    return rows.with_name(NAME) if rows.name == "rows.csv" else rows.with_suffix(".parquet")


def write(path: Path, scores: Iterable[Score | Scores]) -> None:
    """Write the table at once, in an order that does not depend on that of the scores. Value after value goes to
    the disk, so that no more than a part of the table is in memory."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(each.name, kinds[str(each.type)]) for each in fields(Score)])
    ordered = sorted(_together(scores), key=lambda each: each.key)
    with atomic(path) as temporary, parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        for _, of_key in groupby(ordered, key=lambda each: each.key):
            waiting.append(pa.Table.from_pydict(_columns(list(of_key), by_example=True), schema))
            if sum(map(len, waiting)) >= ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        writer.write_table(pa.concat_tables([*waiting, schema.empty_table()]))


def _columns(several: Sequence[Scores], *, by_example: bool = False) -> dict[str, Any]:
    """The parts of several values as the table's columns, in the order of their examples if that is wanted."""
    found: dict[str, Any] = {
        name: [value for each in several for value in [each.shared[name]] * len(each.examples)]
        for name in ("run", *KEY, "by_clip")
    }
    for name, own in (("example", "examples"), ("group", "groups"), ("input", "inputs")):
        found[name] = [value for each in several for value in getattr(each, own)]
    for name, own in (("value", "values"), ("weight", "weights")):
        found[name] = np.concatenate([np.empty(0), *(getattr(each, own) for each in several)])
    if by_example:
        order = sorted(range(len(found["example"])), key=found["example"].__getitem__)
        found |= {
            name: [found[name][at] for at in order] for name in ("run", "by_clip", "example", "group", "input")
        }
        found |= {name: found[name][order] for name in ("value", "weight")}
    return {name: found[name] for name in COLUMNS}


def table(scores: Iterable[Score | Scores]) -> pd.DataFrame:
    """The scores as `read` gives them, in their own order."""
    import pandas as pd

    return pd.DataFrame(_columns(list(_together(scores))), columns=list(COLUMNS))


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
