"""Rows for Weights & Biases: one of its runs a system, what made it as settings, its values as a summary."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards.show import label
from sightsound.bench.core import console, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.exports import files

if TYPE_CHECKING:
    import pandas as pd

SETTINGS = ("run", "model", "variant", "task", "split", "seed", "device", "dtype", "versions", "commit", "source")
"""Columns of a row that are settings of the system's run."""
_QUIET = {"silent": True, "console": "off", "disable_git": True, "x_disable_stats": True, "x_disable_meta": True}
"""The rows say what machine they are from; nothing else of this one is sent."""
VALUES = ("value", "ci_low", "ci_high", "n", "n_failed", "group_n", "group_effective", "floor")
"""Columns of a row that are its summary, as METRIC and METRIC/COLUMN."""


def send(rows: pd.DataFrame, project: str, out: Path | None) -> int:
    """Make the runs; how many there were. With `out` they are written below it (`wandb sync` sends them later),
    else they go where the user's settings of wandb say.

    Raises BenchError where wandb is not installed and where it refuses.
    """
    try:
        import wandb
    except ModuleNotFoundError as error:
        raise BenchError("--wandb needs wandb: pip install wandb") from error

    mode = "offline" if out is not None else os.environ.get("WANDB_MODE", "online")
    count = 0
    if out is not None:
        with files.writable(out):
            out.mkdir(parents=True, exist_ok=True)
    for name, mine in _by_system(rows):
        first = mine[0]
        settings = {column: first[column] for column in SETTINGS}
        try:
            run = wandb.init(
                project=project, name=name, group=first["run"], job_type=first["source"], config=settings,
                mode=mode, dir=str(out) if out is not None else None, reinit="finish_previous",
                settings=wandb.Settings(**_QUIET),
            )  # fmt: skip
            run.summary.update(_summary(mine))
            run.log({"rows": _table(wandb, mine)})
            run.finish()
        except Exception as error:  # whatever wandb raises: it has no one type of its own
            raise BenchError(
                f"--wandb: {one_line(error)}; WANDB_MODE=offline or --out keeps the runs here"
            ) from error
        count += 1
    return count


def _by_system(rows: pd.DataFrame) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of each system in each run, under the name that its run gets."""
    for (run, model, variant, *_), mine in rows.groupby(["run", "model", "variant", "task", "split", "seed"]):
        records = console.records(mine)
        yield f"{label({'model': model, 'variant': variant})} ({run})", records


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Values by key; what is not known is left out, and the signature of each value is there."""
    found: dict[str, Any] = {}
    for row in rows:
        for column in VALUES:
            value = row[column]
            if not (isinstance(value, float) and math.isnan(value)):
                found[row["metric"] if column == "value" else f"{row['metric']}/{column}"] = value
        found[f"{row['metric']}/signature"] = row["signature"]
    return found


def _table(wandb: Any, rows: list[dict[str, Any]]) -> Any:
    """All columns of the rows; texts as cells that no spreadsheet computes."""
    data = [[_cell(row[column]) for column in results.COLUMNS] for row in rows]
    return wandb.Table(columns=list(results.COLUMNS), data=data)


def _cell(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return store.cell(value) if isinstance(value, str) else value
