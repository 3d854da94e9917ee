"""The runs of a recipe, each through the same request as `bench run`, and the paper's table made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core import registry, results
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import Report
from sightsound.bench.ratings import about, answers, rows
from sightsound.bench.reproduce import figures
from sightsound.bench.reproduce.apart import Part, parts
from sightsound.bench.reproduce.figures import Figure
from sightsound.bench.reproduce.panels import Journals, Panel, panels
from sightsound.bench.reproduce.recipe import Recipe, Run
from sightsound.bench.stages import choose, outputs, settings
from sightsound.bench.stages import run as stages
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

PRESET = "paper"


@dataclass(frozen=True)
class Asked:
    """What the user may change of a recipe's runs."""

    limit: int | None = None
    device: str = "auto"
    batch_size: int | None = None
    out: Path | None = None
    mirror: Path | None = None
    settings: Sequence[str] | None = None
    corpus: Path | None = None
    retry: bool = False
    remake: bool = False
    timeout: float = 0.0
    notes: list[str] = field(default_factory=list)
    """Filled on the way: what the user should know before the work starts."""


@dataclass(frozen=True)
class Job:
    """One run of a recipe, ready to start."""

    run: Run
    """What the recipe says."""
    request: Request
    """What the stages are told."""
    labels: Mapping[str, str]
    """System as published -> its label in our rows."""


@dataclass(frozen=True)
class Table:
    """A paper's table beside ours."""

    recipe: Recipe
    """What was asked for."""
    folder: Path
    """Where the runs and this table lie."""
    figures: tuple[Figure, ...]
    """Every figure of the table."""
    parts: tuple[Part, ...] = ()
    """Values for parts of the examples, where a run asks for them."""
    panels: tuple[Panel, ...] = ()
    """Figures of examples, where a run asks for them."""


def folder_of(recipe: Recipe, asked: Asked) -> Path:
    """Where a recipe's runs go; the same command finds it again."""
    part = f"-limit{asked.limit}" if asked.limit else ""
    return (asked.out or Path("runs") / f"reproduce-{recipe.name}{part}").absolute()


def options(recipe: Recipe, chosen: Sequence[Run], asked: Asked) -> list[Options]:
    """What `bench run` would be told for each of these runs. BenchError for a `--set` that no system knows."""
    given = _shared(recipe, chosen, asked)
    return [_options(recipe, run, asked, given[run.name]) for run in chosen]


def jobs(recipe: Recipe, chosen: Sequence[Run], asked: Asked) -> list[Job]:
    """The requests of the chosen runs. All that can be known to be wrong with any is raised together."""
    problems: list[BenchError] = []
    made = []
    for run, told in zip(chosen, options(recipe, chosen, asked), strict=True):
        with gathered(problems):
            made.append(_job(run, told, asked.notes))
    tell(problems)
    return made


def reproduce(
    recipe: Recipe, made: Sequence[Job], asked: Asked, ratings: Sequence[Row], report: Report
) -> tuple[Table, int]:
    """Run what is missing of each run; the table, and how many examples failed.

    `ratings`: what `rated` gives, for a table of ratings.
    """
    measured: dict[tuple[str, str, str], Row] = {}
    apart: list[Part] = []
    seen: list[Panel] = []
    failed = 0
    for job in made:
        found, lost = _made(job, report)
        failed += lost
        ours = {(results.label(row), row.metric): row for row in found}
        measured |= {
            (job.run.name, name, metric): row
            for name, label in job.labels.items()
            for metric in job.run.metrics
            if (row := ours.get((label, metric))) is not None
        }
        if job.run.by or job.run.figure:
            request = job.request
            split = splits.load(request.split, mirror=request.mirror, task=job.run.task, limit=request.limit)
            if job.run.by:
                apart += parts(job.run, request.folder, split.examples, job.labels)
            if job.run.figure:
                seen += panels(job.run, folder_of(recipe, asked), split.examples, _journals(job))
    published = results.rows(results.read(results.default("published.csv")))
    everything = figures.figures(recipe, published, [job.run for job in made], measured, ratings)
    return Table(recipe, folder_of(recipe, asked), tuple(everything), tuple(apart), tuple(seen)), failed


def _made(job: Job, report: Report) -> tuple[list[Row], int]:
    """Run what is missing; the rows, none of a run whose outputs are only shown, and how many examples failed."""
    if job.run.metrics:
        found = list(results.rows(stages.run(job.request, report)))
        return found, sum(row.n_failed for row in found)
    return [], outputs.failed(stages.generate_only(job.request, report))


def _journals(job: Job) -> Journals:
    """What each system made, by its name in the recipe."""
    systems = {system.label: system for system in job.request.systems}
    folder = job.request.folder
    return {
        name: (outputs.place(folder, systems[label]), outputs.journal(folder, systems[label]))
        for name, label in job.labels.items()
    }


def rated(recipe: Recipe, answers_file: Path) -> list[Row]:
    """The rows of a file of answers, by the questionnaire of the recipe. BenchError for a table without one."""
    if recipe.ratings is None:
        raise BenchError(f"--ratings: {recipe.name} is no table of ratings")
    asked = recipe.ratings.asked
    return rows.make(answers.read(answers_file, asked), asked, about.without_run(answers_file, asked, "", ""))


def _options(recipe: Recipe, run: Run, asked: Asked, given: Sequence[str]) -> Options:
    return Options(
        task=run.task,
        model=list(dict.fromkeys(run.systems.values())),
        split=run.split,
        preset=PRESET,
        metrics=",".join(run.metrics),
        limit=asked.limit or run.limit or None,
        seed=run.seed,
        device=asked.device,
        batch_size=asked.batch_size,
        out=folder_of(recipe, asked) / run.name,
        mirror=asked.mirror,
        settings=given or None,
        corpus=asked.corpus,
        reference=run.reference or None,
        length=run.length,
        retry=asked.retry,
        remake=asked.remake,
        timeout=asked.timeout,
    )


def _job(run: Run, told: Options, notes: list[str]) -> Job:
    scores = bool(run.metrics)
    systems = choose.systems_for(told, references=scores)
    request = choose.request(told, systems, scores=scores)
    notes += [note for note in told.notes if note not in notes]
    labels = {}
    for name, spec in run.systems.items():
        alone = replace(told, model=[spec], notes=[], problems=[])  # an option that only others know is no fault
        (system,) = choose.systems_for(alone, references=False)
        labels[name] = system.label
    return Job(run, request, labels)


def _shared(recipe: Recipe, chosen: Sequence[Run], asked: Asked) -> dict[str, list[str]]:
    """Run -> the options of `--set` that some system of it knows; BenchError for one that no system knows."""
    pairs = settings.parsed(asked.settings or ())
    given: dict[str, list[str]] = {run.name: [] for run in chosen}
    if not pairs:
        return given
    for run in chosen:
        known = {name for spec in run.systems.values() for name in _known(spec)}
        given[run.name] = [f"{key}={value}" for key, value in pairs.items() if key in known]
    if lost := [key for key in pairs if not any(f"{key}={pairs[key]}" in own for own in given.values())]:
        raise BenchError(f"--set {', '.join(lost)}: no system of {recipe.name} knows it")
    return given


def _known(spec: str) -> Sequence[str]:
    (system, *_) = registry.systems(spec, preset=PRESET)
    return settings.known(system) or ()
