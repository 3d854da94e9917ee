"""Folders at URIs on the command line: which options take them, and as what (docs/remote.md).

The stages know URIs of their own options. What any other command reads is copied here first, and the command reads
the copy; what one writes is written here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.core import TyperCommand

from sightsound.bench.core.errors import BenchError

WORKS = ("run", "generate", "score")
"""Commands whose run folder may be at a URI."""
STAGES = ("mirror", "corpus", "conditions", "captions")
"""Parameters of which the stages make copies by themselves."""
BY_ITSELF = {"merge": "folder", "validate": "folder", "watch": "folder"}
"""Command -> a parameter of which it does that."""
WRITTEN = ("out", "to", "bib", "junit", "plot", "log", "history", "baseline")
"""Parameters that name what is written, a baseline with `--update` alone."""


class Command(TyperCommand):
    """A command that reads folders at URIs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click's, of paths that are URIs with their copies."""
        left = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            return left
        paths = _paths(self.callback)
        for param in self.params:
            name, value = param.name, ctx.params.get(param.name)
            if name in paths and value and not _knows(ctx.info_name, name):
                several = isinstance(value, list | tuple)
                written = name in WRITTEN and (name != "baseline" or ctx.params.get("update"))
                found = [_here(each, name, written=written) for each in (value if several else [value])]
                ctx.params[name] = type(value)(found) if several else found[0]
        return left


def everywhere(app: typer.Typer) -> None:
    """Let every command of `app`, and of what is below it, read folders at URIs."""
    for command in app.registered_commands:
        if command.cls in (None, TyperCommand):
            command.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            everywhere(group.typer_instance)


def _knows(command: str, name: str) -> bool:
    return name in STAGES or (command in WORKS and name == "out") or BY_ITSELF.get(command) == name


def _here(value: Any, name: str, *, written: bool) -> Any:
    from sightsound.bench.core import console
    from sightsound.bench.remote import copies
    from sightsound.bench.remote import uri as uris

    if not uris.is_one(value):
        return value
    if written:
        raise BenchError(f"--{name} {uris.of(value)}: is written here; give a path (docs/remote.md)")
    if name == "baseline":
        copies.here(Path(value).with_suffix(".parquet"))  # its values by example, which lie beside it
    with console.progress() as report:
        return copies.here(value, report)


def _paths(command: Callable[..., None] | None) -> set[str]:
    """The parameters of a command that are paths."""
    if command is None:
        return set()
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    return {parameter.name for parameter in parameters if Path in leaves(parameter.annotation)}


def leaves(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    parts = get_args(annotation)
    parts = parts[:1] if get_origin(annotation) is Annotated else parts
    return set().union(*map(leaves, parts)) if parts else {annotation}
