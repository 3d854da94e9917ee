"""From `package.module:NAME` to the object, and what to say of a name that is not known."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
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

    Modules of the working folder are found too. BenchError where there is no such module or name, and where the
    module cannot be imported, with the line of it that fails.
    """
    module_name, _, attribute = entry.partition(":")
    _search_here(module_name)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if f"{module_name}.".startswith(f"{error.name}."):
            raise BenchError(f"no Python module {error.name!r}, here or installed") from error
        raise BenchError(f"{entry} needs Python module {error.name!r}; is it installed?") from error
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        raise BenchError(f"{module_name} cannot be imported: {said(error)}") from error
    for part in filter(None, attribute.split(".")):
        if not hasattr(found, part):
            raise BenchError(f"{module_name} has no {attribute!r}")
        found = getattr(found, part)
    return found


def said(error: BaseException) -> str:
    """What was raised and where, on one line."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) or not frames:  # a SyntaxError names its own line
        return what
    return f"{what} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"


def is_module(name: str) -> bool:
    """Whether Python could import it; the package around a submodule is imported to find out."""
    _search_here(name)
    try:
        return importlib.util.find_spec(name) is not None
    except (Exception, SystemExit):  # raised by the package around it; importing it will say what
        return "." in name


def find_source(name: str) -> Path | None:
    """The source file of a module; nothing is imported to find it. None for what has none or does not exist."""
    spec: ModuleSpec | None = None
    path: Sequence[str] | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        full = ".".join(parts[:end])
        spec = next(filter(None, (finder.find_spec(full, path) for finder in sys.meta_path)), None)
        path = spec.submodule_search_locations if spec else None
        if spec is None or (path is None and end < len(parts)):
            return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


class _WorkingFolder:
    """Finds modules of the working folder for whoever may have them: a name that the user gave, and the files of
    that folder themselves. A stray `json.py` or `gmpy2.py` there is not what the rest of the process imports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.given: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python's own finders; it is asked after them, so what is installed comes first."""
        if path is not None or not (name in self.given or self._asked_from_here()):
            return None
        return PathFinder.find_spec(name, [str(self.folder)])

    def _asked_from_here(self) -> bool:
        """Whether the statement that imports stands in a file of the folder."""
        frame = sys._getframe(1)
        while frame is not None:
            file = frame.f_globals.get("__file__") or ""
            if (
                frame.f_globals.get("__name__", "").startswith("importlib")
                or "importlib" in frame.f_code.co_filename
            ):
                frame = frame.f_back  # type: ignore[assignment]
                continue
            if file and Path(file) != Path(__file__):
                return self.folder in Path(file).resolve().parents
            frame = frame.f_back  # type: ignore[assignment]
        return False


def _search_here(module: str) -> None:
    """Let a module that the user names be found in the working folder, behind everything that is installed."""
    here = Path.cwd()
    finder = next(
        (each for each in sys.meta_path if isinstance(each, _WorkingFolder) and each.folder == here), None
    )
    if finder is None:
        finder = _WorkingFolder(here)
        sys.meta_path.append(finder)
        importlib.invalidate_caches()
    for other in sys.meta_path:
        if isinstance(other, _WorkingFolder) and other is not finder:
            other.given.clear()  # the user is here now
    finder.given.add(module.partition(".")[0])
