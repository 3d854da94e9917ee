"""The command that makes one page of a run: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Mirror

app = typer.Typer()

Bitrate = Annotated[int, typer.Option("--bitrate", help="of the sound, in kbit/s")]
Codec = Annotated[str, typer.Option("--codec", help="mp3, which every browser plays, or opus, which is smaller")]
Seconds = Annotated[float, typer.Option("--seconds", help="how much of each sound, from its start; 0: all")]


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    out: Annotated[Path, typer.Option("--out", help="HTML file to write")],
    bitrate: Bitrate = 64,
    codec: Codec = "mp3",
    seconds: Seconds = 30.0,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="how many: a third each of the best, worst and most disputed")
    ] = 12,
    named: Annotated[
        list[str] | None, typer.Option("--example", help="id of an example to show as well; again for more")
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Write one page of a run with its values and some examples to hear, which needs nothing from outside it."""
    from sightsound.bench.core import console
    from sightsound.bench.site import report as reports
    from sightsound.bench.site.sound import Coding

    coding = Coding(codec, bitrate, seconds)
    with console.progress() as told:
        made = reports.report(
            folder, out, coding=coding, count=examples, named=named or (), mirror=mirror, report=told
        )
    print(
        f"{out}: {made.bytes / 1e6:.1f} MB, {made.shown} of {made.examples} examples, sound as {made.coding} "
        f"({made.media_bytes / 1e6:.1f} MB of media)"
    )
    if made.bytes > reports.LARGE_MB * 1e6:
        console.say(
            f"over {reports.LARGE_MB:g} MB, more than many a mail server takes: "
            "--examples, --seconds and --bitrate make it smaller"
        )
