"""A part of `bench perf all` in a process of its own, so that its memory is its own, a limit ends it with all that
it started, and what goes wrong in it, on a card too, is nobody else's.

The process tells what it has in a file, a JSON line each: `["report", [what, done, total]]`, `["figure", {...}]`,
and at the end `["ended", {...}]`. So the figures that a part had before it was ended are kept.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, one_line
from sightsound.bench.core.progress import Lines, span
from sightsound.bench.core.types import Report
from sightsound.bench.elsewhere.process import Process
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.parts import Asked, Part
from sightsound.bench.perf.watch import Use, watched

LOOK_S = 0.1  # between two looks at what the process tells
TOLD_S = 1.0  # between two reports of one stage
START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sightsound.bench.perf.apart import main; main(*sys.argv[2:])"
)


@dataclass
class Outcome:
    """What came of a part."""

    figures: list[Figure] = field(default_factory=list)
    use: Use = field(default_factory=Use)
    stages: Mapping[str, float] = field(default_factory=dict)
    """Stage -> seconds in which it was the one at work."""
    failed: str = ""
    """Why it came to no end, in a line; empty where it did."""


def run(part: Part, asked: Asked, limit_s: float, log: Path, report: Report) -> Outcome:
    """Measure a part. What the process prints goes to the end of `log`."""
    outcome = Outcome()
    with TemporaryDirectory(prefix="sightsound-perf-") as name:
        told, scratch = Path(name) / "told.jsonl", Path(name) / "scratch"
        scratch.mkdir()
        told.touch()
        words = [sys.executable, "-c", START, json.dumps(sys.path), part.entry, asked.device, str(int(asked.tiny))]
        began = time.monotonic()
        with told.open(encoding="utf-8") as file:
            process = Process([*words, str(told)], log, env={"TMPDIR": str(scratch)})
            try:
                ended = False
                while process.running() and time.monotonic() - began < limit_s:
                    ended = _heard(file, outcome, report) or ended
                    time.sleep(LOOK_S)
                over = process.code is None
            finally:
                process.end()
            ended = _heard(file, outcome, report) or ended
    if not ended:
        outcome.use.seconds = time.monotonic() - began
        outcome.failed = f"took more than {span(limit_s)} and was ended" if over else process.last_words()
    return outcome


def _heard(file: IO[str], outcome: Outcome, report: Report) -> bool:
    """Take what was told since; whether the part came to its end."""
    ended, place = False, file.tell()
    while line := file.readline():
        if not line.endswith("\n"):  # the rest of it is not there yet
            file.seek(place)
            break
        place = file.tell()
        kind, found = json.loads(line)
        if kind == "figure":
            outcome.figures.append(Figure(**found))
        elif kind == "report":
            report(*found)
        else:
            outcome.use, outcome.stages, outcome.failed = Use(**found["use"]), found["stages"], found["failed"]
            ended = True
    return ended


def main(entry: str, device: str, tiny: str, told: str) -> None:
    """The part, in this process."""
    lines = Lines(lambda text: print(text, flush=True), 30.0)
    failed, last, last_s = "", "", 0.0
    with Path(told).open("a", encoding="utf-8", buffering=1) as file:

        def put(kind: str, found: Any) -> None:
            file.write(json.dumps([kind, found]) + "\n")

        def report(what: str, done: int, total: int | None) -> None:
            nonlocal last, last_s
            lines.report(what, done, total)
            now_s = time.monotonic()
            if what != last or done == total or now_s - last_s > TOLD_S:
                last, last_s = what, now_s
                put("report", [what, done, total])

        with lines.running(), watched(device) as use:
            try:
                for figure in registry.load(entry)(Asked(device, tiny == "1"), report):
                    put("figure", {**figure._asdict(), "value": float(figure.value), "ok": bool(figure.ok)})
            except BenchError as error:
                failed = one_line(error)
            except Exception as error:
                traceback.print_exc()
                failed = named(error)
        put("ended", {"use": asdict(use), "stages": lines.spent_s, "failed": failed})
