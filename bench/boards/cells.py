"""One value as a table shows it: the number, its interval, a mark; and how many clips and groups it is over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightsound.bench.core import remarks
from sightsound.bench.core.console import NO_VALUE, number

NOT_APART = "≈"
"""Behind a distance that shows no difference from the reference's source."""
EVEN = 1.25
"""An interval's longer half is at most so many times its shorter one where it is written `value ± half`."""
DECIMALS = 6  # with more than these, numbers are written as powers of ten
OTHERS = "‡"
"""Behind a system whose values others measured and handed in."""
COUNTS = ("n", "groups", "in effect", "failed")
"""What `counts` gives: clips, independent groups, how many of one size would say as much, failed examples."""


@dataclass(frozen=True)
class Cell:
    """A value in three parts, which a table may align."""

    value: str
    """The number."""
    spread: str = ""
    """`± half` or `[low, high]`; empty where there is no interval."""
    mark: str = ""
    """NOT_APART, letters of tie groups, or both."""

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(filter(None, (self.value, self.tail)))

    @property
    def tail(self) -> str:
        """What stands behind the number."""
        return " ".join(filter(None, (self.spread, self.mark)))


def of(row: Mapping[str, Any] | None, letters: str = "") -> Cell:
    """The cell of a row; of no row that there is none.

    With an interval the number has as many decimals as the interval has of two digits: more would be chance.
    """
    if row is None:
        return Cell(NO_VALUE)
    mark = " ".join(filter(None, (NOT_APART if remarks.NOT_APART in row["note"] else "", letters)))
    value, low, high = row["value"], row["ci_low"], row["ci_high"]
    if row.get("source") == "published":  # as its authors printed it
        return Cell(f"{value:g}", mark=mark)
    if math.isnan(value) or math.isnan(low):
        return Cell(number(value), mark=mark)
    return Cell(*spread(value, low, high), mark)


def spread(value: float, low: float, high: float) -> tuple[str, str]:
    """A value and its interval; `±` has the longer half, where the two are about even.

    >>> spread(34.0, 26.5, 40.6), spread(0.1038, 0.0841, 0.126)
    (('34.0', '± 7.5'), ('0.104', '± 0.022'))
    >>> spread(1.047, 0.734, 1.58), spread(0.0, 0.0, 0.0), spread(1.0, 1.0, 1.0)
    (('1.05', '[0.73, 1.58]'), ('0', '± 0'), ('1.000', '± 0'))
    """
    below, above = value - low, high - value
    half = max(abs(below), abs(above))
    if half < 1e-9:
        return number(value), "± 0"
    size = max(abs(value), half)
    decimals = max(0, min(1 - _power(half), 3 - _power(size)))
    shown = _fixed(decimals) if decimals <= DECIMALS else lambda each: number(each, 3)
    if min(below, above) > 0 and half <= EVEN * min(below, above):
        return shown(value), f"± {shown(half)}"
    return shown(value), f"[{shown(low)}, {shown(high)}]"


def _power(size: float) -> int:
    return math.floor(math.log10(size))


def _fixed(decimals: int) -> Any:
    """Numbers with so many decimals; what is 0 but for rounding errors has none."""
    return lambda value: "0" if abs(value) < 1e-9 else f"{value + 0.0:.{decimals}f}"


def label(row: Mapping[str, Any]) -> str:
    """`family:variant` of a row."""
    return f"{row['model']}:{row['variant']}".rstrip(":")


def counts(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str, str, str]:
    """The most that a value of one system is over; a value that some clips do not have is over fewer."""
    if not rows:  # a reference row where there are ranks alone
        return NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE
    most = max(rows, key=lambda row: (row["n"], row["group_effective"]))
    failed = max(row["n_failed"] for row in rows)
    return str(most["n"]), str(most["group_n"]), effective(most["group_effective"]), str(failed)


def measured_by(rows: Iterable[Mapping[str, Any]]) -> str:
    """Who measured the rows of one system, each way once; empty where those did who keep the results.

    >>> measured_by([{"measured_by": "submitted: Ann"}, {"measured_by": "verified: Ann"}, {"measured_by": ""}])
    'submitted: Ann; verified: Ann'
    """
    return "; ".join(sorted({str(row["measured_by"]) for row in rows if row.get("measured_by")}))


def effective(groups: float) -> str:
    """Groups in effect: two digits, from a hundred on whole.

    >>> effective(1.742), effective(27.6), effective(200.0), effective(1234.4)
    ('1.7', '28', '200', '1234')
    """
    return number(groups, 2) if groups < 99.5 else f"{groups:.0f}"


def floor(rows: Iterable[Mapping[str, Any]]) -> str:
    """The floor of one metric's rows as text, empty where there is none; each n has its own, on a line each."""
    known = floors(rows)
    if len(known) < 2:
        return "".join(map(number, known.values()))
    return "\n".join(f"{number(value)} (n {n})" for n, value in known.items())


def floors(rows: Iterable[Mapping[str, Any]]) -> dict[int, float]:
    """The floor of one metric's rows by n, the largest n first; each n has its own."""
    known = {row["n"]: row["floor"] for row in rows if not math.isnan(row["floor"])}
    return {n: known[n] for n in sorted(known, reverse=True)}
