"""The command that makes a paper's table again: reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import (
    BatchSize,
    Corpus,
    Device,
    Json,
    Limit,
    Mirror,
    Remake,
    Retry,
    Timeout,
)
from sightsound.bench.commands.options import Settings as Set

app = typer.Typer()


def _tables(incomplete: str) -> list[str]:
    from sightsound.bench.reproduce import recipe

    return [name for name in recipe.names() if name.startswith(incomplete)]


@app.command()
def reproduce(
    table: Annotated[
        str | None,
        typer.Argument(help="table, see --list; or a recipe of your own, FILE.toml", autocompletion=_tables),
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="only this run of the recipe; those beside run by this alone")
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option("--ratings", help="answers of raters, as `bench ratings import` takes them"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="list the tables")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="only say what it would take: downloads, disk, memory, hours, gates")
    ] = False,
    limit: Limit = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder of the runs and of the table")] = None,
    device: Device = "auto",
    batch_size: BatchSize = None,
    mirror: Mirror = None,
    settings: Set = None,
    corpus: Corpus = None,
    retry: Retry = False,
    remake: Remake = False,
    timeout: Timeout = 0.0,
    json: Json = False,
) -> None:
    """Make a paper's table again: its systems on its split, the paper's figures beside ours, and the gaps."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.reproduce import recipe as recipes
    from sightsound.bench.reproduce import running, show

    if listed or table is None:
        _list(json)
        return
    recipe = recipes.read(table)
    chosen = recipe.chosen(tuple(runs or ()))
    asked = running.Asked(
        limit, device, batch_size, out, mirror, settings, corpus, retry=retry, remake=remake, timeout=timeout
    )
    if plan:
        from sightsound.bench import plan as plans

        taken = plans.plan(
            [
                plans.request(told, scores=bool(run.metrics))
                for run, told in zip(chosen, running.options(recipe, chosen, asked), strict=True)
            ]
        )
        if json:
            console.as_json(plans.as_json(taken))
        else:
            plans.show(taken)
        return
    rated = running.rated(recipe, ratings) if ratings else []
    made = running.jobs(recipe, chosen, asked)
    for note in asked.notes:
        console.say(note)
    with console.progress() as report:
        found, failed = running.reproduce(recipe, made, asked, rated, report)
    show.write(found)
    if json:
        facts = {name: [asdict(each) for each in getattr(recipe, name)] for name in ("stand_ins", "facts")}
        facts |= {name: [asdict(each) for each in getattr(found, name)] for name in ("parts", "panels")}
        console.as_json({"table": recipe.name, "figures": [show.record(f) for f in found.figures], **facts})
    else:
        show.text(found)
    if failed:
        console.say("failures.csv in each run's folder lists every example that failed, and why")
        raise typer.Exit(1)


def _list(json: bool) -> None:
    from collections import Counter

    from sightsound.bench.core import console, results
    from sightsound.bench.reproduce import recipe as recipes
    from sightsound.bench.reproduce import show

    found = [recipes.read(name) for name in recipes.names()]
    table = results.read(results.default("published.csv"))
    counts = Counter(table["run"])
    lines = show.listing(found, counts)
    if json:
        console.as_json([dict(zip(("table", "figures", "runs", "title"), line, strict=True)) for line in lines])
    else:
        console.listing(("table", "figures", "runs", "what it shows"), lines)
