"""The command `bench`. Its commands are in bench/commands."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from io import TextIOWrapper
from typing import Annotated, Any

import typer

from sightsound.bench.commands import (
    citing,
    gate,
    listings,
    live,
    perf,
    places,
    publishing,
    ratings,
    report,
    reproduce,
    results,
    rows,
    site,
    stages,
)
from sightsound.bench.commands.watching import Log, Quiet, Verbose, choose, everywhere
from sightsound.bench.core import logs
from sightsound.bench.core.errors import BenchError, Terminated

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for part in (stages, listings, rows, citing, live, gate, publishing, site, report, reproduce):
    app.add_typer(part.app)
app.add_typer(perf.app, name="perf")
app.add_typer(results.app, name="results")
app.add_typer(ratings.app, name="ratings")
everywhere(app)
places.everywhere(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(metadata.version("sightsound-bench"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="version")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> None:
    """Benchmark music generated from images, video and text."""
    choose(quiet=quiet, verbose=verbose, log=log)


STOPPED, TERMINATED, CRASHED, NO_READER = 130, 143, 3, 141  # exit codes; 1 and 2 are the commands' own


ENDED = "terminated; the same command goes on from here"

USAGE: Any = typer.BadParameter.__mro__[2]
"""What typer raises for a wrong option, by the click that it carries: `ClickException`."""


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def main() -> None:
    """Entry point: a wrong input is one line on standard error and exit code 2."""
    for bars in ("HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE"):
        os.environ.setdefault(bars, "1")  # the bars are ours
    for library in ("TRANSFORMERS", "DIFFUSERS"):
        os.environ.setdefault(f"{library}_VERBOSITY", "error")  # their advice is for who writes the code
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal shows what it can
    if threading.current_thread() is not threading.main_thread():
        sys.exit(_run())
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        sys.exit(_run())
    finally:
        signal.signal(signal.SIGTERM, before)


@logs.of_one_command()
def _run() -> int:
    """The exit code. What no command foresaw is a crash: the traceback, one line, and a code of its own."""
    from sightsound.bench.core import console
    from sightsound.bench.core.faults import named, of_machine, printable

    try:
        code = int(app(standalone_mode=False) or 0)
        if code == STOPPED:  # newer versions of typer turn Ctrl-C into its exit code by themselves
            raise KeyboardInterrupt
        return code
    except BenchError as error:
        logs.LOG.debug("where it was found", exc_info=error)
        for line in error.lines:
            _tell(console.by_uri(printable(line)))
        return error.exit_code
    except typer.Exit as end:
        return end.exit_code
    except USAGE as error:
        error.show()
        logs.LOG.error(printable(error.format_message()))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _tell("stopped; the same command goes on from here")
        return STOPPED
    except Terminated:
        _tell(ENDED)
        return TERMINATED
    except BrokenPipeError:
        return NO_READER
    except Exception as error:
        if isinstance(error.__cause__, Terminated):  # it came while code in C was at work that knows Ctrl-C alone
            _tell(ENDED)
            return TERMINATED
        if fault := of_machine(error):
            _tell(str(fault), error)
            return fault.exit_code
        traceback.print_exc()
        text = f"crashed: {named(error)}; this is a fault of the program, please report it with the lines above"
        _tell(text, error)
        return CRASHED


def _tell(text: str, error: BaseException | None = None) -> None:
    """One line, however quiet the command is; the log has the traceback too."""
    print(f"bench: {text}", file=sys.stderr)
    logs.LOG.error(text, exc_info=error)
