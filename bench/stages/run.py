"""The chain of the stages in one run folder: generate -> embed -> score, each given what the one before made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench import splits
from sightsound.bench.core import cards as door
from sightsound.bench.core import heartbeat, length, provenance, registry, results, scores, store
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Output, Report
from sightsound.bench.engines import choose as engines
from sightsound.bench.engines.job import Engine
from sightsound.bench.folders import kept
from sightsound.bench.folders.against import against
from sightsound.bench.remote import runs, shared
from sightsound.bench.review import warnings as review_warnings
from sightsound.bench.review.warnings import ReviewWarning
from sightsound.bench.stages import fits, outputs, reading, ready, review, score
from sightsound.bench.stages.adopt import adopt as adopt_files
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.fingerprint import fingerprints
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.generate import spreads
from sightsound.bench.stages.pooled import pooled
from sightsound.bench.stages.request import Request
from sightsound.bench.stages.scope import scope
from sightsound.bench.stages.systems import generate

if TYPE_CHECKING:
    import pandas as pd


FAILURES = "failures.csv"
"""In the run folder: every example that a metric could not score, and why."""


def run(request: Request, report: Report) -> pd.DataFrame:
    """Generate what is missing, then score; the rows are also in `rows.csv` of the run folder."""
    with runs.held(request.folder, report):
        request = ready.measured(request, report)
        split = _claim(request, report)
        with _working(request, split, report) as (report, engine):
            generate(request, request.systems, split.examples, engine, report)
            return _score(request, split, engine, report)


def part(request: Request, features: Path, report: Report) -> dict[str, int]:
    """Make the request's shard: its outputs, and under `features` what the metrics read of them and of its part of
    the references. How many examples each system answered. The caller holds the folder's lock."""
    request = ready.measured(request, report)
    split = _claim(request, report)
    with _working(request, split, report) as (report, engine):
        made = generate(request, request.systems, split.examples, engine, report)
        _gather(request, split, engine, report, features)
    return {label: len(outputs) for label, outputs in made.items()}


def generate_only(request: Request, report: Report) -> dict[str, dict[str, Output]]:
    """The first stage alone: outputs by system and example."""
    with runs.held(request.folder, report):
        split = _claim(request, report)
        with _working(request, split, report) as (report, engine):
            return generate(request, request.systems, split.examples, engine, report)


def adopt(request: Request, report: Report) -> pd.DataFrame:
    """Score the files of the request's scene."""
    with runs.held(request.folder, report):
        request = ready.measured(request, report)
        assert request.scene is not None
        split = _claim(request, report)
        with _working(request, split, report) as (report, engine):
            there = request.scene.files
            for system in request.systems:
                if system.label in there:
                    _adopt(request, system, split, there[system.label], report)
            others = [system for system in request.systems if system.label not in there]
            generate(request, others, split.examples, engine, report)
            return _score(request, split, engine, report)


@contextmanager
def _working(request: Request, split: splits.Split, report: Report) -> Iterator[tuple[Report, Engine]]:
    """Until the run ends: the report that is kept in its folder, and where the batches are worked on."""
    lacking = [each for each in request.systems if spreads(each) and ready.lacks(request, each, split.examples)]
    room = fits.room(lacking, request.gpu_share, request.mirror)
    with heartbeat.kept(request.folder, report, _wanted(request, split)) as report:
        engine = engines.opened(request.engine, request.workers, request.device, request.folder, room)
        try:
            ready.ready(request, split, report)
            with shared.kept_texts():
                yield report, engine
        finally:
            engine.close()


def _wanted(request: Request, split: splits.Split) -> dict[str, int]:
    """How many examples each system has to answer."""
    return {each.label: len(request.asked(each, split.examples, split.only)) for each in request.systems}


def _adopt(
    request: Request, system: System, split: splits.Split, files: Mapping[str, Sequence[Path]], report: Report
) -> None:
    outputs.forget(request.folder, system)  # a note of files that may have changed
    examples = scope(system, split.examples, split.only)
    maker = ready.maker(request, system)
    outputs.claim(request.folder, system, maker, [example.id for example in examples], remake=request.remake)
    adopt_files(
        system.label,
        request.task,
        examples,
        files,
        outputs.place(request.folder, system),
        seed=request.seed,
        maker=maker.digest,
        report=report,
    )


def _split(request: Request, report: Report) -> splits.Split:
    """The examples, with another set to compare with where one is named."""
    if request.scene is not None:
        return request.scene.split
    split = splits.load(
        request.split, mirror=request.mirror, task=request.task.name, limit=request.limit, report=report
    )
    if request.reference is not None:
        split = replace(split, against=against(request.reference, request.task, request.mirror, report)[0])
    return split


def _claim(request: Request, report: Report) -> splits.Split:
    split = _split(request, report)
    reading.refuse_absent(request.metrics, split.examples, split.label)
    plan = {
        "task": request.task.name,
        "split": request.split,
        "split_hash": split.hash,
        "seed": request.seed,
        "limit": request.limit,
        "systems": [system.label for system in request.systems],
        "metrics": [card.name for card in request.metrics],
    } | ({"modules": list(door.adopted)} if door.adopted else {})
    if split.against is not None:
        plan["against"] = split.against.label
    plan |= {"length": request.length} if request.length != length.USUAL else {}
    store.claim(request.folder, plan)
    if request.scene is not None or split.against is not None:
        kept.write(request.folder, split)
    return split


def _gather(
    request: Request, split: splits.Split, engine: Engine, report: Report, place: Path | None = None
) -> FeatureSet:
    with pooled(request, report):
        return gather(
            request.folder,
            request.systems,
            split,
            request.task,
            request.metrics,
            device=request.device,
            mirror=request.mirror,
            texts=request.corpus,
            length=request.length,
            shard=request.shard,
            place=place,
            engine=engine,
            report=report,
        )


def _score(request: Request, split: splits.Split, engine: Engine, report: Report) -> pd.DataFrame:
    stored = replace(
        _gather(request, split, engine, report),
        facts={system.label: _facts(request, system) for system in request.systems},
        remarks=_remarks(request),
    )
    scored = score.score(stored, request.systems, request.metrics, request.task.name, report)
    warnings = _warnings(request, split, scored.rows, report)
    review_warnings.write(request.folder, warnings)
    table = results.frame(_warned(scored.rows, warnings))
    failures = score.failures(stored, request.systems, request.metrics)
    store.write_csv(request.folder / FAILURES, ("system", "example", "reason", "metrics"), failures)
    prints = fingerprints(stored, request.systems, request.metrics, request.task.name)
    scores.write(request.folder / scores.NAME, [*scored.scores, *prints])
    results.write(request.folder / "rows.csv", table)
    return table


def _warnings(
    request: Request, split: splits.Split, rows: Sequence[results.Row], report: Report
) -> list[ReviewWarning]:
    of_names = request.scene.warnings if request.scene is not None else []
    heard = length.named(request.length)
    of_files = review.review(request.folder, request.systems, split, request.task, request.metrics, heard, report)
    return [*of_names, *of_files, *review.few_clips(rows, request.systems)]


def _warned(rows: Sequence[results.Row], warnings: Sequence[ReviewWarning]) -> list[results.Row]:
    """The rows with the codes of what concerns their systems."""
    ours = {system.label for system in registry.reference_systems()}
    return [
        row if (label := results.label(row)) in ours
        else replace(row, warnings=review_warnings.codes_of(warnings, label))
        for row in rows
    ]  # fmt: skip


def _remarks(request: Request) -> dict[str, str]:
    opened = {each.label: outputs.opened_references(request.folder, each) for each in request.systems}
    return {
        label: f"its code opened {len(names)} reference files, {names[0]} among them"
        for label, names in opened.items()
        if names
    }


def _facts(request: Request, system: System) -> dict[str, Any]:
    noted = outputs.place(request.folder, system) / outputs.VERSIONS
    journal = outputs.journal(request.folder, system)
    return {
        "run": request.folder.name,
        "seed": request.seed,
        "device": request.made_on or provenance.device_name(request.device),
        "versions": noted.read_text(encoding="utf-8").strip() if noted.is_file() else provenance.versions({}),
        "commit": provenance.commit(),
        "seconds": round(sum(output.took_s for output in journal.values()), 3),
    }
