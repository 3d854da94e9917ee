"""Notices when a model opens files that are kept from it.

A model gets only what its task conditions on, but nothing stops its code from looking for the reference on the
disk. Python tells every file that Python code opens; what a C library opens by itself is not seen
(docs/reliability.md).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_kept: dict[str, Path] = {}
_seen: set[Path] = set()
_installed: list[bool] = []


@contextmanager
def watched(kept: Iterable[Path]) -> Iterator[set[Path]]:
    """While the block runs, the set that is given holds each of the files `kept` that was opened in this process.
    A block within a block adds to it."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hook)
    before = dict(_kept)
    if not before:
        _seen.clear()
    _kept.update({os.fspath(path): path for path in kept})
    try:
        yield _seen
    finally:
        _kept.clear()
        _kept.update(before)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _kept:
        name = arguments[0]
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if isinstance(name, str) and (path := _kept.get(name) or _kept.get(str(Path(name).absolute()))):
            _seen.add(path)
