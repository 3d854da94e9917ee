"""`bench perf engines`: embedding by one worker process and by several, starting and loading included."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Report
from sightsound.bench.engines.processes import Processes
from sightsound.bench.perf import clip_files
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.untrained import Untrained
from sightsound.bench.stages import embed

SECONDS = 10.0
SHARE = 0.85
"""Times as fast that N workers on N cores have to be, as a share of N: 1.7 for two."""


def measure(
    workers: Sequence[int],
    clips: int,
    report: Report,
    *,
    rounds: int = 1,
    device: str = "cpu",
    network: str = "musicnn_mtt",
    seconds: float = SECONDS,
) -> Iterator[Figure]:
    """Every number of workers once a round, on the same clips from an empty store; medians over rounds.

    The network has random weights. There is a target where each worker has a core to itself; workers that share a
    card have none.
    """
    counts = sorted({1, *workers})
    cores = len(os.sched_getaffinity(0))
    took_s: dict[int, list[float]] = {count: [] for count in counts}
    with TemporaryDirectory() as folder:
        report("writing clips", 0, 1)
        items = [embed.file_item(path) for path in clip_files.write(Path(folder), clips, seconds)]
        report("writing clips", 1, 1)
        for _ in range(rounds):
            for count in counts:
                stage = f"{count} worker{'s' if count > 1 else ''}"
                report(stage, 0, 1)
                took_s[count].append(_seconds(items, network, device, count))
                report(stage, 1, 1)
    what = f"{clips:,} clips of {seconds:g} s by {network} on {device.partition(':')[0]}"
    yield Figure(f"{what}, one worker process: clips a second", clips / statistics.median(took_s[1]), 0.0, True)
    for count in counts[1:]:
        pairs = zip(took_s[1], took_s[count], strict=True)
        times = statistics.median(one_s / several_s for one_s, several_s in pairs)
        target = SHARE * count if device == "cpu" and count <= cores else 0.0
        yield Figure(f"{what}, {count} workers against one, times as fast", times, target, times >= target)


@known()
def _seconds(items: Sequence[embed.Item], network: str, device: str, workers: int) -> float:
    """Seconds that it takes to start the workers, load the network and embed all items."""
    with TemporaryDirectory() as folder:
        extractors = Untrained([network], device, None)
        engine = Processes(workers, [device])
        began = time.perf_counter()
        try:
            failures = embed.embed(items, [network], extractors, FeatureStore(Path(folder)), engine=engine)
        finally:
            engine.close()
        if failures:
            raise BenchError(
                f"{len(failures)} of {len(items)} clips have no features: {next(iter(failures.values()))}"
            )
        return time.perf_counter() - began
