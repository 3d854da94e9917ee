"""Run folders as tables for SQL: what was asked, every output, what failed, what a reviewer would ask."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.core import store
from sightsound.bench.review import warnings

if TYPE_CHECKING:
    import pandas as pd

_RUNS = ("run", "task", "split", "seed", "examples", "systems", "metrics", "folder")
_OUTPUTS = ("run", "system", "example", "path", "sha256", "rate_hz", "seconds", "took_s", "error", "notes")
_FAILURES = ("run", "system", "example", "metrics", "reason")
_WARNINGS = ("run", "system", "code", "text")


def views(runs: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """The tables `runs`, `outputs`, `failures` and `warnings`; empty ones without a run."""
    import pandas as pd

    return {
        "runs": pd.DataFrame([_plan(run) for run in runs], columns=list(_RUNS)),
        "outputs": pd.DataFrame([line for run in runs for line in _outputs(run)], columns=list(_OUTPUTS)),
        "failures": pd.DataFrame([line for run in runs for line in _failures(run)], columns=list(_FAILURES)),
        "warnings": pd.DataFrame(
            [
                (run.resolve().name, each.system, each.code, each.text)
                for run in runs
                for each in warnings.read(run)
            ],
            columns=list(_WARNINGS),
        ),
    }


def _plan(run: Path) -> tuple[object, ...]:
    plan = store.read_plan(run) or {}
    words = (" ".join(plan.get(name) or ()) for name in ("systems", "metrics"))
    split = f"{plan.get('split')}@{str(plan.get('split_hash') or '')[:6]}"
    return (
        *(run.resolve().name, plan.get("task"), split, plan.get("seed"), plan.get("limit")),
        *(*words, str(run)),
    )


def _outputs(run: Path) -> Iterator[tuple[object, ...]]:
    """The last record of every example in every system's journal."""
    labels = {store.slug(label): label for label in (store.read_plan(run) or {}).get("systems") or ()}
    for folder in sorted((run / "systems").glob("*")):
        for made in store.Journal(folder).read().values():
            line = asdict(made)
            notes = json.dumps(line["notes"], ensure_ascii=False) if line["notes"] else ""
            yield (
                *(run.resolve().name, labels.get(folder.name, folder.name), made.id, made.path, made.sha256),
                *(made.rate_hz, made.seconds, made.took_s, made.error, notes),
            )


def _failures(run: Path) -> Iterator[tuple[str, ...]]:
    path = run / "failures.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            yield (run.resolve().name, *(store.uncell(line.get(name) or "") for name in _FAILURES[1:]))
