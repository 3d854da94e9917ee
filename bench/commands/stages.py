"""Commands that make and score outputs: run, generate, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.options import Json, takes
from sightsound.bench.stages.options import Options

if TYPE_CHECKING:
    import pandas as pd

    from sightsound.bench.stages.request import Request

app = typer.Typer()

_GENERATION = (
    *("split", "preset", "limit", "seed", "device", "batch_size", "out", "mirror", "settings", "python"),
    *("retry", "remake", "timeout"),
)


@app.command()
@takes("model", "task", *_GENERATION, "metrics", "corpus")
def run(options: Options, json: Json = False) -> None:
    """Generate with a model on a split, score, and print the table."""
    from sightsound.bench.core import console
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    request = choose.request(options, choose.systems_for(options, references=True))
    _tell(options)
    with console.progress() as report:
        table = stages.run(request, report)
    _end(request, table, json)


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


@app.command()
@takes("task", "split", "preset", "metrics", "limit", "seed", "device", "out", "mirror", "corpus", "retry")
def score(
    options: Options,
    folder: Annotated[Path, typer.Argument(help="files named by example id")],
    name: Annotated[str, typer.Option("--name", help="name of the system, `mine` or `mine:variant`")],
    json: Json = False,
) -> None:
    """Score a folder of files that were generated elsewhere."""
    from sightsound.bench.core import console
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    mine = choose.given(name)
    request = choose.request(options, (mine, *choose.systems_for(options, references=True)))
    _tell(options)
    with console.progress() as report:
        table = stages.adopt(request, {mine.label: folder}, report)
    _end(request, table, json)


def _tell(options: Options) -> None:
    from sightsound.bench.core import console

    for note in options.notes:
        console.say(note)


def _tell_truncated(request: Request) -> None:
    from sightsound.bench.core import console
    from sightsound.bench.stages import outputs

    for label, count in outputs.truncated(request.folder, request.systems).items():
        console.say(f"{label}: {count} texts were longer than it reads and were cut; `truncated` in outputs.jsonl")


def _end(request: Request, table: pd.DataFrame, json: bool) -> None:
    """Print the table and end with 1 if an example failed."""
    from sightsound.bench.boards import below, show
    from sightsound.bench.core import console

    records = console.records(table)
    if json:
        console.as_json(records)
    else:
        order = [system.label for system in request.systems]
        show.values(table, order, {card.name: card.higher_is_better for card in request.metrics})
    console.say(f"rows: {console.shown(request.folder / 'rows.csv')}")
    for note in below.lines(records):
        console.say(note)
    _tell_truncated(request)
    if table["n_failed"].sum():
        console.say(f"failures.csv in {console.shown(request.folder)} lists every example that failed, and why")
        raise typer.Exit(1)
