"""`bench perf systems`: how much faster systems and builders are than the plain way, in one run.

The plain way is written here, as the authors' code is not part of this repository; docs/performance.md
compares with theirs. Random weights, small sizes, one example or two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sightsound.bench.core import registry
from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure

CACHED = 10.0  # times as fast as without a cache, at 512 tokens
BATCHED = 2.0  # times as fast as one by one and written out
AGREE = 1e-4  # of the largest value


def measure(report: Report, *, tiny: bool = False) -> Iterator[Figure]:
    """Every figure. `tiny`: at sizes that take no time and say nothing."""
    made: dict[str, Callable[[], Figure]] = {
        "m2ugen": partial(m2ugen, 4 if tiny else 512),
        "codi": codi,
        "pairs": partial(pairs, *((8, 200) if tiny else (512, 20_000))),
    }
    for name, step in made.items():
        report(name, 0, 1)
        yield step()
        report(name, 1, 1)


def m2ugen(tokens: int = 512) -> Figure:
    """LLaMA with adapters, with and without a key-value cache."""
    found = registry.load("sightsound.baselines.m2ugen.speed:decode_ratio")(width=256, tokens=tokens)
    what = f"m2ugen, {tokens} tokens: cached decoding against the whole sequence at every step, times as fast"
    return Figure(what, found.ratio, CACHED, bool(found.same and found.ratio >= CACHED))


def codi() -> Figure:
    """The UNet's latents under guidance."""
    found = registry.load("sightsound.baselines.codi.speed:codi_ratio")()
    what = "codi, two examples: a batch against one by one with attention written out, times as fast"
    return Figure(what, found.times, BATCHED, bool(found.apart <= AGREE and found.times >= BATCHED))


def pairs(pictures: int = 512, tracks: int = 20_000) -> Figure:
    """Greedy pairs of pictures and tracks."""
    times, same = registry.load("sightsound.bench.perf.pairing:pairing")(pictures, tracks)
    what = f"build pair, {pictures:,} x {tracks:,}: blocks against one picture after the other, times as fast"
    return Figure(what, times, 1.0, bool(same and times >= 1))
