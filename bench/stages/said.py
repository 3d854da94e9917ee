"""`run.toml`: what a command line says to ask for a run again, kept in its run folder (docs/config.md)."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sightsound.bench.core import provenance, registry, store
from sightsound.bench.core.faults import printable
from sightsound.bench.core.registry import System
from sightsound.bench.remote import uri as uris
from sightsound.bench.stages.options import Options
from sightsound.metrics.card import MetricCard

NAME = "run.toml"
_OF_ONE_CALL = ("out", "shard", "retry", "remake", "notes", "problems", "command", "own")
"""Fields of Options that are about one call and not about the run."""
_ALWAYS = ("seed", "preset")  # written also where they are the usual ones


def whole(
    options: Options, systems: Sequence[System], split: str, metrics: Sequence[MetricCard], device: str
) -> dict[str, Any]:
    """Option -> value of all that a run depends on, with what presets filled in; paths are absolute.

    Options of systems stand with their names; a secret is the reference (`env:`, `file:`) that it was given by.
    """
    asked = [name.strip() for name in (options.metrics or "").split(",") if name.strip()]
    filled = {
        "model": [system.spec for system in systems if system.spec],
        "settings": None,  # they stand with the systems
        "split": split if Path(split).is_absolute() or uris.of(split) else options.split or split,
        "metrics": asked or [card.name for card in metrics],
        "device": device,
        "reference": _absolute(options.reference),
        "python": options.python and str(Path(shutil.which(options.python) or options.python).absolute()),
    }
    usual = Options(task="")
    said: dict[str, Any] = {}
    for name in (each.name for each in fields(Options) if each.name not in _OF_ONE_CALL):
        value = filled.get(name, getattr(options, name))
        if name in _ALWAYS or (value != getattr(usual, name) and not _is_nothing(value)):
            said[name] = value
    return said | {name: value for name, value in options.own.items() if value not in (None, "", (), [])}


def write(folder: Path, command: str, said: Mapping[str, Any], made_of: Sequence[str]) -> None:
    """Write the `run.toml` of a run folder. One that says the same stays as it is, with the versions of its time.

    `made_of`: lines about versions and digests, for the comments.
    """
    path = folder / NAME
    body = "\n".join(_line(name.replace("_", "-"), value) for name, value in said.items()) + "\n"
    if path.is_file() and _read(path) == tomllib.loads(body):
        return
    head = (
        f"`bench {command} {NAME}` goes on with this run; with `--out FOLDER` it makes it again there.",
        *made_of,
        f"{provenance.versions({})} commit {provenance.commit() or 'not known'}",
    )
    store.write_text(path, "".join(f"# {printable(line)}\n" for line in head) + "\n" + body)


def _absolute(named: str | None) -> str | None:
    """What is named by a path, by its absolute one; else the name as it is."""
    if named is None or named in registry.split_cards() or not (uris.of(named) or Path(named).exists()):
        return named
    return uris.absolute(named)


def _is_nothing(value: Any) -> bool:
    """Whether it is what an option holds that was not given."""
    return value is None or value is False or value in ("", [], ())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # somebody's hand, or another encoding: it is written anew
        return None


def _line(key: str, value: Any) -> str:
    """`key = value` in TOML; a comment where it holds bytes that are no text, as a file's name may."""
    text = _value(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"# {key}: TOML cannot hold {value!a}"
    return f"{key} = {text}"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = uris.absolute(value) if isinstance(value, Path) else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
