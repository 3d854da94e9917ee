"""python -m tests.statistics: how often intervals hold the truth, how often equal systems are told apart.

With 700 repetitions of a mean, and fewer of what takes longer, about 20 minutes on one core; with 30 about one. A
line gives the same with the same repetitions, alone or among others.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.statistics import coverage, summary, unpaired, verdicts

WANTED = 0.92, 0.97  # share of 95% intervals that hold the truth
MOST_ALARMS = 0.06
SCENE = ("what", "clips", "groups", "sizes", "in effect", "repetitions")
INTERVALS = {f"intervals.{kind.__name__}": kind for kind in (*coverage.KINDS, unpaired.unpaired)}
VERDICTS = {f"verdicts.{kind.__name__}": kind for kind in verdicts.KINDS}


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    names = [*INTERVALS, *VERDICTS]
    parser = argparse.ArgumentParser(prog="python -m tests.statistics", description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=700, help="of a mean; what takes longer gets a share")
    parser.add_argument("--only", action="append", choices=names, metavar="TABLE", help=", ".join(names))
    parser.add_argument(
        "--summarise", nargs="+", type=Path, metavar="FILE", help="tables printed before, in short"
    )
    options = parser.parse_args(arguments)
    if options.summarise:
        _head(*summary.HEAD)
        for line in summary.summary(options.summarise):
            _line(*line)
        return
    with threadpool_limits(1, user_api="blas"):
        for name in options.only or names:
            start = time.monotonic()
            kind = INTERVALS.get(name) or VERDICTS[name]
            print(f"{name}: {' '.join(str(kind.__doc__).split())}\n")
            intervals(name, options.repetitions) if name in INTERVALS else alarms(name, options.repetitions)
            print(f"\n({time.monotonic() - start:.0f} s)\n", flush=True)


def intervals(name: str, repetitions: int) -> None:
    """A table of coverage: shares in percent, `+-` the standard error of `held` by the number of repetitions;
    `width` in standard deviations of the value, 3.9 of a normal mean."""
    _head(*SCENE, "shown", "held", "+-", "too high", "width", "")
    for cell in INTERVALS[name]():
        found = coverage.measure(cell, repetitions)
        shares = (_percent(share) for share in (found.shown, found.held, found.error, found.above))
        width = "–" if math.isnan(found.width) else f"{found.width:.1f}"
        mark = _outside(found.held, found.intervals, *WANTED)
        _line(*_scene(cell), str(found.repetitions), *shares, width, mark)


def alarms(name: str, repetitions: int) -> None:
    """A table of verdicts: shares in percent, `+-` the standard error of those with p < 0.05."""
    _head(*SCENE, "given", "p < 0.05", "+-", "")
    for cell in VERDICTS[name]():
        found = verdicts.measure(cell, repetitions)
        most = 1.0 if cell.kind == "found" else MOST_ALARMS
        shares = (_percent(share) for share in (found.given, found.alarms, found.error))
        _line(*_scene(cell), str(found.repetitions), *shares, _outside(found.alarms, found.tests, 0, most))


def _scene(cell: coverage.Cell | verdicts.Cell) -> tuple[str, ...]:
    scene = cell.scene
    sizes = "equal" if scene.equal else "1/k"
    return cell.what, str(scene.clips), str(scene.groups), sizes, f"{scene.effective:.1f}"


def _outside(share: float, count: int, least: float, most: float) -> str:
    """A mark where a share of `count` is outside of what is wanted by more than chance: two standard errors."""
    below, above = (2 * math.sqrt(end * (1 - end) / max(count, 1)) for end in (least, most))
    return "low" if share < least - below else "high" if share > most + above else ""


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"


def _head(*cells: str) -> None:
    _line(*cells)
    print("|" + "---|" * len(cells), flush=True)


def _line(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
