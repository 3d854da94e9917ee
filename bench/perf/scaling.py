"""`bench perf scaling`: how long scoring takes, and how much memory, as the number of clips grows.

Six made systems and ten metrics with intervals, from features that bench/perf/made_features.py puts straight into
a store. Each size runs in a process of its own, whose peak of memory the system tells.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sightsound.bench.core import results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.perf import made_features
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.stages import fingerprint
from sightsound.bench.stages import score as scoring

SIZES = (250, 2500, 25000)
SYSTEMS = 6
MOST_MINUTES = 15.0
MOST_MEMORY = 1.3  # times that of the size before
ENOUGH = 2500  # clips; with fewer, memory is the libraries'


class Run(NamedTuple):
    """One size."""

    clips: int
    """Examples, each with an output of every system."""
    filled_s: float
    """Putting the features into the store."""
    scored_s: float
    """Rows with their intervals."""
    written_s: float
    """Fingerprints, values by example and rows, written."""
    worked_s: float
    """Processor time of scoring and writing."""
    peak_mb: float
    """Most memory of the process that scores and writes."""


def measure(sizes: Sequence[int], report: Report, *, count: int = SYSTEMS) -> list[Run]:
    """Every size, from a store of its own. BenchError where one does not come to its end."""
    found = []
    for done, clips in enumerate(sizes):
        report("sizes", done, len(sizes))
        with TemporaryDirectory() as name:
            filled = _step("fill", name, clips, count)
            found.append(Run(clips, filled["filled_s"], **_step("score", name, clips, count)))
    report("sizes", len(sizes), len(sizes))
    return found


def figures(runs: Sequence[Run]) -> list[Figure]:
    """What the runs show, against what is wanted."""
    what = f"{SYSTEMS} systems, {len(made_features.METRICS)} metrics with intervals, minutes"
    found = []
    for run in runs:
        minutes = (run.scored_s + run.written_s) / 60
        found.append(Figure(f"{run.clips} clips, {what}", minutes, MOST_MINUTES, minutes <= MOST_MINUTES))
        found.append(Figure(f"{run.clips} clips, minutes of one core", run.worked_s / 60, math.nan, True))
        found.append(Figure(f"{run.clips} clips, most memory in MB", run.peak_mb, math.nan, True))
    for small, large in pairwise(runs):
        if small.clips < ENOUGH:
            continue
        times = large.peak_mb / small.peak_mb
        said = f"memory of {large.clips} clips, times that of {small.clips}"
        found.append(Figure(said, times, MOST_MEMORY, times <= MOST_MEMORY))
    return found


def _step(step: str, folder: str, clips: int, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, step, folder, str(clips), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BenchError(f"scoring {clips} clips: {last}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _filled(folder: Path, clips: int, labels: Sequence[str]) -> dict[str, float]:
    began = time.perf_counter()
    made_features.fill(folder / "features", clips, labels, made_features.cards())
    return {"filled_s": time.perf_counter() - began}


def _scored(folder: Path, clips: int, count: int) -> dict[str, float]:
    cards, systems = made_features.cards(), made_features.systems(count)
    stored = made_features.stored(folder / "features", clips, [each.label for each in systems], cards)
    began, worked = time.perf_counter(), time.process_time()
    scored = scoring.score(stored, systems, cards, made_features.TASK)
    scored_s = time.perf_counter() - began
    prints = fingerprint.fingerprints(stored, systems, cards, made_features.TASK)
    scores.write(folder / scores.NAME, [*scored.scores, *prints])
    results.write(folder / "rows.csv", results.frame(scored.rows))
    return {
        "scored_s": scored_s,
        "written_s": time.perf_counter() - began - scored_s,
        "worked_s": time.process_time() - worked,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(step: str, name: str, clips: str, count: str) -> None:
    """One step in this process, its figures as JSON on standard output."""
    folder = Path(name)
    if step == "fill":
        labels = [each.label for each in made_features.systems(int(count))]
        print(json.dumps(_filled(folder, int(clips), labels)))
    else:
        print(json.dumps(_scored(folder, int(clips), int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
