"""A measurement as `bench perf all --out FOLDER` writes it: JSON, tables, and two plots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sightsound.bench.core import console
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.progress import span
from sightsound.bench.core.store import write_text
from sightsound.bench.exports import drawing
from sightsound.bench.perf import history
from sightsound.bench.perf.history import Line, Measured, Spent

JSON_NAME, TABLE_NAME, LOG_NAME = "perf.json", "perf.md", "perf.log"
PLOT_NAME, PARTS_PLOT_NAME = "perf.png", "perf-parts.png"
MISSED = "#b03a2e"
SHADES = ("#1f4e79", "#7fa8d1", "#c8b06b", "#8a8a8a")
"""Of a part's stages: the three longest and the rest."""
STAGES = len(SHADES) - 1
WIDTH = 9.0  # inches
LONGEST = 64  # characters of a line of a name
FEW_DECADES = 100.0  # from the least to the most of an axis, with which there is room for numbers between
Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Header and rows."""


def write(out: Path, measured: Measured, past: Sequence[Measured]) -> None:
    """perf.json, perf.md and, where matplotlib is, perf.png and perf-parts.png in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    lines = history.against(measured, past)
    facts = asdict(measured) | {"figures": [of_line(each) for each in lines]}
    write_text(out / JSON_NAME, json.dumps(facts, indent=1) + "\n")
    parts = [f"{part}: {why}" for part, why in measured.failed.items()]
    told = [
        said(measured),
        marked(*table(lines)),
        marked(*parts_table(measured.parts, took(measured, past))),
        *parts,
    ]
    write_text(out / TABLE_NAME, "\n\n".join([*told, measured.versions]) + "\n")
    try:
        drawing.check(out / PLOT_NAME)
    except BenchError as error:
        console.say(f"{out / PLOT_NAME}: not drawn; {error}")
        return
    if lines:
        _plot(out / PLOT_NAME, measured, lines)
    if measured.parts:
        _plot_parts(out / PARTS_PLOT_NAME, measured)


def of_line(line: Line) -> dict[str, object]:
    """A figure for JSON."""
    return asdict(line.figure) | {"before": line.before, "change": line.change, "changed": line.changed}


def said(measured: Measured) -> str:
    """When and where it was measured."""
    size = "" if measured.size == "usual" else f", {measured.size} (these figures say nothing)"
    return f"{measured.day}, {measured.commit or 'no commit'}, {measured.device}, {measured.machine}{size}"


def table(lines: Sequence[Line]) -> Table:
    """The figures."""
    rows: list[tuple[str, ...]] = [
        (
            "ok" if line.figure.ok else "MISSED",
            line.figure.part,
            line.figure.what,
            *(
                "" if each is None else number(each)
                for each in (line.figure.value, line.figure.target, line.before)
            ),
            marked_change(line.change),
        )
        for line in lines
    ]
    return ("", "part", "what", "measured", "target", "before", "change"), rows


def number(value: float) -> str:
    """A value with three significant digits, thousands in full.

    >>> number(3481.2), number(41.0), number(5e-7)
    ('3,481', '41.0', '5.00e-07')
    """
    return f"{value:,.0f}" if abs(value) >= 999.5 else console.number(value, 3)


def took(measured: Measured, past: Sequence[Measured]) -> dict[str, float]:
    """Part -> seconds that it took before."""
    was = history.before(measured, past)
    return {part: seconds for part in measured.parts if (seconds := was.get((part, "seconds"))) is not None}


def marked_change(change: float | None) -> str:
    """A change as a share, marked where it is worth a look.

    >>> marked_change(0.5), marked_change(-0.1)
    ('+50% CHANGED', '-10%')
    """
    if change is None:
        return ""
    return f"{change:+.0%}{' CHANGED' if abs(change) > history.CHANGED else ''}"


def parts_table(parts: Mapping[str, Spent], before: Mapping[str, float]) -> Table:
    """What the parts took; `before`: part -> seconds that it took then, so that a change is marked."""
    rows: list[tuple[str, ...]] = [
        (
            part,
            span(spent.seconds) + _slower(spent.seconds, before.get(part)),
            f"{spent.peak_mb:,.0f}",
            f"{spent.cores_busy:.0%}",
            *(
                ("–", "–")
                if spent.device_busy is None
                else (f"{spent.device_busy:.0%}", f"{spent.device_mb:,.0f}")
            ),
            "; ".join(f"{stage}: {span(seconds)}" for stage, seconds in longest(spent.stages)),
        )
        for part, spent in parts.items()
    ]
    return ("part", "time", "MB at most", "cores busy", "card busy", "MB of the card", "longest stages"), rows


def _slower(seconds: float, before: float | None) -> str:
    change = history.change(seconds, before)
    return f" ({marked_change(change)})" if change is not None and abs(change) > history.CHANGED else ""


def longest(stages: Mapping[str, float]) -> list[tuple[str, float]]:
    """The stages that took longest."""
    return sorted(stages.items(), key=lambda each: -each[1])[:STAGES]


def marked(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def margin(line: Line) -> tuple[float, float | None]:
    """How many times better than its target a figure is, under 1 where it misses it; and likewise what was before.

    A figure that is not ok though its number is good (both ways do not give the same) counts as missed."""
    figure, target = line.figure, line.figure.target
    assert target is not None
    value = max(figure.value, 1e-9)
    is_least = (value >= target) == figure.ok  # else the target is the most that it may be
    before = None if not line.before else line.before / target if is_least else target / line.before
    return value / target if is_least else target / value, before


def _plot(out: Path, measured: Measured, lines: Sequence[Line]) -> None:
    """Every figure that has a target, by how many times it is better; what was before in grey."""
    from matplotlib.ticker import LogLocator, NullFormatter

    shown = [each for each in lines if each.figure.target] or list(lines)
    figure, (place,) = drawing.panels(1, height=0.9 + 0.3 * len(shown))
    for height, each in enumerate(reversed(shown)):
        now, before = margin(each) if each.figure.target else (max(each.figure.value, 1e-9), each.before)
        if before:
            drawing.point(place, before, height, colour=drawing.REFERENCE)
        drawing.point(place, now, height, colour=drawing.SYSTEM if each.figure.ok else MISSED)
    place.set_xscale("log")
    place.axvline(1.0, color=drawing.REFERENCE, linestyle="--", linewidth=0.8)
    place.xaxis.set_major_formatter("{x:g}")
    low, high = place.get_xlim()
    place.xaxis.set_minor_locator(LogLocator(subs=(2, 3, 5)))
    place.xaxis.set_minor_formatter("{x:g}" if high < FEW_DECADES * low else NullFormatter())
    place.tick_params(axis="x", which="both", labelsize="x-small")
    figure.set_figwidth(WIDTH)
    names = [drawing.plain_lines(_short(each.figure.what)) for each in reversed(shown)]
    place.set_yticks(range(len(shown)), names, fontsize="xx-small")
    place.set_xlabel("times better than its target (red: missed; grey: before)", fontsize="x-small")
    drawing.save(figure, out, f"bench perf all, {measured.day}, {measured.device}")


def _short(text: str) -> str:
    """A text in at most two lines."""
    first, *rest = console.in_width(text.split(), LONGEST)
    return "\n".join([first, f"{rest[0]} ..." if len(rest) > 1 else rest[0]]) if rest else first


def _plot_parts(out: Path, measured: Measured) -> None:
    """Seconds of every part by its stages; beside it memory and what was busy."""
    figure, (place,) = drawing.panels(1, height=0.9 + 0.45 * len(measured.parts))
    for height, spent in enumerate(reversed(list(measured.parts.values()))):
        left = 0.0
        pieces = longest(spent.stages)
        rest = spent.seconds - sum(seconds for _, seconds in pieces)
        for shade, (stage, seconds) in zip(SHADES, [*pieces, ("", 0.0), ("", 0.0), ("", 0.0)], strict=False):
            place.barh(height, seconds, left=left, color=shade, height=0.6)
            if seconds > 0.12 * max(each.seconds for each in measured.parts.values()):
                place.text(left, height, f" {drawing.plain(stage)}", fontsize=5, va="center", color="white")
            left += seconds
        place.barh(height, max(rest, 0.0), left=left, color=SHADES[-1], height=0.6)
        card = "" if spent.device_busy is None else f", card {spent.device_busy:.0%}"
        note = f"  {span(spent.seconds)}, {spent.peak_mb:,.0f} MB, cores {spent.cores_busy:.0%}{card}"
        place.text(spent.seconds, height, note, fontsize=6, va="center")
    place.set_yticks(range(len(measured.parts)), list(measured.parts)[::-1], fontsize="x-small")
    place.set_xlim(0, 1.6 * max(each.seconds for each in measured.parts.values()))
    place.set_xlabel("seconds, by stage", fontsize="x-small")
    drawing.save(figure, out, f"bench perf all, {measured.day}, {measured.device}")
