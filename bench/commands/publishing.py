"""Commands that bring rows into result files: publish, submit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Device, Json, Mirror

app = typer.Typer()
Cards = Annotated[list[str] | None, typer.Option("--cards", help="module with cards that the run took from it")]


@app.command()
def publish(
    source: Annotated[Path, typer.Argument(help="run folder, or an archive of `bench submit`")],
    to: Annotated[Path, typer.Option("--to", help="result file")] = Path("results/measured.csv"),
    replace: Annotated[
        bool, typer.Option("--replace", help="rows of the same value that say something else give way")
    ] = False,
    device: Device = "cpu",
    mirror: Mirror = None,
    cards: Cards = None,
) -> None:
    """Add a run's rows, or those of a submission, to the results."""
    from sightsound.bench.core import cards as door
    from sightsound.bench.core import console
    from sightsound.bench.publishing import publish as publishing

    for module in cards or ():
        door.adopt_all(module)
    with console.progress() as report:
        done = publishing.publish(source, to, replace=replace, device=device, mirror=mirror, report=report)
    for change in done.merged.replaced:
        print(f"replaced: {change}")
    if done.verified is not None:
        seen = done.verified
        print(
            f"checked: {seen.by_features} rows computed again from features, {seen.by_scores} held against their "
            f"values by example, {seen.neither} as they were handed in"
        )
        if seen.why_not:
            print(f"nothing was computed from features: {seen.why_not}")
        print(f"{done.card}: the card")
    merged = done.merged
    replaced = f", {len(merged.replaced)} replaced" if merged.replaced else ""
    print(f"{to}: {merged.rows} rows, {merged.added} of them new{replaced}, {merged.same} there already")


@app.command()
def submit(
    folder: Annotated[Path, typer.Argument(help="finished run folder")],
    card: Annotated[
        Path, typer.Option("--card", help="TOML: name, authors, licence, weights, run (docs/submitting.md)")
    ],
    out: Annotated[Path, typer.Option("--out", help="archive to write")],
    features: Annotated[
        bool, typer.Option("--features", help="with the outputs' features, so that values can be computed again")
    ] = False,
    device: Device = "cpu",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Pack a run into one archive that others check and publish."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.publishing import card as cards
    from sightsound.bench.publishing import pack

    found = cards.read(card)
    with console.progress() as report:
        done = pack.submit(folder, out, found, with_features=features, device=device, mirror=mirror, report=report)
    if json:
        console.as_json(asdict(done) | {"path": str(done.path)})
    else:
        console.listing(("file", "bytes"), [(name, f"{size:,}") for name, size in done.files.items()], str(out))
        print(f"{out}: {done.rows} rows; sha256 {done.sha256}")
