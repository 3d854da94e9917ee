"""One shard: its batches generated, its outputs and its part of the references embedded, in its own folder."""

from __future__ import annotations

from dataclasses import replace

from sightsound.bench.core import store
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.remote import runs
from sightsound.bench.shards import record as records
from sightsound.bench.shards.record import Record
from sightsound.bench.stages import run
from sightsound.bench.stages.request import Request


def work(request: Request, report: Report) -> Record:
    """Make what the request's shard lacks; it goes on where it was stopped.

    The only lock is that of the shard's own folder. BenchError where the run folder holds shards of another
    command, or something else than a run.
    """
    assert request.shard is not None
    folder, own = request.folder, records.place(request.folder, request.shard)
    mine = records.begun(request, request.shard)
    _refuse(request, mine)
    with runs.held(own, report):
        records.write(folder, mine)
        answered = run.part(replace(request, folder=own), own / records.FEATURES, report)
        plan = store.read_plan(own) or {}
        done = replace(mine, plan=plan, answered=answered, done=True)
        records.write(folder, done)
    return done


def _refuse(request: Request, mine: Record) -> None:
    """BenchError, a line, before anything is written."""
    folder = request.folder
    if store.read_plan(folder) is None:
        store.refuse_foreign(folder)
    for other in records.read(folder, but=mine.shard):
        if other.number != mine.number and (why := records.differs(mine, other)):
            raise BenchError(
                f"{shown(folder)}: holds shard {other.shard} of another command: this one {why}; give another "
                f"--out, or remove {store.SHARDS}/ there"
            )
