"""How the user wants a folder of media to be used, for the build that is going on.

A builder of a split takes a folder and knows nothing of options, so these stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """What was asked for."""

    prefer: str = ""
    """Pattern, as of a shell, over relative paths: of different files for one name those that fit are meant."""
    link: bool = False
    """The split's files may be hard links to the user's: they take no room, and an edit of one is one of both."""


_NOW: ContextVar[Wishes] = ContextVar("wishes", default=Wishes())  # noqa: B039 - frozen


def current() -> Wishes:
    """Those of the build that is going on."""
    return _NOW.get()


@contextmanager
def wished(wishes: Wishes) -> Iterator[None]:
    """Let them hold for the block."""
    token = _NOW.set(wishes)
    try:
        yield
    finally:
        _NOW.reset(token)
