"""How much a command says on standard error, and the file in which all of it is kept.

Remarks and progress are shown unless the command is quiet, details only where it is verbose, errors always. The
file has all of them with the time, whatever the terminal shows. Who uses the package from Python gets the same
through the logger `sightsound.bench`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, printable

LOG = logging.getLogger("sightsound.bench")
LOG.addHandler(logging.NullHandler())
_LINE = "%(asctime)s %(levelname)s %(message)s"


@dataclass
class Volume:
    """How much is shown."""

    quiet: bool = False
    """No remarks and no progress."""
    verbose: bool = False
    """Details too: what is read from where, how long each stage took."""


volume = Volume()
_files: list[logging.Handler] = []


def choose(*, quiet: bool = False, verbose: bool = False, log: Path | None = None) -> None:
    """Add to what was chosen before in this command. BenchError for both of two opposites and for a file that
    cannot be written; lines go to the end of one that is there."""
    volume.quiet |= quiet
    volume.verbose |= verbose
    if volume.quiet and volume.verbose:
        raise BenchError("--quiet and --verbose ask for opposites; leave one out")
    if log is None:
        return
    try:
        handler = logging.FileHandler(log, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise BenchError(f"--log {log}: cannot be written ({error.strerror or named(error)})") from error
    handler.setFormatter(logging.Formatter(_LINE))
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    _files.append(handler)


@contextmanager
def of_one_command() -> Iterator[None]:
    """What is chosen meanwhile holds no longer than that."""
    try:
        yield
    finally:
        volume.quiet = volume.verbose = False
        for handler in _files:
            LOG.removeHandler(handler)
            handler.close()
        _files.clear()
        LOG.setLevel(logging.NOTSET)


_ears: list[Callable[[str], None]] = []


@contextmanager
def heard(ear: Callable[[str], None]) -> Iterator[None]:
    """Meanwhile `ear` gets every line that `say` and `note` get."""
    _ears.append(ear)
    try:
        yield
    finally:
        _ears.remove(ear)


def note(text: str) -> None:
    """One line for the log, which the terminal need not show."""
    LOG.info(printable(text))
    for ear in _ears:
        ear(text)


def say(text: str) -> None:
    """One line to the user, on standard error, without control characters."""
    note(text)
    if not volume.quiet:
        print(printable(text), file=sys.stderr)


def detail(text: str) -> None:
    """One line for who wants to know how it is done."""
    LOG.debug(printable(text))
    if volume.verbose:
        print(printable(text), file=sys.stderr)
