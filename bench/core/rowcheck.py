"""What cannot be right about a row, found before it reaches a table, a test or a board."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sightsound.bench.core import registry
from sightsound.bench.core.console import records
from sightsound.bench.core.row import NUMBERS, TEXTS, same_value
from sightsound.metrics.card import MetricCard

if TYPE_CHECKING:
    import pandas as pd

SLACK = 1e-6
"""By how much a value, relative to it, may pass an end: files keep ten digits, networks compute in seven."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_N = re.compile(r"\|n:(\d+)(?:\||$)")

Record = Mapping[str, Any]
"""A row of the results."""


def problems(table: pd.DataFrame, *, may_be: Collection[str] = ()) -> list[tuple[int, str]]:
    """(place of the row in the table, what is wrong), in order; each row's first fault alone.

    A metric counts as known where this package, an installed one or an adopted module has its card, or where it
    is one of `may_be`. Metrics of published figures are named in their own test, not here: some have no card.
    """
    found: list[tuple[int, str]] = []
    seen: dict[tuple[object, ...], int] = {}
    for place, row in enumerate(records(table)):
        what = next(_faults(row, may_be), "")
        first = seen.setdefault(same_value(row), place)
        if not what and first != place:
            what = f"{_named(row)}: the same value as an earlier row's; one of them must go"
        if what:
            found.append((place, what))
    return found


def _named(row: Record) -> str:
    system = f"{row['model']}:{row['variant']}".rstrip(":")
    return f"{row['metric']} of {system} on {row['split']}"


def _faults(row: Record, may_be: Collection[str]) -> Iterator[str]:
    for name in TEXTS:
        if _CONTROL.search(row[name]):
            yield f"{name} holds a control character"
    if row["source"] not in ("measured", "published"):
        yield f"source is {row['source']!r}; it takes measured and published"
    for name in ("model", "task", "split", "metric"):
        if not row[name]:
            yield f"{name} is empty"
    what = _named(row)
    for name in NUMBERS:
        if math.isinf(row[name]):
            yield f"{what}: {name} is infinite"
    measured = row["source"] == "measured"
    card = registry.metrics().get(row["metric"].partition("@")[0])
    if measured and card is None and row["metric"] not in may_be:
        yield f"{what}: no metric is called so; install the package that has it, or name its module with --cards"
    yield from (f"{what}: {fault}" for fault in _of_value(row, card))
    yield from (f"{what}: {fault}" for fault in _of_counts(row, card, measured))


def _of_value(row: Record, card: MetricCard | None) -> Iterator[str]:
    value, low, high = row["value"], row["ci_low"], row["ci_high"]
    if math.isnan(value):
        if not row["note"]:
            yield "no value, and the note gives no reason"
        if not (math.isnan(low) and math.isnan(high)):
            yield "an interval without a value"
        return
    if math.isnan(low) != math.isnan(high):
        yield "an interval with one end"
    slack = SLACK * max(1.0, abs(value))
    if not math.isnan(low) and not low - slack <= value <= high + slack:
        yield f"value {value:g} lies outside its interval {low:g} to {high:g}"
    if card is None:
        return
    for name, number in (("value", value), ("ci_low", low), ("ci_high", high)):
        if number < card.low - slack or number > card.high + slack:
            yield f"{name} {number:g} is outside the metric's range {card.low:g} to {card.high:g}"
    if bool(row["higher_is_better"]) != card.higher_is_better:
        yield f"higher_is_better is {row['higher_is_better']}, and the metric's card says {card.higher_is_better}"


def _of_counts(row: Record, card: MetricCard | None, measured: bool) -> Iterator[str]:
    for name in ("n", "n_failed", "group_n", "group_effective", "seconds"):
        if row[name] < 0:
            yield f"{name} is {row[name]:g}, less than none"
    if not measured:
        return
    if row["group_n"] > row["n"]:
        yield f"{row['group_n']} groups in {row['n']} examples"
    if row["group_effective"] > row["group_n"] + 0.01:
        yield f"{row['group_effective']:g} groups in effect of {row['group_n']}"
    least = 1 if card is None else max(card.min_clips, 1)
    if not math.isnan(row["value"]) and row["n"] < least:
        yield f"n is {row['n']}, and it takes {least}"
    name, signed = row["signature"].partition("|")[0], _N.search(row["signature"])
    if name != row["metric"]:
        yield f"its signature is that of {name or 'nothing'}"
    if signed is None or int(signed[1]) != row["n"]:
        yield f"n is {row['n']}, and its signature says {signed[1] if signed else 'none'}"
