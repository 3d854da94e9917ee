"""python -m tests.statistics: how often intervals hold the truth, how often equal systems are told apart.

With 1,000 repetitions of a mean, and fewer of what takes longer, about 20 minutes on one core; with 50 about one.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from tests.statistics import coverage, verdicts

WANTED = 0.92, 0.97  # share of 95% intervals that hold the truth
MOST_ALARMS = 0.06


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    intervals = {f"intervals.{kind.__name__}": kind for kind in coverage.KINDS}
    tests = {f"verdicts.{kind.__name__}": kind for kind in verdicts.KINDS}
    parser = argparse.ArgumentParser(prog="python -m tests.statistics", description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=1000, help="of a mean; what takes longer gets a share")
    parser.add_argument("--only", action="append", choices=[*intervals, *tests], help="one table; may be repeated")
    options = parser.parse_args(arguments)
    with threadpool_limits(1, user_api="blas"):
        for name in options.only or [*intervals, *tests]:
            start = time.monotonic()
            kind = intervals.get(name) or tests[name]
            print(f"{name}: {' '.join(str(kind.__doc__).split())}\n")
            print(*(_intervals if name in intervals else _tests)(name, options.repetitions), sep="\n")
            print(f"\n({time.monotonic() - start:.0f} s)\n", flush=True)


def _intervals(name: str, repetitions: int) -> list[str]:
    lines = [("what", "clips", "groups", "sizes", "in effect", "repetitions", "shown", "held", "+-", "too high", "")]
    kind = {f"intervals.{kind.__name__}": kind for kind in coverage.KINDS}[name]
    for cell in kind():
        found = coverage.measure(cell, repetitions)
        shares = (_percent(found.held), _percent(found.error), _percent(found.above))
        outside = _outside(found.held, found.error, *WANTED)
        lines.append((*_scene(cell), str(found.repetitions), _percent(found.shown), *shares, outside))
    return _table(lines)


def _tests(name: str, repetitions: int) -> list[str]:
    lines = [("what", "clips", "groups", "sizes", "in effect", "repetitions", "given", "p < 0.05", "+-", "")]
    kind = {f"verdicts.{kind.__name__}": kind for kind in verdicts.KINDS}[name]
    for cell in kind():
        found = verdicts.measure(cell, repetitions)
        most = 1.0 if cell.kind == "found" else MOST_ALARMS
        shares = (_percent(found.given), _percent(found.alarms), _percent(found.error))
        lines.append((*_scene(cell), str(found.repetitions), *shares, _outside(found.alarms, found.error, 0, most)))
    return _table(lines)


def _scene(cell: coverage.Cell | verdicts.Cell) -> tuple[str, ...]:
    scene = cell.scene
    sizes = "equal" if scene.equal else "1/k"
    return cell.what, str(scene.clips), str(scene.groups), sizes, f"{scene.effective:.1f}"


def _outside(share: float, error: float, least: float, most: float) -> str:
    """A mark where a share is outside of what is wanted by more than chance: two standard errors."""
    return "low" if share + 2 * error < least else "high" if share - 2 * error > most else ""


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"


def _table(lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    head, *rest = (f"| {' | '.join(line)} |" for line in lines)
    return [head, "|" + "---|" * len(lines[0]), *rest]


if __name__ == "__main__":
    main(sys.argv[1:])
