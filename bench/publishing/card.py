"""The card of a submission: what a reader must know of a system that others ran."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line, printable

LONGEST = 2000
"""Characters of a field."""


@dataclass(frozen=True)
class SystemCard:
    """Who hands in what."""

    name: str
    """What the system is called, in words."""
    authors: tuple[str, ...]
    """Who ran it; rows carry their names."""
    licence: str
    """Of the system and its weights."""
    weights: str
    """Where the weights are from, or that there are none."""
    run: str
    """How it was run: code, version, hardware, what was changed."""
    paper: str = ""
    """Where the system is described."""
    contact: str = ""
    """Whom to ask."""

    def as_json(self) -> dict[str, Any]:
        """Everything, as `of` takes it."""
        return asdict(self) | {"authors": list(self.authors)}


def read(path: Path) -> SystemCard:
    """The card in a TOML file. BenchError for a file that is none, and for what it lacks."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: cannot be read as TOML ({one_line(error)})") from error
    return of(found, str(path))


def of(found: Mapping[str, Any], where: str) -> SystemCard:
    """The card that these fields make. BenchError for a field that lacks, is of another kind or is too long."""
    wanted = {each.name: each for each in fields(SystemCard)}
    required = [name for name in wanted if name not in ("paper", "contact")]
    if missing := [name for name in required if not found.get(name)]:
        raise BenchError(
            f"{where}: lacks {', '.join(missing)}; a card has {', '.join(wanted)} (docs/submitting.md)"
        )
    if odd := [str(name) for name in found if name not in wanted]:
        raise BenchError(f"{where}: has a field {odd[0]!r}; a card has {', '.join(wanted)}")
    texts: dict[str, Any] = {}
    for name, value in found.items():
        several = name == "authors"
        if several != isinstance(value, list) or not all(
            isinstance(text, str) and text.strip() for text in (value if several else [value or "-"])
        ):
            raise BenchError(
                f"{where}: {name} is {value!r:.80}; it takes {'a list of names' if several else 'a text'}"
            )
        shown = [printable(text) for text in (value if several else [value])]
        if sum(map(len, shown)) > LONGEST:
            raise BenchError(f"{where}: {name} has over {LONGEST} characters; say it in fewer")
        texts[name] = tuple(shown) if several else shown[0]
    return SystemCard(**texts)
