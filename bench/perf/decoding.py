"""`bench perf generate` without a model: how well MusicGen and LLaMA of random weights use the device.

At the published sizes on a card; on a CPU, where those take minutes, and with `tiny` at sizes that only show that
everything runs: the name of a figure says which.
"""

from __future__ import annotations

from typing import Any

from sightsound.bench.core import registry
from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure

BATCHED = 8.0
"""Times as fast as one by one, that MusicGen-small's batches must be on a card."""
BANDWIDTH = 2.0
"""Times as long as reading the weights, that a step of LLaMA-7B may take on a card."""
APART = 1e-4  # of a sound, in -1..1
MUSICGEN, LLAMA = "sightsound.baselines.musicgen.speed", "sightsound.baselines.m2ugen.speed"


def measure(device: str, tiny: bool, report: Report) -> list[Figure]:
    """Every figure."""
    report("measuring", 0, 2)
    small = tiny or not device.startswith("cuda")
    figures = musicgen(device, small)
    report("measuring", 1, 2)
    figures += llama(device, small)
    report("measuring", 2, 2)
    return figures


def musicgen(device: str, small: bool) -> list[Figure]:
    """A batch against one by one, and our steps against transformers' loop."""
    size: Any = registry.load(f"{MUSICGEN}:{'TINY' if small else 'SMALL'}")
    batch, alone, seconds = (4, 2, 1.0) if small else (32, 2, 10.0)
    found: Any = registry.load(f"{MUSICGEN}:measure")(size, device, batch, alone, seconds)
    what = f"{size.name} of random weights on {device}, {batch} clips of {seconds:g} s"
    ratio, against = found.alone_s / found.batched_s, found.loop_s / found.batched_s
    same = device.startswith("cuda") or found.apart <= APART
    return [
        Figure(f"{what}: clips a minute", 60 / found.batched_s, 0.0, True),
        _held(f"{what}: together against one by one, times as fast", ratio, BATCHED, small),
        Figure(f"{what}: our steps against transformers' loop, times as fast", against, 0.0, same),
    ]


def llama(device: str, small: bool) -> list[Figure]:
    """Decoding against reading the weights, for one example and for a batch."""
    shape: Any = registry.load(f"{LLAMA}:{'TINY' if small else 'SEVEN_B'}")
    figures = []
    for batch in (1, 8):
        found: Any = registry.load(f"{LLAMA}:bandwidth")(shape, device, batch, 16 if small else 256)
        what = f"{shape.name} of random weights on {device}, {batch} at once"
        figures.append(Figure(f"{what}: tokens a second", found.tokens_a_second, 0.0, True))
        told = f"{what}: a step against reading the weights, times as long"
        figures.append(Figure(told, found.times, 0.0 if small else BANDWIDTH, small or found.times <= BANDWIDTH))
    return figures


def _held(what: str, value: float, least: float, small: bool) -> Figure:
    """Against its target, which is for the published size."""
    return Figure(what, value, 0.0 if small else least, small or value >= least)
