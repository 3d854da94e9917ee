"""The files behind a table are looked at: what a reviewer would ask about them becomes warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.length import Length
from sightsound.bench.core.registry import System
from sightsound.bench.core.results import Row
from sightsound.bench.core.results import label as label_of
from sightsound.bench.core.types import Example, Report, Task
from sightsound.bench.review.facts import Facts, look_at_all
from sightsound.bench.review.findings import Heard, Side, findings
from sightsound.bench.review.warnings import ReviewWarning
from sightsound.bench.splits import Split
from sightsound.bench.stages import outputs, reading
from sightsound.bench.stages.scope import scope
from sightsound.metrics.card import MetricCard

_FEW = re.compile(r"\d+ frames for \d+ dimensions")  # what a Fréchet distance's module says of few frames


def review(
    folder: Path,
    systems: Sequence[System],
    split: Split,
    task: Task,
    cards: Sequence[MetricCard],
    length: Length,
    report: Report,
) -> list[ReviewWarning]:
    """The warnings about the outputs of the systems under test in the run folder, and about the references."""
    store = FeatureStore(cache_dir() / "features")
    sides = []
    for system in systems:
        if system.card.reference:
            continue
        wanted = {example.id for example in scope(system, split.examples, split.only)}
        place, journal = outputs.place(folder, system), outputs.journal(folder, system)
        made = {k: place / o.path for k, o in journal.items() if k in wanted and o.path is not None}
        sides.append(_side(system.label, made, task, store, report))
    examples: Sequence[Example] = split.against.examples if split.against else split.examples
    files = {e.id: path for e in examples if isinstance(path := getattr(e, task.reference), Path)}
    compared = any(need.side == "reference" for card in cards for need in reading.needs(card))
    reference = _side("", files, task, store, report) if compared else Side("", {})
    rates = [registry.extractor(name).rate_hz for name in reading.extractors(cards)]
    return findings(sides, reference, Heard(length.seconds, max(rates, default=0), compared))


def _side(label: str, files: Mapping[str, Path], task: Task, store: FeatureStore, report: Report) -> Side:
    facts = look_at_all(files.values(), task.output, store, report, f"looking at {label or 'the references'}")
    readable: dict[str, Facts] = {}
    unreadable: dict[str, str] = {}
    for key, path in files.items():
        found = facts[path]
        if isinstance(found, str):
            unreadable[key] = found
        else:
            readable[key] = found
    return Side(label, readable, unreadable)


def few_clips(rows: Sequence[Row], systems: Sequence[System]) -> list[ReviewWarning]:
    """The distances that have too few frames for their dimensions, as their rows' notes say, by system."""
    tested = {system.label for system in systems if not system.card.reference}
    found: dict[str, list[str]] = {}
    for row in rows:
        label = label_of(row)
        if label in tested and (few := _FEW.search(row.note)):
            found.setdefault(label, []).append(f"{row.metric} has {few.group()}")
    texts = {
        label: f"biased upwards, to be compared at equal n only: {', '.join(said)}"
        for label, said in found.items()
    }
    if len(texts) == len(tested) and len(set(texts.values())) == 1:
        texts = {"": next(iter(texts.values()))}  # what concerns all is said once
    return [ReviewWarning("few_clips", label, text) for label, text in texts.items()]
