"""`bench perf all`: every part in one run, as JSON, a table and a plot, beside what was measured before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from sightsound.bench.core import console
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import write_text
from sightsound.bench.core.types import Report
from sightsound.bench.exports import drawing
from sightsound.bench.perf import generate, history, metrics, peer_world, peers, systems
from sightsound.bench.perf.history import Line, Measured
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.stages import choose
from sightsound.bench.stages.options import Options

HISTORY = metrics.CHECKOUT / "results" / "perf.jsonl"
JSON_NAME, TABLE_NAME, PLOT_NAME = "perf.json", "perf.md", "perf.png"


class Asked(NamedTuple):
    """What the parts are told."""

    device: str
    tiny: bool
    """Whether only to look if all runs."""


Part = Callable[[Asked, Report], list[Figure]]


def _metrics(asked: Asked, report: Report) -> list[Figure]:
    if asked.tiny:
        return [*metrics.root_trace(dim=24), *metrics.interval(clips=40, frames=4, dim=6)]
    return metrics.metrics(report)


def _systems(asked: Asked, report: Report) -> list[Figure]:
    return [] if asked.tiny else systems.measure(report)


def _generate(asked: Asked, report: Report) -> list[Figure]:
    """The pocket pipeline; on a card a system that is measured there must be named to `bench perf generate`."""
    if asked.tiny:
        return []
    options = Options("image2music", model=("mozart:pocket_no_bridge",), limit=16, device=asked.device)
    return generate.measure(choose.request(options, choose.systems_for(options, references=False)), report)


def _peers(asked: Asked, report: Report) -> list[Figure]:
    usual = peer_world.CARD if asked.device.startswith("cuda") else peer_world.USUAL
    return peers.measure(asked.device, peer_world.TINY if asked.tiny else usual, report)


PARTS: Mapping[str, Part] = {
    "metrics": _metrics,
    "systems": _systems,
    "generate": _generate,
    "peers": _peers,
}
"""The parts, in the order in which they are measured."""


def chosen(names: Sequence[str]) -> list[str]:
    """The parts of these names, all for none. BenchError for one that is none."""
    if odd := [name for name in names if name not in PARTS]:
        raise BenchError(f"--only {odd[0]}: no such part; there are {', '.join(PARTS)}")
    return [name for name in PARTS if name in names] or list(PARTS)


def measure(names: Sequence[str], asked: Asked, before: Path, report: Report) -> tuple[Measured, list[Line]]:
    """The measurement, and its figures beside those of the history `before`."""
    figures = [figure for name in names for figure in PARTS[name](asked, report)]
    measured = history.now(figures, asked.device, "tiny" if asked.tiny else "usual")
    return measured, history.against(figures, measured, history.read(before))


def write(out: Path, measured: Measured, lines: Sequence[Line]) -> None:
    """perf.json, perf.md and, where matplotlib is, perf.png in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    facts = asdict(measured) | {
        "figures": [
            each.figure._asdict() | {"before": each.before, "change": each.change, "changed": each.changed}
            for each in lines
        ]
    }
    write_text(out / JSON_NAME, json.dumps(facts, indent=1) + "\n")
    header, rows = table(lines)
    marks = ["|".join(["", *header, ""]), "|".join(["", *("---" for _ in header), ""])]
    marks += ["|".join(["", *(cell.replace("|", "\\|") for cell in row), ""]) for row in rows]
    head = (
        f"{measured.day}, {measured.commit or 'no commit'}, {measured.device}, {measured.machine}, {measured.size}"
    )
    write_text(out / TABLE_NAME, f"{head}\n\n" + "\n".join(marks) + f"\n\n{measured.versions}\n")
    try:
        drawing.check(out / PLOT_NAME)
    except BenchError as error:
        console.say(f"{out / PLOT_NAME}: not drawn; {error}")
        return
    _plot(out / PLOT_NAME, measured, lines)


def table(lines: Sequence[Line]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of texts."""
    rows: list[tuple[str, ...]] = [
        (
            "ok" if figure.ok else "MISSED",
            figure.what,
            console.number(figure.value, 3),
            console.number(figure.target, 3) if figure.target else "",
            "" if before is None else console.number(before, 3),
            "" if change is None else f"{change:+.0%}{' CHANGED' if changed else ''}",
        )
        for figure, before, change, changed in ((e.figure, e.before, e.change, e.changed) for e in lines)
    ]
    return ("", "what", "measured", "target", "before", "change"), rows


def _plot(out: Path, measured: Measured, lines: Sequence[Line]) -> None:
    """Every figure that has a target, as its share of it; what was before in grey."""
    shown = [each for each in lines if each.figure.target and each.figure.value > 0] or list(lines)
    figure, (place,) = drawing.panels(1, height=0.9 + 0.3 * len(shown))
    for height, each in enumerate(reversed(shown)):
        target = each.figure.target or 1.0
        if each.before:
            drawing.point(place, each.before / target, height, colour=drawing.REFERENCE)
        drawing.point(place, max(each.figure.value, 1e-9) / target, height, colour=drawing.SYSTEM)
    place.set_xscale("log")
    place.axvline(1.0, color=drawing.REFERENCE, linestyle="--", linewidth=0.8)
    names = [drawing.plain(history.name(each.figure)[:70]) for each in reversed(shown)]
    place.set_yticks(range(len(shown)), names, fontsize="xx-small")
    place.set_xlabel("measured / target (grey: before)")
    drawing.save(figure, out, f"bench perf, {measured.day}, {measured.device}")
