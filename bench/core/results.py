"""The row schema: one row a value, measured or published. Read, validate, append."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import cell, locked_file, uncell, write_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Row:
    """One value of one metric for one system on one split."""

    run: str
    """Run folder's name; of a published figure its source and table."""
    model: str
    """Family."""
    variant: str
    """Variant, with the options that were set."""
    task: str
    """Task name."""
    split: str
    """`name@hash`; of a published figure the name alone."""
    metric: str
    """Metric name."""
    value: float
    """The value; NaN where there is none, and `note` says why."""
    ci_low: float = math.nan
    """Lower end of the 95% interval, NaN where there is none."""
    ci_high: float = math.nan
    """Upper end of the 95% interval."""
    n: int = 0
    """Examples in the value."""
    n_failed: int = 0
    """Examples that should have been in it and are not."""
    group_n: int = 0
    """Independent groups among them: components of all that examples share."""
    group_effective: float = 0.0
    """How many groups of one size would say as much (Kish 1965)."""
    floor: float = math.nan
    """Distances with a bias: what two disjoint sets of the reference's own source would give at this n."""
    higher_is_better: bool = True
    """Direction of the metric."""
    signature: str = ""
    """Everything needed to compute it again; of a published figure the fields that its source states."""
    competitors: str = ""
    """Ranks and preferences: the systems compared, separated by spaces."""
    seed: int = 0
    """Seed of the run."""
    device: str = ""
    """Device that generated and scored."""
    dtype: str = ""
    """Number format of the features."""
    versions: str = ""
    """Versions of the packages and digests of the weights that decide the value."""
    commit: str = ""
    """Commit of the suite, empty outside a checkout."""
    seconds: float = 0.0
    """Wall seconds that the system took to generate."""
    source: str = "measured"
    """`measured` or `published`."""
    note: str = ""
    """Why there is no value; of a published figure the evidence for its definition."""
    warnings: str = ""
    """Codes of what a reviewer would ask about the files, separated by blanks (docs/warnings.md)."""
    apart: str = ""
    """Of a published figure: codes of why it stands apart from measured rows, or a name in it is only the nearest
    there is, separated by blanks (docs/published.md)."""


def label(row: Row) -> str:
    """`family:variant` of a row."""
    return f"{row.model}:{row.variant}".rstrip(":")


COLUMNS = tuple(field.name for field in fields(Row))
LATER = {"group_effective": "0", "floor": "", "warnings": "", "apart": ""}
"""Columns that older result files lack, and what stands in for them."""
KEY = ("source", "task", "split", "metric", "model", "variant", "run", "competitors")
_NUMBERS = ("value", "ci_low", "ci_high", "group_effective", "floor", "seconds")
_COUNTS = ("n", "n_failed", "group_n", "seed")


FOLDER = Path("results")
"""Where a checkout or a project has its result files, seen from its top."""
CARRIED = Path(__file__).parents[2] / "results"
"""Those of this package: beside `bench` in a checkout as in an installation."""


def default(*names: str) -> Path:
    """The first of these result files in the working folder, else in this package. BenchError where none is."""
    for folder in (FOLDER, CARRIED):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    raise BenchError(f"{FOLDER / names[0]}: not here, and this installation carries none; name one")


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows as a table in the schema's columns, sorted so that a diff reads."""
    import pandas as pd

    table = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    return table.sort_values(list(KEY), kind="stable", ignore_index=True)


def rows(table: pd.DataFrame) -> list[Row]:
    """The table's rows as records."""
    return [Row(**{str(key): value for key, value in record.items()}) for record in table.to_dict("records")]


def read(path: Path) -> pd.DataFrame:
    """A result file, checked. Raises BenchError for a missing file, a missing column or a bad cell."""
    import pandas as pd

    if not path.is_file():
        raise BenchError(f"{path}: no such result file")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: cannot be read as CSV ({error})") from error
    table = table.assign(**{name: text for name, text in LATER.items() if name not in table.columns})
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise BenchError(f"{path}: lacks the columns {', '.join(missing)}")
    table = table[list(COLUMNS)].map(uncell)
    try:
        for name in _NUMBERS:
            table[name] = pd.to_numeric(table[name].replace("", None)).astype(float)
        for name in _COUNTS:
            table[name] = table[name].replace("", "0").astype(int)
    except ValueError as error:
        raise BenchError(f"{path}: column {name} holds something else than numbers ({error})") from error
    if odd := sorted(set(table["higher_is_better"]) - {"True", "False"}):
        raise BenchError(f"{path}: column higher_is_better holds {odd[0]!r}; it takes True and False")
    table["higher_is_better"] = table["higher_is_better"] == "True"
    return table


def write(path: Path, table: pd.DataFrame) -> None:
    """Write a result file at once. Text from outside has no control character and is no spreadsheet's formula."""
    ordered = table[list(COLUMNS)].sort_values(list(KEY), kind="stable")
    texts = [name for name in COLUMNS if name not in (*_NUMBERS, *_COUNTS, "higher_is_better")]
    ordered[texts] = ordered[texts].map(lambda text: cell(str(text)))
    write_text(path, ordered.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


IDENTITY = ("task", "split", "metric", "model", "variant", "seed", "competitors", "source")
"""What makes two rows rows of the same value, together with the signature but for its number of clips."""


def definition(signature: str) -> str:
    """A signature without its number of clips.

    >>> definition("kl_musicnn|n:52|ref:wesnoth@0fc938|v:1")
    'kl_musicnn|ref:wesnoth@0fc938|v:1'
    """
    return re.sub(r"\|n:\d+", "", signature)


def publish(path: Path, new: pd.DataFrame) -> int:
    """Add rows to a result file, one process after another; a row of the same value takes the old one's place.

    The same value: equal in IDENTITY and signature, whatever the number of clips. So the rows of a part of a
    split, whose label says so, or of another version of a metric stand beside those of the whole. Returns how
    many rows the file now has.
    """
    import pandas as pd

    with locked_file(path):
        parts: list[Any] = [read(path)] if path.is_file() else []
        together = pd.concat([*parts, new], ignore_index=True)
        together["_definition"] = together["signature"].map(definition)
        key = [*IDENTITY, "_definition"]
        together = together.drop_duplicates(key, keep="last").drop(columns="_definition")
        write(path, together)
    return len(together)
