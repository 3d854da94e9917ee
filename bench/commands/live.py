"""`bench watch`: a run in the terminal while it is at work, or afterwards."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.options import Json

if TYPE_CHECKING:
    from sightsound.bench.boards.live import Live
    from sightsound.bench.boards.sofar import Known

app = typer.Typer()
EVERY_S = 2.0  # between two looks
EVERY_REMOTE_S = 10.0  # at a run folder at a URI


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    once: Annotated[bool, typer.Option("--once", help="print once and end, as it does in a pipe")] = False,
    json: Json = False,
) -> None:
    """Watch a run: stages, rates, failures, its log, values as they become known. Changes nothing."""
    from sightsound.bench.boards import live, live_show, sofar
    from sightsound.bench.core import console
    from sightsound.bench.remote import copies

    known = sofar.Known()
    found = live.look(copies.here(folder), known)
    if json:
        console.as_json(live_show.as_json(found))
    elif once or not sys.stdout.isatty():
        console.print_lines(live_show.lines(found, console.width(piped=100)))
    else:
        found = _follow(folder, found, known)
    if found.state in ("stopped", "gone"):
        raise typer.Exit(1)


def _follow(folder: Path, found: Live, known: Known) -> Live:
    """Show the run until it is over, on a screen of its own; what it was at the end stays."""
    from rich.console import Console, Group
    from rich.live import Live as Screen

    from sightsound.bench.boards import live, live_show
    from sightsound.bench.core import console
    from sightsound.bench.remote import copies
    from sightsound.bench.remote import uri as uris

    with Screen(console=Console(highlight=False), screen=True, auto_refresh=False) as screen:
        while found.state not in live.OVER:
            screen.update(Group(*live_show.lines(found, console.width())), refresh=True)
            time.sleep(EVERY_S if not uris.is_one(folder) else EVERY_REMOTE_S)
            found = live.look(copies.here(folder), known)
    console.print_lines(live_show.lines(found, console.width()))
    return found
