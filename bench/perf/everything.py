"""`bench perf all`: the parts one after the other, each within a limit, within a time for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sightsound.bench.core import console
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.progress import span
from sightsound.bench.core.types import Report
from sightsound.bench.perf import apart, history
from sightsound.bench.perf.history import Measured, Spent
from sightsound.bench.perf.parts import PARTS, Asked

CARD_MINUTES = 8.0  # for all parts on a card, unless --minutes says otherwise
LEAST_S = 60.0  # that a part may take, however short it should be
TIMES = 4.0  # as long as it should be, that a part may take
TIMES_WITHIN = 2.0  # the same where there is a time for all
UNKNOWN_S = 600.0  # that a part may take of which nobody has said how long it takes


def chosen(names: Sequence[str], asked: Asked) -> list[str]:
    """The parts of these names, in their order; for none all that are measured on such a device. BenchError for a
    name that is none."""
    if odd := [name for name in names if name not in PARTS]:
        raise BenchError(f"--only {odd[0]}: no such part; there are {', '.join(PARTS)}")
    usual = [name for name, part in PARTS.items() if part.about_s(asked) is not None]
    return [name for name in PARTS if name in names] or usual


def measure(
    names: Sequence[str],
    asked: Asked,
    past: Sequence[Measured],
    log: Path,
    report: Report,
    *,
    minutes: float | None = None,
) -> Measured:
    """Measure the parts. One that fails, takes longer than it may, or for which no time is left is said in a line
    and the others go on.

    `past`: how long a part takes is read off the last measurement on such a machine, where there is one;
    `minutes`: for all of them, None for as long as they take; `log`: what their processes print.
    """
    like = history.now([], asked.device, "tiny" if asked.tiny else "usual")
    took = history.before(like, past)
    ends_s = time.monotonic() + 60 * minutes if minutes else None
    figures, parts, failed = [], dict[str, Spent](), dict[str, str]()
    for name in names:
        about_s = took.get((name, "seconds"), None if asked.tiny else PARTS[name].about_s(asked))
        left_s = ends_s - time.monotonic() if ends_s is not None else None
        if left_s is not None and left_s < max(1.0, (about_s or 0) / 2):
            failed[name] = f"left out: it takes about {span(about_s or 0)}, {span(max(left_s, 0))} are left"
            console.say(f"{name}: {failed[name]}")
            continue
        limit_s = _limit(about_s, left_s)
        console.say(f"{name}: {PARTS[name].what}{_about(about_s)}, at most {span(limit_s)}")
        outcome = apart.run(PARTS[name], asked, limit_s, log, _of(name, report))
        figures += [history.kept(name, each) for each in outcome.figures]
        if outcome.failed:
            more = f"; {_figures(len(outcome.figures))} kept" if outcome.figures else ""
            failed[name] = f"{outcome.failed}{more}"
            console.say(f"{name}: {failed[name]}")
        else:
            parts[name] = _spent(outcome)
    return history.now(figures, asked.device, like.size, parts, failed)


def _about(about_s: float | None) -> str:
    return f"; about {span(about_s)}" if about_s else ""


def _figures(count: int) -> str:
    return "1 figure from before is" if count == 1 else f"{count} figures from before are"


def _limit(about_s: float | None, left_s: float | None) -> float:
    if about_s is None:
        return min(UNKNOWN_S, left_s or UNKNOWN_S)
    if left_s is None:
        return max(LEAST_S, TIMES * about_s)
    return min(left_s, max(LEAST_S, TIMES_WITHIN * about_s))


def _of(name: str, report: Report) -> Callable[[str, int, int | None], None]:
    """A report of stages that says of which part they are."""
    return lambda what, done, total: report(f"{name}: {what}", done, total)


def _spent(outcome: apart.Outcome) -> Spent:
    use = outcome.use
    stages: Mapping[str, float] = {stage: round(seconds, 2) for stage, seconds in outcome.stages.items()}
    return Spent(
        round(use.seconds, 2),
        round(use.peak_mb),
        round(use.cores_busy, 3),
        None if use.device_busy is None else round(use.device_busy, 3),
        None if use.device_mb is None else round(use.device_mb),
        stages,
    )
