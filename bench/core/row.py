"""The row schema: one row a value, measured or published."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields


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
    measured_by: str = ""
    """Who measured it: empty where those did who keep the file; `submitted: NAMES` where the value stands as it
    was handed in, `verified: NAMES` where it was computed again here from features that came with it."""


def label(row: Row) -> str:
    """`family:variant` of a row."""
    return f"{row.model}:{row.variant}".rstrip(":")


COLUMNS = tuple(field.name for field in fields(Row))
LATER = {"group_effective": "0", "floor": "", "warnings": "", "apart": "", "measured_by": ""}
"""Columns that older result files lack, and what stands in for them."""
KEY = ("source", "task", "split", "metric", "model", "variant", "run", "competitors")
NUMBERS = ("value", "ci_low", "ci_high", "group_effective", "floor", "seconds")
"""Columns of numbers."""
COUNTS = ("n", "n_failed", "group_n", "seed")
"""Columns of whole numbers."""
TEXTS = tuple(name for name in COLUMNS if name not in (*NUMBERS, *COUNTS, "higher_is_better"))
"""Columns of text."""

IDENTITY = ("task", "split", "metric", "model", "variant", "seed", "competitors", "source")
"""What makes two rows rows of the same value, together with the signature."""


def same_value(row: Mapping[str, object]) -> tuple[object, ...]:
    """What two rows share that are of one value: IDENTITY and the signature, its number of clips included; of
    published figures also the source and its table."""
    origin = row["run"] if row["source"] == "published" else ""
    return (*(row[name] for name in IDENTITY), row["signature"], origin)


def definition(signature: str) -> str:
    """A signature without its number of clips.

    >>> definition("kl_musicnn|n:52|ref:wesnoth@0fc938|v:1")
    'kl_musicnn|ref:wesnoth@0fc938|v:1'
    """
    return re.sub(r"\|n:\d+", "", signature)
