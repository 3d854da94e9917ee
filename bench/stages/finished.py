"""Is a run whole? What was killed half-way has rows of less than it was asked for, or of outputs that are gone."""

from __future__ import annotations

import csv
from pathlib import Path

from sightsound.bench.core import registry, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.stages import recorded

NOT_MADE = "it was not generated"
"""How `failures.csv` puts an example that no model was asked for."""


def refuse_unfinished(folder: Path) -> None:
    """BenchError, one line with what is missing, for a run that is at work, was killed or was never scored."""
    if what := unfinished(folder):
        raise BenchError(f"{folder}: is not finished: {what}; run the same command again, it does what is missing")


def unfinished(folder: Path) -> str:
    """What a run lacks; empty for a whole one. BenchError for a folder without a run and for one in use."""
    plan = recorded.plan(folder)
    with store.locked(folder, reading=True):
        if not (folder / "rows.csv").is_file():
            return "it was not scored"
        rows = results.rows(results.read(folder / "rows.csv"))
    there = {(results.label(row), row.metric) for row in rows}
    references = {system.label for system in registry.reference_systems()}
    ranks = {name for name in plan["metrics"] if name in registry.metrics() and _ranked(name)}
    for label in plan["systems"]:
        for metric in plan["metrics"]:
            if (label, metric) not in there and not (label in references and metric in ranks):
                return f"there is no {metric} of {label}"
    if (folder / "failures.csv").is_file():
        with (folder / "failures.csv").open(encoding="utf-8", newline="") as file:
            left = {
                (line["system"], line["example"]) for line in csv.DictReader(file) if line["reason"] == NOT_MADE
            }
        if left:
            return f"{len(left)} outputs of {min(left)[0]} were not generated"
    for label in plan["systems"]:
        if label in references or not (folder / "systems" / store.slug(label)).is_dir():
            continue  # rows and values by example alone, as a CI keeps them
        # against another set, references that failed count too: then what was asked cannot be told
        asked = 0 if "against" in plan else max(r.n + r.n_failed for r in rows if results.label(r) == label)
        made = len(store.Journal(folder / "systems" / store.slug(label)).read())
        if made < asked:
            return f"{made} of {asked} outputs of {label} are there"
    return ""


def _ranked(name: str) -> bool:
    return registry.metric(name).kind == "ranked"
