"""How long a system takes for an example, by the rows that runs have written: nobody's estimate."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from sightsound.bench.core import results
from sightsound.bench.core.errors import BenchError

FILES = ("measured.csv", "baseline.csv")


@cache
def _rows(path: Path, mtime_ns: int) -> dict[tuple[str, str, str], tuple[float, str]]:
    """(system, task, device) -> seconds an example, and the run that took the most of them."""
    runs: dict[tuple[str, str, str, str], tuple[float, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (f"{row['model']}:{row['variant']}".rstrip(":"), row["task"], row["device"], row["run"])
            count = int(row["n"] or 0) + int(row["n_failed"] or 0)
            seconds = float(row["seconds"] or 0)
            if seconds and count:
                runs[key] = (seconds, max(count, runs.get(key, (0.0, 0))[1]))
    found: dict[tuple[str, str, str], tuple[float, str]] = {}
    for (system, task, device, run), (seconds, count) in runs.items():
        kept = found.get((system, task, device), (0.0, ""))
        found[system, task, device] = max(kept, (seconds / count, f"run {run} in {path.name}"))
    return found


def rate(system: str, task: str, device: str) -> tuple[float, str] | None:
    """Seconds an example of a system, in the slowest run that was measured on such a device, and which that was.

    `device`: `cpu`, or the name of a card. None where there is no such run.
    """
    for name in FILES:
        try:
            path = results.default(name)
        except BenchError:
            continue
        for (of_system, of_task, of_device), found in _rows(path, path.stat().st_mtime_ns).items():
            same = of_device == device or of_device.partition(" (")[2].rstrip(")") == device
            if (of_system, of_task) == (system, task) and same:
                return found
    return None
