"""What was measured before: a JSON line a measurement, committed, so that a change shows.

A line holds where and when it was measured, and every figure by what it is. Figures are compared with the last
line of the same kind of machine (device, processor, threads) and size; a ratio holds from day to day, a time does
not.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightsound.bench.core import provenance
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import locked_file, write_text
from sightsound.bench.perf.metrics import Figure

CHANGED = 0.2  # of a figure, beyond what a shared machine makes of it
_VARIES = re.compile(r" \((?:values|relative difference) [^)]*\)")


@dataclass(frozen=True)
class Measured:
    """One measurement: a line of the history."""

    day: str
    """In UTC, as YYYY-MM-DD."""
    commit: str
    """Of the suite; `+` for local changes."""
    device: str
    """`cpu`, or the name of the card."""
    machine: str
    """Processor architecture, cores and threads."""
    size: str
    """`usual` or `tiny`."""
    versions: str
    """Of the packages."""
    figures: Mapping[str, float]
    """What was measured -> its value."""

    def is_like(self, other: Measured) -> bool:
        """Whether the figures of both may be compared."""
        return (self.device, self.machine, self.size) == (other.device, other.machine, other.size)


@dataclass(frozen=True)
class Line:
    """A figure beside what it was."""

    figure: Figure
    before: float | None
    """Its value in the last measurement of this kind; None where it has none."""

    @property
    def change(self) -> float | None:
        """Its share of the value before, less 1."""
        return self.figure.value / self.before - 1 if self.before else None

    @property
    def changed(self) -> bool:
        """Whether it is worth a look."""
        return self.change is not None and abs(self.change) > CHANGED


def now(figures: Sequence[Figure], device: str, size: str) -> Measured:
    """This measurement."""
    threads = os.environ.get("OMP_NUM_THREADS", "") or "all"
    return Measured(
        day=datetime.now(UTC).date().isoformat(),
        commit=provenance.commit(),
        device=provenance.device_name(device),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, OMP_NUM_THREADS={threads}",
        size=size,
        versions=provenance.versions({}),
        figures={name(each): round(each.value, 6) for each in figures},
    )


def name(figure: Figure) -> str:
    """What is measured, without what varies from run to run."""
    return _VARIES.sub("", figure.what)


def read(path: Path) -> list[Measured]:
    """The measurements, oldest first; none where there is no file. BenchError for a line that is none."""
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(Measured(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise BenchError(f"{path}:{number}: is no measurement ({error}); remove the line") from error
    return found


def against(figures: Sequence[Figure], measured: Measured, history: Sequence[Measured]) -> list[Line]:
    """Every figure beside its value in the last measurement of the kind that has it."""
    before: dict[str, float] = {}
    for one in history:
        before |= one.figures if one.is_like(measured) else {}
    return [Line(figure, before.get(name(figure))) for figure in figures]


def add(path: Path, measured: Measured) -> None:
    """Put the measurement at the end of the history."""
    with locked_file(path):
        lines = [asdict(each) for each in (*read(path), measured)]
        write_text(path, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
