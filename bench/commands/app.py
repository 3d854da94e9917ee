"""The command `bench`. Its commands are in bench/commands."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from sightsound.bench.commands import listings, perf, rows, stages
from sightsound.bench.core.errors import BenchError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for part in (stages, listings, rows):
    app.add_typer(part.app)
app.add_typer(perf.app, name="perf")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(metadata.version("sightsound-bench"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="version")] = False,
) -> None:
    """Benchmark music generated from images, video and text."""


def main() -> None:
    """Entry point: a wrong input is one line on standard error and exit code 2."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # the bars are ours
    for library in ("TRANSFORMERS", "DIFFUSERS"):
        os.environ.setdefault(f"{library}_VERBOSITY", "error")  # their advice is for who writes the code
    try:
        app()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("bench: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
