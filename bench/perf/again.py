"""`bench perf again`: the same `bench score` a second time, as a process, from features that are there.

Four hundred clips of ten seconds of noise, as many references, pictures and captions, in the pocket preset with
all reference systems. No network made the features (bench/perf/made_features.py), as none runs the second time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from sightsound.bench.core import media
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.perf import made_features
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.stages.extractors import Extractors
from sightsound.metrics.card import ExtractorCard

RATE_HZ = 32000
MOST_S = 5.0
FIRST = (
    f"from {__name__} import with_made_features; with_made_features(); "
    "from sightsound.bench.commands.app import main; main()"
)
TIMES = 3  # of which the fastest counts: another process on the machine only slows it


class Made:
    """Features in the shapes of a network's card, by the order of asking."""

    def __init__(self, card: ExtractorCard) -> None:
        self._card, self._rng = card, np.random.default_rng(0)

    def __call__(self, given: Sequence[Any]) -> list[dict[str, NDArray[np.float32]]]:
        """Of each clip, picture or text."""
        return [made_features.features(self._card, self._rng, 0.0) for _ in given]


def measure(count: int, report: Report) -> list[Figure]:
    """Seconds of a command that finds all there, and of one that finds only features. BenchError if one fails."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, count, report)
        (folder / "cache").mkdir()
        for kept in ("assets", "converted", "splits", "phrases"):
            (cache_dir() / kept).mkdir(parents=True, exist_ok=True)
            (folder / "cache" / kept).symlink_to(cache_dir().absolute() / kept)
        report("the first time", 0, 1)
        _score(folder, [sys.executable, "-c", FIRST])
        first = _rows(folder)
        report("the first time", 1, 1)
        command = [sys.executable, "-m", "sightsound"]
        again_s, anew_s = [], []
        for done in range(TIMES):
            report("again", done, TIMES)
            shutil.rmtree(folder / "cache" / "distances", ignore_errors=True)  # of very few clips there are none
            anew_s.append(_score(folder, command))
            again_s.append(_score(folder, command))
        report("again", TIMES, TIMES)
        same = first.equals(_rows(folder))
    what = f"{count} clips, pocket preset with references, silence and noise, bench score again"
    said = f"{what}, distances worked out anew, seconds of wall time"
    return [
        Figure(f"{what}, seconds of wall time", min(again_s), MOST_S, min(again_s) <= MOST_S and same),
        Figure(said, min(anew_s), float("nan"), same),
    ]


def _write(folder: Path, count: int, report: Report) -> None:
    """The folders of a user: outputs, references, pictures, captions."""
    rng = np.random.default_rng(0)
    for name in ("made", "reference", "images", "captions"):
        (folder / name).mkdir()
    for number in range(count):
        report("writing clips", number, count)
        for side in ("made", "reference"):
            noise = 0.1 * rng.standard_normal(round(media.CLIP_S * RATE_HZ), np.float32)
            media.write_audio(folder / side / f"n{number:04d}.wav", noise, RATE_HZ)
        pixels = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"n{number:04d}.png")
        (folder / "captions" / f"n{number:04d}.txt").write_text(f"castle {number} on a hill, slow and solemn")
    report("writing clips", count, count)


def _score(folder: Path, start: Sequence[str]) -> float:
    """Seconds of the command. BenchError where it fails."""
    given = {"--reference": "reference", "--conditions": "images", "--captions": "captions", "--out": "run"}
    options = [word for option, name in given.items() for word in (option, str(folder / name))]
    command = [*start, "score", f"made={folder / 'made'}", *options, "--preset", "pocket", "--device", "cpu"]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(folder))
    took_s = time.perf_counter() - began
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BenchError(f"bench score: {last}")
    return took_s


def _environment(folder: Path) -> Mapping[str, str]:
    return os.environ | {"SIGHTSOUND_CACHE": str(folder / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}


def _rows(folder: Path) -> pd.DataFrame:
    """But for what a clock decides."""
    return pd.read_csv(folder / "run" / "rows.csv").drop(columns="seconds")


def with_made_features() -> None:
    """From now on, in this process, made features are in the place of every network's."""

    def made(self: Extractors, name: str) -> Made:
        return Made(self.cards[name])

    Extractors.network = made  # type: ignore[method-assign, assignment]  # of a process that is not timed
