"""The options of systems: those that stand behind a system's name (`+key=value`), and those of `--set`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from sightsound.bench.core import entries, registry, spelling, state
from sightsound.bench.core.errors import BenchError, gathered
from sightsound.bench.core.faults import named
from sightsound.bench.core.registry import System
from sightsound.bench.stages.options import SECRET, Options


def parsed(settings: Sequence[str]) -> dict[str, str]:
    """The pairs that `--set key=value` gives. BenchError for what is none, and for an open secret."""
    pairs = [text.partition("=") for text in settings]
    if odd := [text for text, (_, sign, _) in zip(settings, pairs, strict=True) if not sign]:
        raise BenchError(f"--set {odd[0]}: write key=value")
    return checked("--set ", {key: value for key, _, value in pairs})


def checked(where: str, options: Mapping[str, str]) -> dict[str, str]:
    """The options, whose keys are names and none of whose secrets is open; else BenchError."""
    for key, value in options.items():
        if not spelling.KEY.fullmatch(key):
            raise BenchError(f"{where}{key}=...: an option is a name of letters, digits and `_`; write key=value")
        if SECRET.search(key) and not value.startswith(("env:", "file:")):
            raise BenchError(
                f"{where}{key}=...: a secret on the command line would be written into the run; "
                f"give {key}=env:VARIABLE or {key}=file:PATH"
            )
    return dict(options)


def revealed(key: str, value: str) -> str:
    """The value of an option; of a secret what stands in the environment or the file that it names."""
    kind, _, where = value.partition(":")
    if not SECRET.search(key) or kind not in ("env", "file"):
        return value
    try:
        return os.environ[where] if kind == "env" else Path(where).read_text(encoding="utf-8").strip()
    except (KeyError, OSError) as error:
        raise BenchError(f"option {key}={value}: cannot be read ({named(error)})") from error


def entry_of(system: System) -> Any:
    """What makes the model, loaded and not called; what its module does to the process is undone. BenchError where
    it cannot be loaded."""
    try:
        with state.restored(), redirect_stdout(sys.stderr):
            return registry.load(system.build.entry)
    except BenchError as error:
        raise BenchError(f"{system.label}: {error}") from error


def known(system: System) -> Sequence[str] | None:
    """Names of the options that a system takes; None where nobody can tell before it is built.

    BenchError where its module cannot be imported.
    """
    if system.home is not None:
        return system.home.options(system.build.entry)
    return entries.options_of(entry_of(system))


def spread(systems: Sequence[System], shared: Mapping[str, str], options: Options) -> list[System]:
    """The systems, each with those of the `shared` options that it knows; its own come before them.

    What is wrong joins `options.problems`: an option of its own that a system does not know, and a shared one that
    none knows. `options.notes` says where that cannot be told.
    """
    made: list[System] = []
    taken: set[str] = set()
    told: list[str] = []
    for system in systems:
        names: Sequence[str] | None = None
        if shared or system.options:
            with gathered(options.problems):
                names = known(system)
                if names is None and system.home is not None:
                    options.notes.append(f"{system.label}: which options it knows is seen when it is built there")
        for key in system.options if names is not None else ():
            if key not in (names or ()):
                options.problems.append(BenchError(f"{system.label}: {_unknown(system, key, names or ())}"))
        fitting = {key: value for key, value in shared.items() if names is None or key in names}
        taken |= fitting.keys()
        told.append(f"{system.label} {_takes(system, names or ())}")
        made.append(_with(system, fitting | dict(system.options)))
    if lost := [key for key in shared if key not in taken and systems]:
        options.problems.append(
            BenchError(f"--set {', '.join(lost)}: no system of this command knows it; {'; '.join(told)}")
        )
    return made


def _with(system: System, options: Mapping[str, str]) -> System:
    """The system with these options, named by them too."""
    made = replace(system, options=options)
    return replace(made, spec=made.label if system.spec == system.label else spelling.joined(system.spec, options))


def _unknown(system: System, key: str, names: Sequence[str]) -> str:
    return f"an option {key!r} is not known to it; it {_takes(system, names)}"


def _takes(system: System, names: Sequence[str]) -> str:
    if system.home is not None and system.home.streams:
        return "takes its options in the command itself"
    return f"takes {', '.join(sorted(names)) or 'no options'}"
