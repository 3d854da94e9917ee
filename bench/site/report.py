"""`bench report RUN`: one page alone, with everything in it, that can be sent by mail and opened anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sightsound.bench.core import labels, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import unknown
from sightsound.bench.core.types import Report
from sightsound.bench.review import warnings
from sightsound.bench.site import example_data, jsons, outstanding
from sightsound.bench.site.answers import Shown
from sightsound.bench.site.collect import collect
from sightsound.bench.site.example_data import Gathered, reference
from sightsound.bench.site.example_pages import RULE, WAVES
from sightsound.bench.site.shelf import Inlined
from sightsound.bench.site.sound import Coding
from sightsound.bench.site.write import HERE, environment

CODING = Coding(kbits=64)
"""How sound is coded where nobody says otherwise."""
EXAMPLES = 12
LARGE_MB = 20.0
"""What many a mail server takes."""
FAILURES = 100
"""Failures that are listed one by one."""


@dataclass(frozen=True)
class Written:
    """What a report holds."""

    bytes: int
    """Size of the page."""
    media_bytes: int
    """Of the media in it, before they became text."""
    shown: int
    """Examples in it."""
    examples: int
    """Examples of the run."""
    coding: str
    """How sound is coded."""


def report(
    run: Path,
    out: Path,
    *,
    coding: Coding = CODING,
    count: int = EXAMPLES,
    named: Sequence[str] = (),
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> Written:
    """Write the page of a run to `out`.

    It has `count` examples: a third each of the best, the worst and the most disputed (bench/site/outstanding.py),
    or, where no metric gives single clips values, some evenly spaced; and those `named`. BenchError for a run
    without rows, and for an example that it does not have.
    """
    of = _read(run, mirror)
    chosen = _chosen(of, count, named)
    shelf = Inlined(coding)
    tested = [name for name in of.systems if not reference(name)]
    drawn = example_data.records(of, [each for each, _ in chosen], shelf.media, report, systems=tested)
    data = shelf.data | {
        "report": {
            "board": example_data.listing(of, {}),
            "examples": [{"why": why, "one": one} for (_, why), one in zip(chosen, drawn, strict=True)],
        }
    }
    page = environment().get_template("report.html").render(
        **_values(of, run),
        coding=coding.text,
        rule=RULE,
        shown=len(chosen),
        styles=_inlined("style", "static/site.css", "static/media.css"),
        scripts=_inlined("script", "static/site.js", *WAVES, "static/example.js"),
        data=Markup("".join(jsons.script(name, value) for name, value in data.items())),
        last=_inlined("script", "static/report.js"),
        media_mb=shelf.media.bytes / 1e6,
    )  # fmt: skip
    store.write_text(out, page)
    return Written(len(page.encode()), shelf.media.bytes, len(chosen), len(of.found.examples), coding.text)


def _read(run: Path, mirror: Path | None) -> Gathered:
    boards = [board for board in collect(None, [run]).boards if board.runs]
    if not boards:
        raise BenchError(f"{run}: no rows.csv in it; `bench run` with the same options ends the run")
    return example_data.gathered(boards[0], mirror)


def _chosen(of: Gathered, count: int, named: Sequence[str]) -> list[tuple[Shown, str]]:
    """The examples of the page, each with why it is there."""
    examples = {each.id: each for each in of.found.examples}
    for name in named:
        if name not in examples:
            raise unknown("example of this run", name, examples)
    found = dict.fromkeys(named, "asked for")
    ways = (("best", outstanding.best), ("worst", outstanding.worst), ("disputed", outstanding.disputed))
    wanted = min(count + len(found), len(examples))
    queues = [(why, iter(choose(of.standings, len(examples)))) for why, choose in ways]
    while len(found) < wanted and queues:  # in turn, so that each kind has its third
        why, queue = queues.pop(0)
        if (each := next((one for one in queue if one.example not in found), None)) is not None:
            found[each.example] = _reason(of, why, each)
            queues.append((why, queue))
    rest = [name for name in examples if name not in found]
    step = max(len(rest) / max(wanted - len(found), 1), 1)
    for place in range(wanted - len(found)):
        found[rest[int(place * step)]] = "one of some that are evenly spaced in the list"
    return [(examples[name], why) for name, why in sorted(found.items(), key=lambda item: _order(item[1]))]


def _order(why: str) -> int:
    return next((at for at, kind in enumerate(("asked", "best", "worst", "disputed")) if why.startswith(kind)), 9)


def _reason(of: Gathered, why: str, found: outstanding.Standing) -> str:
    names = {column.key: column.short for column in of.clips.columns}
    if why == "disputed":
        return (
            f"disputed: {found.system}, highest by {names[found.highest]}, lowest by {names[found.lowest]} "
            f"(standings {found.dispute:.2f} apart)"
        )
    return f"{why}: {found.system}, mean standing {found.mean:.2f}"


def _values(of: Gathered, run: Path) -> dict[str, Any]:
    """What the template reads of the run itself."""
    board = of.board
    first: Mapping[str, Any] = board.rows[0]
    failures = [
        (name, each.id, answer.why)
        for name in of.systems
        for each in of.found.examples
        if (answer := of.found.answer(name, each.id)).failed
    ]
    groups: dict[str, list[Any]] = {}
    for column in board.columns:
        groups.setdefault(labels.QUALITIES[column.quality], []).append(column)
    return {
        "board": board,
        "run": run.resolve().name,
        "first": first,
        "systems": of.systems,
        "tested": [name for name in of.systems if not reference(name)],
        "groups": groups,
        "examples": len(of.found.examples),
        "problems": of.found.problems,
        "failures": failures[:FAILURES],
        "failures_all": len(failures),
        "failed": Counter(name for name, _, _ in failures),
        "warnings": [str(each) for each in warnings.read(run)],
    }


def _inlined(element: str, *paths: str) -> Markup:
    """Files of this package as they stand in a page, in an element of that name."""
    text = "\n".join((HERE / path).read_text(encoding="utf-8") for path in paths)
    if f"</{element}" in text.lower():
        raise ValueError(f"one of {', '.join(paths)} would end its <{element}>")
    return Markup(text)
