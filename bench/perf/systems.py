"""`bench perf systems`: how much faster systems and builders are than the plain way, in one run.

The plain way is written here, as the authors' code is not part of this repository; docs/performance.md
compares with theirs. Random weights, small sizes, one example or two.
"""

from __future__ import annotations

from collections.abc import Callable

from sightsound.bench.core import registry
from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure

CACHED = 10.0  # times as fast as without a cache, at 512 tokens
BATCHED = 2.0  # times as fast as one by one and written out
AGREE = 1e-4  # of the largest value


def measure(report: Report) -> list[Figure]:
    """Every figure."""
    steps: list[Callable[[], Figure]] = [m2ugen, codi, pairs]
    figures = []
    for done, step in enumerate(steps):
        report("measuring", done, len(steps))
        figures.append(step())
    report("measuring", len(steps), len(steps))
    return figures


def m2ugen() -> Figure:
    """LLaMA with adapters, 512 tokens, with and without a key-value cache."""
    found = registry.load("sightsound.baselines.m2ugen.speed:decode_ratio")(width=256)
    what = "m2ugen, 512 tokens: cached decoding against the whole sequence at every step, times as fast"
    return Figure(what, found.ratio, CACHED, bool(found.same and found.ratio >= CACHED))


def codi() -> Figure:
    """The UNet's latents under guidance."""
    found = registry.load("sightsound.baselines.codi.speed:codi_ratio")()
    what = "codi, two examples: a batch against one by one with attention written out, times as fast"
    return Figure(what, found.times, BATCHED, bool(found.apart <= AGREE and found.times >= BATCHED))


def pairs() -> Figure:
    """Greedy pairs of 512 pictures and 20,000 tracks."""
    times, same = registry.load("sightsound.bench.perf.pairing:pairing")()
    what = "build pair, 512 x 20,000: blocks against one picture after the other, times as fast"
    return Figure(what, times, 1.0, bool(same and times >= 1))
