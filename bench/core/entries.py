"""Which options an entry takes, known without making its model: by its signature, or as `takes` states it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

Entry = TypeVar("Entry", bound=Callable[..., Any])
GIVEN = 2  # parameters of an entry that the harness fills in: device and weights


def takes(record: type | None = None, *names: str) -> Callable[[Entry], Entry]:
    """Say which options an entry with `**options` takes: the fields of the dataclass that it hands them to, and
    `names`."""
    known = [*(field.name for field in (fields(record) if record else ())), *names]

    def mark(entry: Entry) -> Entry:
        entry.takes = known  # type: ignore[attr-defined]
        return entry

    return mark


def options_of(entry: Callable[..., Any]) -> Sequence[str] | None:
    """Names of the options that an entry takes; None where it takes whatever it is given, or nobody can tell."""
    try:
        parameters = list(inspect.signature(entry).parameters.values())
    except (TypeError, ValueError):
        return None
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)][GIVEN:]
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        return named
    stated: Sequence[str] | None = getattr(entry, "takes", None)
    return None if stated is None else [*named, *stated]
