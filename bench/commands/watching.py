"""The options of every command that say how much it tells; each is taken before the command's name or after it."""

from __future__ import annotations

import functools
import inspect
import shlex
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from sightsound.bench.core import logs
from sightsound.bench.stages.options import SECRET

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress and no remarks; errors still")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="also what is read from where and the times taken")]
Log = Annotated[Path | None, typer.Option("--log", help="file to add all of it to, with times and tracebacks")]
_OURS: dict[str, tuple[Any, Any]] = {"quiet": (Quiet, False), "verbose": (Verbose, False), "log": (Log, None)}


def choose(*, quiet: bool, verbose: bool, log: Path | None) -> None:
    """Add to what was chosen before in this command; a log begins with the command."""
    logs.choose(quiet=quiet, verbose=verbose, log=log)
    if log is not None:
        words = shlex.join(_without_secret(word) for word in sys.argv[1:])
        logs.LOG.info("bench %s: %s", metadata.version("sightsound-bench"), words)


def _without_secret(word: str) -> str:
    key, sign, value = word.rpartition("=")
    return f"{key}=..." if sign and SECRET.search(key) and not value.startswith(("env:", "file:")) else word


def everywhere(app: typer.Typer) -> None:
    """Give every command of `app`, and of what is below it, these options."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _watched(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            everywhere(group.typer_instance)


def _watched(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the options of this module after its own."""

    @functools.wraps(command)
    def run(**arguments: Any) -> Any:
        choose(**{name: arguments.pop(name) for name in _OURS})
        return command(**arguments)

    own = list(inspect.signature(command, eval_str=True).parameters.values())
    kind = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, kind, annotation=a, default=d) for name, (a, d) in _OURS.items()]
    together = [parameter.replace(kind=kind) for parameter in own] + more
    run.__signature__ = inspect.Signature(together)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in together}
    return run
