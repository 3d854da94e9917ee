"""Commands that make and score outputs: run, generate, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.config import Commands
from sightsound.bench.commands.options import FeatureDevice, Json, Mirror, Plan, Reference, Wide, takes
from sightsound.bench.stages.options import Options

if TYPE_CHECKING:
    import pandas as pd

    from sightsound.bench.stages.request import Request

app = Commands()

Conditions = Annotated[
    Path | None,
    typer.Option("--conditions", help="folder of what the outputs were made from: pictures, videos, music"),
]
Captions = Annotated[
    Path | None, typer.Option("--captions", help="captions that they were made from: .csv, .jsonl, or .txt files")
]
Paired = Annotated[
    bool | None,
    typer.Option("--paired/--unpaired", help="each output has its own reference, by name; none: found out"),
]
Matched = Annotated[
    bool, typer.Option("--matched", help="take only the examples that every folder has a file for")
]

_GENERATION = (
    *(
        "split",
        "preset",
        "limit",
        "seed",
        "device",
        "batch_size",
        "engine",
        "workers",
        "gpu_share",
        "out",
        "mirror",
        "settings",
        "python",
    ),
    *("retry", "remake", "timeout", "in_turn"),
)


@app.command()
@takes("model", "task", *_GENERATION, "metrics", "reference", "corpus", "length", "allow_missing_metrics", "shard")
def run(options: Options, plan: Plan = False, json: Json = False, wide: Wide = False) -> None:
    """Generate with a model on a split, score, and print the table."""
    if plan:
        return planned(options, json)
    from sightsound.bench.core import console
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    request = choose.request(options, choose.systems_for(options, references=True))
    _tell(options)
    if request.shard is not None:
        return _part(request, json=json)
    with console.progress() as report:
        table = stages.run(request, report)
    _end(request, table, json=json, wide=wide)


@app.command()
def merge(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="run folder of `bench run --shard`")],
    device: FeatureDevice = "auto",
    mirror: Mirror = None,
    json: Json = False,
    wide: Wide = False,
) -> None:
    """Put the shards of a run together, score, and print the table."""
    from sightsound.bench.core import console
    from sightsound.bench.remote import uri as uris
    from sightsound.bench.shards import merge as merging
    from sightsound.bench.stages import run as stages

    options = Options(task="", device=device, mirror=mirror)
    with console.progress() as report:
        request = merging.merge(Path(uris.absolute(folder)), options, report)
    _tell(options)
    with console.progress() as report:
        table = stages.run(request, report)
    _end(request, table, json=json, wide=wide)


@app.command()
@takes("model", "task", *_GENERATION)
def generate(options: Options, json: Json = False) -> None:
    """Generate only; `bench run` with the same options scores it later."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.stages import choose, outputs
    from sightsound.bench.stages import run as stages

    systems = choose.systems_for(options, references=False)
    request = choose.request(options, systems, scores=False)
    _tell(options)
    with console.progress() as report:
        found = stages.generate_only(request, report)
    if json:
        console.as_json({label: [asdict(output) for output in made.values()] for label, made in found.items()})
    else:
        for label, made in found.items():
            print(f"{label}: {len(made)} examples in {console.shown(request.folder)}")
    _tell_truncated(request)
    if failed := outputs.failed(found):
        console.say(f"{failed} failed; `--json` tells why each")
        raise typer.Exit(1)


_SCORING = (
    *("preset", "metrics", "limit", "seed", "device", "engine", "workers", "gpu_share", "out", "mirror"),
    *("corpus", "length"),
    *("retry", "allow_missing_metrics"),
)


@app.command()
@takes("task", "split", "reference", *_SCORING, required=(), task="")
def score(
    options: Options,
    folders: Annotated[
        list[str], typer.Argument(help="NAME=FOLDER of a system's outputs, or NAME=URI; several make one table")
    ],
    name: Annotated[str, typer.Option("--name", help="name of the system, for one FOLDER without NAME=")] = "",
    conditions: Conditions = None,
    captions: Captions = None,
    paired: Paired = None,
    matched: Matched = False,
    json: Json = False,
    wide: Wide = False,
) -> None:
    """Score folders of files that were generated elsewhere, against a folder, a split, or nothing."""
    from dataclasses import replace

    from sightsound.bench.core import console
    from sightsound.bench.stages import run as stages
    from sightsound.bench.stages import scoring

    systems, given = scoring.given(folders, name)
    given = replace(given, conditions=conditions, captions=captions, paired=paired, matched=matched)
    with console.progress() as report:
        request = scoring.request(options, systems, given, report)
    _tell(options)
    with console.progress() as report:
        table = stages.adopt(request, report)
    _end(request, table, json=json, wide=wide)


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="folder of outputs, or of anything to be scored")],
    reference: Reference = None,
    conditions: Conditions = None,
    captions: Captions = None,
    task: Annotated[str | None, typer.Option("--task", help="task, where the files do not tell it")] = None,
    json: Json = False,
) -> None:
    """Look at every file of a folder, and at what it would be scored with, without scoring."""
    from sightsound.bench.boards import validation
    from sightsound.bench.core import console
    from sightsound.bench.folders.given import Given

    given = Given({folder.resolve().name: folder}, None, reference, conditions, captions)
    with console.progress() as report:
        found = validation.validate(given, task, report)
    if json:
        console.as_json(found.as_json())
    else:
        found.show()
    if found.bad:
        raise typer.Exit(1)


def _part(request: Request, *, json: bool) -> None:
    """Make one shard and say how it ended. An example that failed is told by `bench merge`, so the code is 0."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.shards import work

    with console.progress() as report:
        done = work.work(request, report)
    if json:
        return console.as_json(asdict(done))
    for label, count in done.answered.items():
        print(f"{label}: {count} examples in shard {done.shard}")
    console.say(f"when all {done.count} shards are there: bench merge {console.shown(request.folder)}")


def planned(options: Options, json: bool) -> None:
    """Print what a run would take, and end with 1 where this machine falls short of it."""
    from sightsound.bench import plan
    from sightsound.bench.core import console

    made = plan.plan([plan.request(options)])
    _tell(options)
    if json:
        console.as_json(plan.as_json(made))
    else:
        plan.show(made)
    if made.short:
        raise typer.Exit(1)


def _tell(options: Options) -> None:
    from sightsound.bench.core import console

    for note in options.notes:
        console.say(note)


def _tell_truncated(request: Request) -> None:
    from sightsound.bench.core import console
    from sightsound.bench.stages import outputs

    for label, count in outputs.truncated(request.folder, request.systems).items():
        console.say(f"{label}: {count} texts were longer than it reads and were cut; `truncated` in outputs.jsonl")


def _end(request: Request, table: pd.DataFrame, *, json: bool, wide: bool) -> None:
    """Print the table and end with 1 if an example failed."""
    from sightsound.bench.boards import below, scope, show
    from sightsound.bench.core import console, scores
    from sightsound.bench.review import warnings

    records = console.records(table)
    found = warnings.read(request.folder)
    order = [system.label for system in request.systems]
    directions = {card.name: card.higher_is_better for card in request.metrics}
    values = scores.read(request.folder / scores.NAME)
    if json:
        console.as_json([row | {"warnings": below.warned(row, found)} for row in records])
        console.say(scope.sentence(show.grid_of(table, order, directions, values)))
    else:
        show.values(table, order, directions, values, wide=wide)
    console.say(f"rows: {console.shown(request.folder / 'rows.csv')}")
    for note in [*below.lines(records), *below.warnings(found)]:
        console.say(note)
    _tell_truncated(request)
    if table["n_failed"].sum():
        console.say(f"failures.csv in {console.shown(request.folder)} lists every example that failed, and why")
        raise typer.Exit(1)
