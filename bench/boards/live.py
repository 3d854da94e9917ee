"""A run as it stands, read from its folder alone: nothing is locked and nothing is written.

The folder may be of a run that has just begun, is at work, ended, was killed, or is at work on another host.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightsound.bench.boards import sofar
from sightsound.bench.boards.cells import label
from sightsound.bench.core import console, heartbeat, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.heartbeat import Progress, Stage
from sightsound.bench.core.length import USUAL
from sightsound.bench.core.progress import span

SILENT_S = 60.0  # without a sign of life a run is called silent; it gives one every few seconds
LAST = 5  # failures and lines of the log that are shown
TAIL_BYTES = 64 << 10  # of a log
OVER = ("ended", "stopped", "gone", "unknown")
"""States in which nothing more is to come."""


@dataclass(frozen=True)
class System:
    """How far a system is."""

    name: str
    """Label."""
    done: int
    """Examples answered, failures among them."""
    wanted: int | None
    """Examples that it has to answer; None where the run does not say."""
    failed: int
    """Failures."""
    each_s: float | None
    """Wall seconds an example took, of those that have a time."""
    sound_s: float
    """Seconds of sound made; 0 where it makes none."""


@dataclass(frozen=True)
class Live:
    """All that can be said of a run now."""

    folder: str
    """As the user named it."""
    title: str
    """Task, split and seed; empty before the run has claimed its folder."""
    state: str
    """beginning, running, silent, or one of OVER."""
    said: str
    """The state in a sentence."""
    stages: Sequence[Mapping[str, Any]] = ()
    """name, done, total, ended, seconds, rate (a second, None), left_s (None)."""
    systems: Sequence[System] = ()
    """In the order of the run."""
    failures: Sequence[Mapping[str, str]] = ()
    """The last ones: system, example, reason."""
    log: Sequence[str] = ()
    """The last lines."""
    rows: Sequence[Mapping[str, Any]] = ()
    """Rows of values that are known."""
    final: bool = False
    """Whether the rows are those of a scored run; else they are made of its features."""
    metrics: Sequence[str] = ()
    """Metrics that the run was asked for."""
    remarks: Sequence[str] = field(default=())
    """What could not be read, and why."""


NO_PLAN = "no run has claimed this folder yet: no run.json in it"


def look(folder: Path, known: sofar.Known, *, now: float | None = None) -> Live:
    """The run as it stands. `known`: what an earlier look found. BenchError where there is no such folder."""
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder")
    now = time.time() if now is None else now
    plan, progress = store.read_plan(folder), heartbeat.read(folder)
    if plan is None:
        shards = sorted(path for path in folder.glob(f"{store.SHARDS}/*") if path.is_dir())
        said = f"shards that are not merged yet; watch each by itself: {shards[0]}" if shards else NO_PLAN
        return Live(str(folder), "", "beginning", said)
    remarks: list[str] = []
    systems, failures = _systems(folder, plan, progress, remarks)
    state, said = _state(folder, progress, now)
    scored = folder / "rows.csv"
    final = (
        scored.is_file() and state not in ("running", "silent") and (progress is None or progress.state == "ended")
    )
    rows: list[Mapping[str, Any]] = []
    if final:
        rows = list(console.records(results.read(scored)))
    elif plan["metrics"]:
        sofar.look(folder, {"length": USUAL} | plan, known)
        rows = list(console.records(results.frame(known.rows.values()))) if known.rows else []
        remarks += [f"no values before the run's own: {known.why}"] if known.why else []
    return Live(
        folder=str(folder),
        title=f"{plan['task']} on {plan['split']}, seed {plan['seed']}",
        state=state,
        said=said,
        stages=[_stage(each, progress, now) for each in progress.stages] if progress else [],
        systems=systems,
        failures=failures[-LAST:],
        log=_tail(folder / heartbeat.LOG),
        rows=rows,
        final=final,
        metrics=plan["metrics"],
        remarks=remarks,
    )


def _systems(
    folder: Path, plan: Mapping[str, Any], progress: Progress | None, remarks: list[str]
) -> tuple[list[System], list[dict[str, str]]]:
    """How far each system is, by its journal; and every failure."""
    found, failures = [], []
    for name in plan["systems"]:
        try:
            journal = store.Journal(folder / "systems" / store.slug(name)).read()
        except BenchError as error:
            remarks.append(str(error))
            continue
        outputs = list(journal.values())
        times = [each.took_s for each in outputs if each.took_s > 0]
        failed = [each for each in outputs if each.path is None]
        failures += [{"system": name, "example": each.id, "reason": each.error or ""} for each in failed]
        found.append(
            System(
                name=name,
                done=len(outputs),
                wanted=progress.wanted.get(name) if progress else None,
                failed=len(failed),
                each_s=sum(times) / len(times) if times else None,
                sound_s=sum(each.seconds for each in outputs),
            )
        )
    return found, failures


def _state(folder: Path, progress: Progress | None, now: float) -> tuple[str, str]:
    scored = (folder / "rows.csv").is_file()
    if progress is None:
        if scored:
            return "ended", "ended (by a version that tells no more)"
        return "unknown", "nothing tells whether it is at work: it was made by a version that does not say"
    lasted = span(max(progress.written - progress.began, 0))
    if progress.state == heartbeat.ENDED:
        return "ended", f"ended after {lasted}"
    if progress.state == heartbeat.STOPPED:
        return "stopped", f"stopped after {lasted}: {progress.error}; the same command goes on"
    here = progress.host == socket.gethostname()
    where = "" if here else f" on {progress.host}"
    if here and not _alive(progress.process):
        gone = f"process {progress.process} is gone after {lasted}: it crashed or was killed"
        return "gone", f"{gone}; the same command goes on"
    silent_s = now - progress.written
    if silent_s > SILENT_S:
        clock = "" if here else ", if the clocks agree"
        return "silent", f"process {progress.process}{where} gave no sign of life for {span(silent_s)}{clock}"
    return "running", f"at work{where} for {lasted} (process {progress.process})"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's
        return True
    return True


def _stage(stage: Stage, progress: Progress, now: float) -> dict[str, Any]:
    """A stage with its rate and what is left, by the clock of the run's host."""
    made, took = stage.done - stage.first, stage.moved - stage.began
    rate = made / took if made > 0 and took > 0 else None
    left = None
    if not stage.ended and rate and stage.total is not None and progress.state == heartbeat.RUNNING:
        left = max((stage.total - stage.done) / rate - (progress.written - stage.moved), 0.0)
    end = stage.moved if stage.ended else progress.written
    return {
        "name": stage.name,
        "done": stage.done,
        "total": stage.total,
        "ended": stage.ended,
        "seconds": max(end - stage.began, 0.0),
        "rate": rate,
        "left_s": left,
    }


def _tail(path: Path) -> list[str]:
    """The last lines of a log; none where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - TAIL_BYTES, 0))
            return file.read().decode("utf-8", "replace").splitlines()[-LAST:]
    except FileNotFoundError:
        return []


def order(live: Live) -> list[str]:
    """Labels in the order of the run; those of rows that it does not name after them."""
    return list(dict.fromkeys([*(each.name for each in live.systems), *map(label, live.rows)]))


def directions(live: Live) -> dict[str, bool]:
    """Metric -> whether higher is better, in the order of the run, of those that have a value."""
    up = {row["metric"]: bool(row["higher_is_better"]) for row in live.rows}
    return {name: up[name] for name in [*live.metrics, *up] if name in up}
