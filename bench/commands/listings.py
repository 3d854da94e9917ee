"""Commands that tell what there is and fetch or check it: models, metrics, tasks, splits, assets, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.options import Json, Mirror

app = typer.Typer()
assets_app = typer.Typer(help="Weights and media from outside: list, fetch, verify.", no_args_is_help=True)
splits_app = typer.Typer(help="Data sets: list, prepare, verify.", invoke_without_command=True)
app.add_typer(splits_app, name="splits")
app.add_typer(assets_app, name="assets")


@app.command()
def models(json: Json = False) -> None:
    """The systems and their variants."""
    from bench import listings

    listings.models(json)


@app.command()
def metrics(json: Json = False) -> None:
    """The metrics and what each reads."""
    from bench import listings

    listings.metrics(json)


@app.command()
def tasks(json: Json = False) -> None:
    """The tasks: what goes in, what comes out."""
    from bench import listings

    listings.tasks(json)


@app.command()
def doctor(mirror: Mirror = None, json: Json = False) -> None:
    """What is here, what is missing and how to get it."""
    from bench import listings

    listings.doctor(mirror, json)


@splits_app.callback()
def splits(context: typer.Context, json: Json = False) -> None:
    """The data sets; `bench splits verify NAME` checks one."""
    from bench import listings

    if context.invoked_subcommand is None:
        listings.splits(json)


@splits_app.command("prepare")
def splits_prepare(name: str, mirror: Mirror = None) -> None:
    """Fetch and build a split if it isn't there; `bench run` does so too."""
    from bench import show
    from bench import splits as data

    with show.progress() as report:
        folder = data.prepare(name, mirror, report)
    print(folder)


@splits_app.command("verify")
def splits_verify(
    names: Annotated[list[str] | None, typer.Argument(help="names; none: all that are prepared")] = None,
    json: Json = False,
) -> None:
    """Read every byte of prepared splits and compare with their manifests."""
    from bench import listings
    from bench import splits as data

    wanted = names or [name for name in data.SPLITS if data.is_prepared(name)]
    listings.problems(" ".join(wanted), [problem for name in wanted for problem in data.verify(name)], json)


@assets_app.command("list")
def assets_list(mirror: Mirror = None, json: Json = False) -> None:
    """Every asset, its licence and whether it is here."""
    from bench import listings

    listings.assets_(mirror, json)


@assets_app.command("fetch")
def assets_fetch(
    names: Annotated[list[str] | None, typer.Argument(help="names; none: what the pocket preset needs")] = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Fetch assets into the cache."""
    from bench import assets, listings, show

    wanted = names or listings.pocket_assets()
    with show.progress() as report:
        folders = {name: str(assets.fetch(name, mirror, report)) for name in wanted}
    if json:
        show.as_json(folders)
    else:
        show.listing(("asset", "folder"), list(folders.items()))


@assets_app.command("verify")
def assets_verify(
    names: Annotated[list[str] | None, typer.Argument(help="names; none: all that are here")] = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Read every byte of the assets that are here and compare with their sha256."""
    from bench import assets, listings

    wanted = names or listings.assets_here(mirror)
    listings.problems("assets", [problem for name in wanted for problem in assets.verify(name, mirror)], json)
