"""Commands that make and score outputs: run, generate, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.options import (
    BatchSize,
    Corpus,
    Device,
    Json,
    Limit,
    Metrics,
    Mirror,
    Model,
    Out,
    PresetName,
    Retry,
    Seed,
    Settings,
    SplitName,
    TaskName,
)

if TYPE_CHECKING:
    import pandas as pd

    from sightsound.bench.stages.choose import Options
    from sightsound.bench.stages.run import Request

app = typer.Typer()


@app.command()
def run(
    model: Model,
    task: TaskName,
    split: SplitName = None,
    preset: PresetName = "pocket",
    metrics: Metrics = None,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    batch_size: BatchSize = None,
    out: Out = None,
    mirror: Mirror = None,
    settings: Settings = None,
    corpus: Corpus = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Generate with a model on a split, score, and print the table."""
    from sightsound.bench.core import show
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    options = choose.Options(
        task,
        split,
        preset,
        _names(metrics),
        limit,
        seed,
        device,
        batch_size,
        out,
        mirror,
        retry,
        settings or (),
        corpus,
    )
    request = choose.request(options, choose.systems_for(options, model, references=True))
    _tell(options)
    with show.progress() as report:
        table = stages.run(request, report)
    _end(request, table, json)


@app.command()
def generate(
    model: Model,
    task: TaskName,
    split: SplitName = None,
    preset: PresetName = "pocket",
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    batch_size: BatchSize = None,
    out: Out = None,
    mirror: Mirror = None,
    settings: Settings = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Generate only; `bench run` with the same options scores it later."""
    from dataclasses import asdict

    from sightsound.bench.core import show
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    options = choose.Options(
        task, split, preset, (), limit, seed, device, batch_size, out, mirror, retry, settings or ()
    )
    systems = choose.systems_for(options, model, references=False)
    request = choose.request(options, systems, scores=False)
    _tell(options)
    with show.progress() as report:
        outputs = stages.generate_only(request, report)
    failed = stages.failed(outputs)
    if json:
        show.as_json({label: [asdict(output) for output in made.values()] for label, made in outputs.items()})
    else:
        for label, made in outputs.items():
            print(f"{label}: {len(made)} examples in {request.folder}")
    _tell_truncated(request)
    if failed:
        show.say(f"{failed} failed; `--json` tells why each")
        raise typer.Exit(1)


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(help="files named by example id")],
    task: TaskName,
    name: Annotated[str, typer.Option("--name", help="name of the system, `mine` or `mine:variant`")],
    split: SplitName = None,
    preset: PresetName = "pocket",
    metrics: Metrics = None,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    mirror: Mirror = None,
    corpus: Corpus = None,
    json: Json = False,
) -> None:
    """Score a folder of files that were generated elsewhere."""
    from sightsound.bench.core import show
    from sightsound.bench.stages import choose
    from sightsound.bench.stages import run as stages

    options = choose.Options(
        task, split, preset, _names(metrics), limit, seed, device, None, out, mirror, corpus=corpus
    )
    mine = choose.given(name)
    systems = (mine, *choose.systems_for(options, (), references=True))
    request = choose.request(options, systems)
    _tell(options)
    with show.progress() as report:
        table = stages.adopt(request, mine, folder, report)
    _end(request, table, json)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _tell(options: Options) -> None:
    from sightsound.bench.core import show

    for note in options.notes:
        show.say(note)


def _tell_truncated(request: Request) -> None:
    from sightsound.bench.core import show
    from sightsound.bench.stages import run as stages

    for label, count in stages.truncated(request).items():
        show.say(f"{label}: {count} texts were longer than it reads and were cut; `truncated` in outputs.jsonl")


def _end(request: Request, table: pd.DataFrame, json: bool) -> None:
    """Print the table and end with 1 if an example failed."""
    from sightsound.bench.core import show

    if json:
        show.as_json(show.records(table))
    else:
        order = [system.label for system in request.systems]
        show.values(table, order, {card.name: card.higher_is_better for card in request.metrics})
    show.say(f"rows: {request.folder / 'rows.csv'}")
    for note in sorted({f"{row['metric']}: {row['note']}" for row in show.records(table) if row["note"]}):
        show.say(note)
    _tell_truncated(request)
    if table["n_failed"].sum():
        show.say("some examples failed; outputs.jsonl of each system tells why")
        raise typer.Exit(1)
