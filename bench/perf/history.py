"""What was measured before: a JSON line a measurement, committed, so that a change shows.

A line holds where and when it was measured, every figure by what it is, and what each part took. Figures are
compared with the last line of the same kind of machine (device, processor, threads) and size; a ratio holds from
day to day, a time does not.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sightsound.bench.core import provenance
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import locked_file, write_text
from sightsound.bench.perf.metrics import CHECKOUT, Figure

HISTORY = CHECKOUT / "results" / "perf.jsonl"
CHANGED = 0.2  # of a figure, beyond what a shared machine makes of it
DIGITS = 6  # significant, that are kept
_VARIES = re.compile(r" \((?:values|relative difference) [^)]*\)")


@dataclass(frozen=True)
class Kept:
    """A figure as it is kept."""

    part: str
    """The part of `bench perf all` that it is of."""
    what: str
    """What was measured, with its unit, without what varies from run to run."""
    value: float
    target: float | None
    """Least ratio, or most of what is to be small; None where nothing is asked of it."""
    ok: bool
    """Whether the target is met and both ways give the same result."""


@dataclass(frozen=True)
class Spent:
    """What a part took."""

    seconds: float
    peak_mb: float
    """Most memory of its largest process."""
    cores_busy: float
    """Share of the time of all cores."""
    device_busy: float | None = None
    """Share of the card's time; None without a card."""
    device_mb: float | None = None
    """Most memory of the card."""
    stages: Mapping[str, float] = field(default_factory=dict)
    """Stage -> seconds in which it was the one at work."""


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
    figures: Sequence[Kept]
    parts: Mapping[str, Spent] = field(default_factory=dict)
    """Part -> what it took, of those that came to their end."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Part -> why it did not."""

    def is_like(self, other: Measured) -> bool:
        """Whether the figures of both may be compared."""
        return self.kind == other.kind and self.size == other.size

    @property
    def kind(self) -> tuple[str, str]:
        """Of the machine: device and the rest."""
        return self.device, self.machine

    @property
    def values(self) -> dict[tuple[str, str], float]:
        """(part, what is measured) -> value; what a part took is among them."""
        found = {(each.part, each.what): each.value for each in self.figures}
        for part, spent in self.parts.items():
            found |= {(part, "seconds"): spent.seconds, (part, "MB"): spent.peak_mb}
        return found


@dataclass(frozen=True)
class Line:
    """A figure beside what it was."""

    figure: Kept
    before: float | None
    """Its value in the last measurement of this kind; None where it has none."""

    @property
    def change(self) -> float | None:
        """Its share of the value before, less 1."""
        return change(self.figure.value, self.before)

    @property
    def changed(self) -> bool:
        """Whether it is worth a look."""
        return self.change is not None and abs(self.change) > CHANGED


def change(value: float, before: float | None) -> float | None:
    """A value's share of the one before, less 1; None where there was none."""
    return value / before - 1 if before else None


def kept(part: str, figure: Figure) -> Kept:
    """The figure as it is kept."""
    target = None if not figure.target or math.isnan(figure.target) else rounded(figure.target)
    return Kept(part, _VARIES.sub("", figure.what), rounded(figure.value), target, figure.ok)


def rounded(value: float) -> float:
    """With DIGITS significant digits."""
    return float(f"{value:.{DIGITS}g}")


def now(
    figures: Sequence[Kept],
    device: str,
    size: str,
    parts: Mapping[str, Spent] | None = None,
    failed: Mapping[str, str] | None = None,
) -> Measured:
    """This measurement."""
    threads = os.environ.get("OMP_NUM_THREADS", "") or "all"
    return Measured(
        day=datetime.now(UTC).date().isoformat(),
        commit=provenance.commit(),
        device=provenance.device_name(device),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, OMP_NUM_THREADS={threads}",
        size=size,
        versions=provenance.versions({}),
        figures=figures,
        parts=parts or {},
        failed=failed or {},
    )


def read(path: Path) -> list[Measured]:
    """The measurements, oldest first; none where there is no file. BenchError for a line that is none."""
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(_measured(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            raise BenchError(f"{path}:{number}: is no measurement ({error}); remove the line") from error
    return found


def _measured(line: dict[str, Any]) -> Measured:
    figures = [Kept(**each) for each in line.pop("figures")]
    return Measured(figures=figures, parts={n: Spent(**e) for n, e in line.pop("parts").items()}, **line)


def before(measured: Measured, history: Sequence[Measured]) -> dict[tuple[str, str], float]:
    """(part, what is measured) -> its value in the last measurement of the kind that has it."""
    found: dict[tuple[str, str], float] = {}
    for one in history:
        found |= one.values if one.is_like(measured) else {}
    return found


def against(measured: Measured, history: Sequence[Measured]) -> list[Line]:
    """Every figure beside its value before."""
    was = before(measured, history)
    return [Line(figure, was.get((figure.part, figure.what))) for figure in measured.figures]


def add(path: Path, measured: Measured) -> None:
    """Put the measurement at the end of the history."""
    with locked_file(path):
        lines = [asdict(each) for each in (*read(path), measured)]
        write_text(path, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
