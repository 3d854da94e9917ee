"""Commands that make pages: site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Mirror
from sightsound.bench.commands.report import Bitrate, Codec, Seconds

app = typer.Typer()


@app.command()
def site(
    out: Annotated[Path, typer.Option("--out", help="folder to write the site into")],
    results_folder: Annotated[
        Path | None,
        typer.Option("--results", help="folder of result files; none and no --run: results/, else the package's"),
    ] = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--run", help="run folder, of which one also hears and sees; again for more"),
    ] = None,
    bitrate: Bitrate = 96,
    codec: Codec = "mp3",
    seconds: Seconds = 30.0,
    originals: Annotated[
        bool, typer.Option("--originals", help="also copy every file as it is, for download")
    ] = False,
    mirror: Mirror = None,
) -> None:
    """Write pages of results that open in a browser without a server: boards, metrics, systems, examples."""
    from sightsound.bench.core import console
    from sightsound.bench.site.make import make
    from sightsound.bench.site.sound import Coding

    coding = Coding(codec, bitrate, seconds)
    with console.progress() as report:
        made, count = make(
            results_folder, runs or [], out, coding=coding, originals=originals, mirror=mirror, report=report
        )
    for text in made.missing:
        console.say(text)
    print(f"{out / 'index.html'}: {len(made.boards)} boards, {count} files")
