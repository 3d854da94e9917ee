"""What a comparison compared, and how: which metrics are paired example by example, which are not, what is left
out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.boards.pairs import Judged

MOST = 6  # names in a sentence; more are counted


def lines(judged: Sequence[Judged]) -> list[str]:
    """A line for each way in which metrics are compared."""
    ranked = [each for each in judged if each.card.kind == "ranked"]
    tested = [each for each in judged if each not in ranked and each.found]
    by_clip = [each for each in tested if each.swaps]
    sets = [each for each in tested if not each.swaps]
    untested = [each for each in judged if not each.found]
    said = [
        (by_clip, "paired example by example"),
        (sets, "paired by what each example adds to the value of the set"),
        ([each for each in ranked if each.found], "positions of the systems among each other on each example"),
        (untested, "not tested: values alone"),
    ]
    return [f"{how}: {_metrics(found)}" for found, how in said if found]


def left_out(plans: Mapping[Path, Mapping[str, Any]], compared: Iterable[str], halves: Iterable[str]) -> list[str]:
    """A line for what is in a run and not compared.

    `compared`: the metrics that are; `halves`: systems that answer half of the examples.
    """
    shared = set.intersection(*(set(plan["metrics"]) for plan in plans.values()))
    everything = dict.fromkeys(name for plan in plans.values() for name in plan["metrics"])
    compared = set(compared)
    single = [name for name in everything if name not in shared]
    corpus = [name for name in everything if name in shared and name not in compared]
    said = [f"not compared, as not all runs have it: {_some(single)}"] if single else []
    said += [f"not compared, as it has no interval over a corpus: {_some(corpus)}"] if corpus else []
    half = list(dict.fromkeys(halves))
    return said + ([f"not paired, as half of the examples are no answer to all: {_some(half)}"] if half else [])


def _metrics(found: Sequence[Judged]) -> str:
    """Names, with the number of common examples where it differs between metrics."""
    by_n: dict[int, list[str]] = {}
    for each in found:
        by_n.setdefault(len(each.groups), []).append(each.card.name)
    return "; ".join(f"{_some(names)} (n {n})" for n, names in by_n.items())


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")
