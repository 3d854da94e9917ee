"""The commands perf all and perf page: every part in one run, and its figures in the documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Device, Json


def everything(
    out: Annotated[
        Path | None, typer.Option("--out", help="folder for perf.json, perf.md, two plots and the log")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", help="parts, e.g. metrics,peers; all without it")] = None,
    device: Device = "cpu",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help="for all parts; none: 8 on a card, else no limit")
    ] = None,
    tiny: Annotated[bool, typer.Option("--tiny", help="only look if all runs: the figures say nothing")] = False,
    history: Annotated[
        Path | None, typer.Option("--history", help="compare with this file in the place of results/perf.jsonl")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="add this measurement to the history")] = False,
    json: Json = False,
) -> None:
    """All parts in one run, beside what was before; ends with 1 if a bound is not kept or a part fails."""
    from tempfile import TemporaryDirectory

    from sightsound.bench.core import console
    from sightsound.bench.perf import everything as parts
    from sightsound.bench.perf import history as past
    from sightsound.bench.perf import written
    from sightsound.bench.perf.parts import Asked
    from sightsound.bench.stages import choose

    asked = Asked(choose.device_of(device), tiny)
    names = parts.chosen([name.strip() for name in (only or "").split(",") if name.strip()], asked)
    path = history or past.HISTORY
    before = past.read(path)
    if out:
        out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as own, console.progress() as report:
        log = (out or Path(own)) / written.LOG_NAME
        minutes = parts.CARD_MINUTES if minutes is None and asked.card else minutes
        measured = parts.measure(names, asked, before, log, report, minutes=minutes)
    lines = past.against(measured, before)
    if out:
        written.write(out, measured, before)
    if keep:
        past.add(path, measured)
        console.say(f"{path}: this measurement was added; `bench perf page` puts it into the documents")
    if json:
        console.as_json({"figures": [written.of_line(each) for each in lines], "failed": measured.failed})
    else:
        console.listing(*written.table(lines))
        console.listing(*written.parts_table(measured.parts, written.took(measured, before)))
    if measured.failed or (not tiny and not all(each.figure.ok for each in lines)):
        raise typer.Exit(1)


def page(
    history: Annotated[
        Path | None, typer.Option("--history", help="the measurements; results/perf.jsonl without it")
    ] = None,
) -> None:
    """Put the figures of the history into the tables of the documents."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import history as past
    from sightsound.bench.perf import page as perf_page

    for path, changed in perf_page.write(history or past.HISTORY).items():
        console.say(f"{console.shown(path)}: {'made anew' if changed else 'as it was'}")
