"""Embedding with one worker process and with two: `python -m sightsound.bench.perf.engines`."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.state import known
from sightsound.bench.engines.processes import Processes
from sightsound.bench.stages import embed

RATE_HZ, SECONDS = 32_000, 10
LEAST = 1.7
"""Times as fast that two workers on two cores have to be."""


def main() -> None:
    """Measure by turns, print the seconds of each round and the median of the ratios."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--clips", type=int, default=1000)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--network", default="musicnn_mtt")
    told.add_argument("--device", default="cpu")
    asked = told.parse_args()
    with TemporaryDirectory() as folder:
        items = [embed.file_item(_clip(Path(folder), number)) for number in range(asked.clips)]
        ratios = []
        for _ in range(asked.rounds):
            one_s, two_s = (_seconds(items, asked.network, asked.device, workers) for workers in (1, 2))
            ratios.append(one_s / two_s)
            print(f"one worker {one_s:.1f} s, two {two_s:.1f} s: {ratios[-1]:.2f} times", flush=True)
    median = statistics.median(ratios)
    print(f"{asked.clips} clips of {SECONDS} s by {asked.network}: {median:.2f} times (target {LEAST})")


@known()
def _seconds(items: Sequence[embed.Item], network: str, device: str, workers: int) -> float:
    """Seconds that it takes to start the workers, load the network and embed all items."""
    with TemporaryDirectory() as folder:
        extractors = embed.Extractors([network], device, None)
        extractors.signature(network)
        engine = Processes(workers, [device])
        began = time.perf_counter()
        try:
            failures = embed.embed(items, [network], extractors, FeatureStore(Path(folder)), engine=engine)
        finally:
            engine.close()
        assert not failures
        return time.perf_counter() - began


def _clip(folder: Path, number: int) -> Path:
    """A file of noise that swells and fades, another one for each number."""
    noise = np.random.default_rng(number).standard_normal((RATE_HZ * SECONDS, 2))
    swell = np.sin(np.linspace(0, np.pi * (1 + number % 7), len(noise)))[:, None]
    path = folder / f"{number}.wav"
    soundfile.write(path, 0.1 * noise * swell, RATE_HZ)
    return path


if __name__ == "__main__":
    main()
