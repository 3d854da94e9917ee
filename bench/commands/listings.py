"""Commands that tell what there is and fetch or check it: models, metrics, tasks, splits, assets, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands import building
from sightsound.bench.commands.complete import names as known
from sightsound.bench.commands.options import Json, Mirror, PresetName

app = typer.Typer()
assets_app = typer.Typer(help="Weights and media from outside: list, fetch, verify.", no_args_is_help=True)
splits_app = typer.Typer(help="Data sets: list, prepare, verify.", invoke_without_command=True)
app.add_typer(splits_app, name="splits")
app.add_typer(assets_app, name="assets")
splits_app.add_typer(building.app, name="build")


@app.command()
def models(json: Json = False) -> None:
    """The systems and their variants."""
    from sightsound.bench.commands import listing_tables as listings

    listings.models(json)


@app.command()
def metrics(
    name: Annotated[
        str,
        typer.Argument(
            help="explain this one; none: formulas over networks at a glance", autocompletion=known("metric")
        ),
    ] = "",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """The metrics: which formula is there over which network; with a name, all that is known of that one."""
    from sightsound.bench.commands import metric_tables

    if name:
        metric_tables.explain(name, mirror, json)
    else:
        metric_tables.matrix(json)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="model, metric, formula, network, split, task, preset or asset")],
    json: Json = False,
) -> None:
    """Every card of a kind, those of installed packages included."""
    from sightsound.bench.commands import listing_tables as listings

    listings.cards(kind, json)


@app.command()
def tasks(json: Json = False) -> None:
    """The tasks: what goes in, what comes out."""
    from sightsound.bench.commands import listing_tables as listings

    listings.tasks(json)


@app.command()
def doctor(
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", help="also what all systems of this preset would take", autocompletion=known("preset")
        ),
    ] = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """What is here, what is missing and how to get it."""
    from sightsound.bench.commands import listing_tables as listings

    if preset is not None:
        return planned(preset, mirror, json)
    listings.doctor(mirror, json)


def planned(preset: str, mirror: Path | None, json: bool) -> None:
    """Print what all runs of a preset would take; exit code 1 where this machine falls short of it."""
    from sightsound.bench import plan
    from sightsound.bench.core import console

    made = plan.plan(plan.requests(preset, mirror))
    if json:
        console.as_json(plan.as_json(made))
    else:
        plan.show(made)
    if made.short:
        raise typer.Exit(1)


@splits_app.callback()
def splits(context: typer.Context, json: Json = False) -> None:
    """The data sets; `bench splits prepare NAME` makes one, `bench splits verify NAME` checks it."""
    from sightsound.bench.commands import listing_tables as listings

    if context.invoked_subcommand is None:
        listings.splits(json)


@splits_app.command("prepare")
def splits_prepare(
    name: Annotated[str, typer.Argument(autocompletion=known("split"))],
    media: Annotated[Path | None, typer.Option("--media", help="your folder with the split's media")] = None,
    prefer: Annotated[
        str, typer.Option("--prefer", metavar="PATTERN", help="of different files for one name the ones meant")
    ] = "",
    link: Annotated[bool, typer.Option("--link", help="hard links to your files in place of copies")] = False,
    mirror: Mirror = None,
) -> None:
    """Fetch and build a split if it isn't there; `bench run` does so too, where no media of yours are needed."""
    from sightsound.bench import splits as data
    from sightsound.bench.core import console
    from sightsound.bench.splits.media.wishes import Wishes

    if downloads := data.downloads(name, mirror):
        console.say(downloads)
    with console.progress() as report:
        folder = data.prepare(name, mirror, report, media, Wishes(prefer, link))
    print(folder)


@splits_app.command("show")
def splits_show(name: str, json: Json = False) -> None:
    """All that is known of one: where it comes from, what it takes to have it, what is wrong with it."""
    from sightsound.bench.commands import listing_tables as listings

    listings.split(name, json)


@splits_app.command("verify")
def splits_verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="names; none: all that are prepared", autocompletion=known("split"))
    ] = None,
    json: Json = False,
) -> None:
    """Read every byte of prepared splits and compare with their manifests; tell what the media lacked."""
    from sightsound.bench import splits as data
    from sightsound.bench.commands import listing_tables as listings
    from sightsound.bench.core import console, registry
    from sightsound.bench.splits.media import facts

    wanted = names or [name for name in registry.names("split") if data.is_prepared(name)]
    problems = [problem for name in wanted for problem in data.verify(name)]
    if json:
        noted = {name: facts.facts(data.folder_of(name)) for name in wanted}
        console.as_json({"problems": problems, "splits": noted})
        raise typer.Exit(1 if problems else 0)
    for line in [line for name in wanted for line in facts.lines(name, data.folder_of(name))]:
        print(line)
    listings.problems(" ".join(wanted), problems, json)


@assets_app.command("list")
def assets_list(mirror: Mirror = None, json: Json = False) -> None:
    """Every asset, its licence and whether it is here."""
    from sightsound.bench.commands import listing_tables as listings

    listings.assets_(mirror, json)


@assets_app.command("fetch")
def assets_fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="names; neither these nor options: what pocket needs", autocompletion=known("asset")),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="what this system loads, as for `bench run`")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option("--metrics", help="what the networks of these load, separated by commas")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", help="all that such a run reads, the preset's metrics and split where none is given"
        ),
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="what this split is made from")] = None,
    preset: PresetName = "pocket",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Fetch assets into the cache: the total first, and nothing where not all can be had."""
    from sightsound.bench import assets
    from sightsound.bench.commands import listing_tables as listings
    from sightsound.bench.core import console
    from sightsound.bench.core.errors import BenchError, gathered, tell
    from sightsound.bench.plan import fetch

    wanted = list(names or [])
    if model or metrics or task or split:
        wanted += fetch.named(model or [], metrics, preset, task, split, mirror)
    elif not names:
        wanted = listings.pocket_assets()
    if said := fetch.total(fetch.check(wanted, mirror)):
        console.say(said)
    folders: dict[str, str] = {}
    problems: list[BenchError] = []
    with console.progress() as report:
        for name in dict.fromkeys(wanted):
            with gathered(problems):
                folders[name] = str(assets.fetch(name, mirror, report))
    tell(problems)
    if json:
        console.as_json(folders)
    else:
        console.listing(("asset", "folder"), list(folders.items()))


@assets_app.command("verify")
def assets_verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="names; none: all that are here", autocompletion=known("asset"))
    ] = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Read every byte of the assets that are here and compare with their sha256."""
    from sightsound.bench import assets
    from sightsound.bench.commands import listing_tables as listings

    wanted = names or listings.assets_here(mirror)
    listings.problems("assets", [problem for name in wanted for problem in assets.verify(name, mirror)], json)
