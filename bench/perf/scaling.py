"""`bench perf scaling`: how long scoring takes, and how much memory each stage, as the number of clips grows.

Scoring: six made systems and ten metrics with intervals, from features that bench/perf/made_features.py puts
straight into a store. Generating and embedding: a quarter of a second of noise a clip (bench/perf/made_clips.py).
Each stage of each size runs in a process of its own, whose peak of memory the system tells.
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
from sightsound.bench.perf import made_clips, made_features
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
    generated_s: float = math.nan
    """As many short clips of one quick system generated."""
    generated_mb: float = math.nan
    """Most memory of the process that generates."""
    embedded_s: float = math.nan
    """They embedded by one small network."""
    embedded_mb: float = math.nan
    """Most memory of the process that embeds."""


PEAKS = {"scoring": "peak_mb", "generating": "generated_mb", "embedding": "embedded_mb"}
"""Stage -> where a Run has its memory."""


def measure(sizes: Sequence[int], report: Report, *, count: int = SYSTEMS) -> list[Run]:
    """Every size, from a store of its own. BenchError where one does not come to its end."""
    found = []
    for done, clips in enumerate(sizes):
        report("sizes", done, len(sizes))
        with TemporaryDirectory() as name:
            filled = _step("fill", name, clips, count)
            scored = _step("score", name, clips, count)
            made = _step("generate", name, clips, count) | _step("embed", name, clips, count)
            found.append(Run(clips, filled["filled_s"], **scored, **made))
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
        for stage, field in PEAKS.items():
            found.append(
                Figure(f"{run.clips} clips, {stage}, most memory in MB", getattr(run, field), math.nan, True)
            )
    for small, large in pairwise(runs):
        if small.clips < ENOUGH:
            continue
        for stage, field in PEAKS.items():
            times = getattr(large, field) / getattr(small, field)
            said = f"{stage}: memory of {large.clips} clips, times that of {small.clips}"
            found.append(Figure(said, times, MOST_MEMORY, times <= MOST_MEMORY))
    return found


def _step(step: str, folder: str, clips: int, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, step, folder, str(clips), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BenchError(f"{step} {clips} clips: {last}")
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
        "peak_mb": _peak_mb(),
    }


def _generated(folder: Path, clips: int) -> dict[str, float]:
    began = time.perf_counter()
    made_clips.make(folder / "run", clips)
    return {"generated_s": time.perf_counter() - began, "generated_mb": _peak_mb()}


def _embedded(folder: Path) -> dict[str, float]:
    began = time.perf_counter()
    made_clips.embedded(folder / "run", folder / "embedded")
    return {"embedded_s": time.perf_counter() - began, "embedded_mb": _peak_mb()}


def _peak_mb() -> float:
    """Most memory of this process; what the system's own call tells may be that of the process it came from."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    except (OSError, ValueError):  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(peak) / 1024


def main(step: str, name: str, clips: str, count: str) -> None:
    """One step in this process, its figures as JSON on standard output."""
    folder, number = Path(name), int(clips)
    match step:
        case "fill":
            found = _filled(folder, number, [each.label for each in made_features.systems(int(count))])
        case "score":
            found = _scored(folder, number, int(count))
        case "generate":
            found = _generated(folder, number)
        case _:
            found = _embedded(folder)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
