"""`bench perf folders`: what scoring two folders costs beside decoding their files and running the network."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sightsound.bench import assets
from sightsound.bench.core import media, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Report, chunks
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.stages import run, scoring
from sightsound.bench.stages.extract import CHUNK
from sightsound.bench.stages.options import Options

NETWORK, METRIC = "musicnn_msd", "fad_musicnn"
RATE_HZ, SECONDS = 22050, 6.0
MOST = 1.2  # times as long


def measure(count: int, report: Report) -> list[Figure]:
    """`count` clips against as many, from an empty cache; the same files decoded and embedded in a plain loop."""
    factory = registry.load(registry.extractor(NETWORK).entry)
    weights = {name: assets.fetch(name, None, report) for name in registry.extractor(NETWORK).assets}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for side in ("generated", "reference"):
            _write(folder / side, count, side, report)
        paths = sorted(folder.rglob("*.wav"))
        network = factory(weights, "cpu")
        network([np.zeros(4 * RATE_HZ, np.float32)])  # loaded and warm
        started = time.perf_counter()
        rate_hz = registry.extractor(NETWORK).rate_hz
        for done, some in enumerate(chunks(paths, CHUNK)):
            network([media.load_audio(path, [rate_hz])[rate_hz] for path in some])
            report("decoding and the network alone", min((done + 1) * CHUNK, len(paths)), len(paths))
        plain_s = time.perf_counter() - started
        with _empty_cache(folder / "cache"):
            started = time.perf_counter()
            systems, given = scoring.of_folders({"mine": folder / "generated"})
            asked = Options(
                "", reference=str(folder / "reference"), metrics=METRIC, out=folder / "run", device="cpu"
            )
            request = scoring.request(asked, systems, given, report)
            table = run.adopt(request, report)
            whole_s = time.perf_counter() - started
    ratio = whole_s / plain_s
    what = (
        f"{count:,} clips against {count:,}, {METRIC}: bench score against decoding and the network, times as long"
    )
    has_interval = bool(np.isfinite(table["ci_low"]).all() and (table["n"] == count).all())
    return [Figure(what, ratio, MOST, has_interval and ratio <= MOST)]


@contextmanager
def _empty_cache(folder: Path) -> Iterator[None]:
    """A cache in which there are weights and nothing else."""
    folder.mkdir()
    for name in ("assets", "converted"):
        (folder / name).symlink_to(cache_dir() / name)
    before = os.environ.get("SIGHTSOUND_CACHE")
    os.environ["SIGHTSOUND_CACHE"] = str(folder)
    try:
        yield
    finally:
        del os.environ["SIGHTSOUND_CACHE"]
        if before is not None:
            os.environ["SIGHTSOUND_CACHE"] = before


def _write(folder: Path, count: int, side: str, report: Report) -> None:
    """Chords in noise, each another."""
    folder.mkdir()
    rng = np.random.default_rng(list(side.encode()))
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    for index in range(count):
        pitches = 110 * 2 ** (rng.integers(0, 36, 3) / 12)
        chord = sum(np.sin(2 * np.pi * pitch * time_s) for pitch in pitches)
        noise = rng.standard_normal(len(time_s))
        media.write_audio(folder / f"{side[0]}{index:05d}.wav", 0.1 * chord + 0.02 * noise, RATE_HZ)
        report(f"writing {side}", index + 1, count)
