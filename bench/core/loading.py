"""From `package.module:NAME` to the object, and what to say of a name that is not known."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sightsound.bench.core.errors import BenchError


class UnknownNameError(BenchError):
    """A name that no registry has."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not there, with the nearest that are."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:8]
    return UnknownNameError(f"no {kind} named {name!r}; the nearest: {', '.join(near) or 'none'}")


def load(entry: str) -> Any:
    """The object that `package.module:Name` names, or the module where no name follows.

    Modules of the working folder are found too. BenchError where there is no such module or name.
    """
    module_name, _, attribute = entry.partition(":")
    _search_here()
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        where = f"{entry} needs" if error.name and not module_name.startswith(error.name) else "no"
        raise BenchError(f"{where} Python module {error.name!r}; is it installed?") from error
    for part in filter(None, attribute.split(".")):
        if not hasattr(found, part):
            raise BenchError(f"{module_name} has no {attribute!r}")
        found = getattr(found, part)
    return found


def is_module(name: str) -> bool:
    """Whether Python could import it; the package around a submodule is imported to find out."""
    _search_here()
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return "." in name  # importing it will say which part is missing


def _search_here() -> None:
    """Let modules in the working folder be imported, as `python -m` does, behind everything that is installed."""
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
