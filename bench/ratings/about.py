"""What a file of answers is about: the outputs of a run, or what the questionnaire and the options say."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.core import registry, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.folders.against import name_for
from sightsound.bench.ratings.questionnaire import Questionnaire
from sightsound.bench.ratings.rows import About

ANY = "any2music"


def of_run(folder: Path) -> About:
    """A scored run: its task, its split's label, its systems and what they answered. BenchError where none is."""
    found = results.rows(results.read(folder / "rows.csv"))
    if not found:
        raise BenchError(f"{folder}: its rows.csv has no rows")
    systems = sorted({results.label(row) for row in found})
    return About(
        folder.resolve().name,
        found[0].task,
        found[0].split,
        found[0].seed,
        {label: _answered(folder, label) for label in systems},
    )


def _answered(folder: Path, label: str) -> frozenset[str]:
    journal = store.Journal(folder / "systems" / store.slug(label)).read()
    return frozenset(name for name, output in journal.items() if output.path is not None)


def without_run(file: Path, asked: Questionnaire, task: str, split: str) -> About:
    """By the options, else by the questionnaire, else music of a set called as the file."""
    task = registry.task(task or asked.task or ANY).name
    if split and split not in registry.split_cards():
        raise registry.unknown("split", split, registry.split_cards())
    return About(file.stem, task, split or asked.split or name_for(file.stem))
