"""An audit as two tables and a sentence."""

from __future__ import annotations

import math
from collections import Counter

from sightsound.bench.audit.audit import Audit, Finding
from sightsound.bench.core import console

DIGITS = 8  # of the values: a difference of the bound is seen in the seventh


def audit(found: Audit) -> None:
    """Print what was compared; below it, on standard error, what was not and why."""
    head = ("", "system", "metric", "package", "function", "its value", "ours", "difference")
    order = sorted(found.findings, key=lambda each: (each.metric, each.system))
    console.listing(head, [_line(each) for each in order])
    values = {(each.system, each.metric) for each in found.findings}
    console.say(f"{len(values)} values checked by {len({each.package for each in found.findings})} packages")
    for (metric, why), count in Counter((each.metric, each.why) for each in found.unchecked).items():
        console.say(f"not checked: {metric} of {count} system{'s' * (count > 1)}: {why}")
    if found.absent:
        console.say(
            f"not in this environment: {', '.join(found.absent)}; `make packages` makes one that has all, "
            "to be named with --python (docs/audit.md)"
        )


def _line(each: Finding) -> tuple[str, ...]:
    difference = "other examples" if math.isinf(each.difference) else f"{each.difference:.0e}"
    return (
        "ok" if each.ok else "DIFFERS",
        each.system,
        each.metric,
        f"{each.package} {each.version}",
        each.function,
        console.number(each.theirs, DIGITS),
        console.number(each.ours, DIGITS),
        difference,
    )
