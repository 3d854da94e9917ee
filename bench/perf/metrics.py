"""`bench perf metrics`: how much faster the metrics are than what they replace, as ratios in one run.

Times differ between machines; the ratio of two times measured one after the other, on the same files and with
the same weights, hardly does. Scoring needs nothing of this.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sightsound.bench.core import media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Example, Report
from sightsound.bench.stages import choose, embed, reading, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import jackknife

RATE_HZ = 44100  # of the clips that are made
VGGISH_HZ = 16000
CHECKOUT = Path(__file__).parents[2]
REFERENCE = CHECKOUT / ".venv-reference" / "bin" / "python"  # where `make reference` puts it
REFERENCE_S = 500  # seconds that the reference may take
WARM = ("fad_vggish", "kl_passt")
BEST_OF = 3
CORES = 2  # of the machine that the targets are for


class Figure(NamedTuple):
    """One line of the report."""

    what: str
    """What was measured, with its unit."""
    value: float
    """The ratio, or the seconds."""
    target: float
    """Least ratio, or most seconds, that are wanted."""
    ok: bool
    """Whether the target is met and both ways give the same result."""


def metrics(report: Report) -> Iterator[Figure]:
    """Every figure of the metrics. Those against frechet-audio-distance need the environment of `make
    reference`, and are left out without it."""
    steps: dict[str, Callable[[], list[Figure]]] = {
        "square root": root_trace,
        "interval": interval,
        "warm store": warm_store,
    }
    if REFERENCE.is_file():
        steps["frechet-audio-distance"] = vggish
    yield from stages(steps, report)


def stages(steps: Mapping[str, Callable[[], Iterable[Figure]]], report: Report) -> Iterator[Figure]:
    """The figures of one step after the other, each reported as a stage of its own."""
    for name, step in steps.items():
        report(name, 0, 1)
        yield from step()
        report(name, 1, 1)


def root_trace(dim: int = 1024) -> list[Figure]:
    """tr (C_X C_Y)^(1/2) of two well-conditioned covariances against scipy's square root of the product."""
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(0)
    mix = np.eye(dim) + rng.standard_normal((dim, dim)) / np.sqrt(4 * dim)
    x, y = (np.cov(rng.standard_normal((2 * dim, dim)) @ side, rowvar=False) for side in (mix, mix.T))
    figures = []
    for threads in sorted({1, min(CORES, os.cpu_count() or 1)}):  # sightsound.bench.stages.score runs with one
        with threadpool_limits(threads, user_api="blas"):
            ours_s, ours = _best(lambda: frechet.root_trace(x, y))
            theirs_s, theirs = _best(lambda: float(np.trace(sqrtm(x @ y)).real))
        apart = abs(ours / theirs - 1)
        what = f"trace of the matrix square root, d={dim}, threads={threads}, against scipy.linalg.sqrtm"
        ratio = _at_least(theirs_s / ours_s, 20, apart <= 1e-8)
        figures.append(Figure(f"{what}, times as fast (relative difference {apart:.0e})", *ratio))
    return figures


def interval(clips: int = 2500, frames: int = 10, dim: int = 128) -> list[Figure]:
    """Seconds for the interval of a Fréchet distance, clips left out on both sides."""
    rng = np.random.default_rng(0)
    rows, reference = (rng.standard_normal((clips, frames, dim)) + shift for shift in (0.0, 0.1))
    names = [str(clip) for clip in range(clips)] * 2

    def without(kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        weights = kept.astype(np.float64)
        return frechet.replicates(rows, weights[:, :clips], reference, weights[:, clips:])

    with threadpool_limits(1, user_api="blas"):
        value = frechet.aggregate(rows, np.ones(clips), reference, np.ones(clips))
        took_s, found = _best(lambda: estimate(jackknife(without, value, names, names)), times=1)
    what = f"interval of FAD, {clips} clips x {frames} frames x {dim}, seconds"
    return [Figure(what, took_s, 30.0, took_s <= 30 and found.low < value < found.high)]


def warm_store(clips: int = 12, seconds: float = media.CLIP_S) -> list[Figure]:
    """Features and rows of the same files, first from the audio and then from the store."""
    from sightsound.bench.perf.untrained import Untrained  # brings torch

    cards = [registry.metric(name) for name in WARM]
    names = reading.extractors(cards)
    system = choose.given("clips")
    with TemporaryDirectory() as folder:
        paths = _clips(Path(folder), 2 * clips, seconds=seconds)
        extractors, store = Untrained(names, "cpu", None), FeatureStore(Path(folder) / "features")

        def features() -> list[str]:
            for path in paths:
                path.touch()  # another process would not know the digests, which this one has at hand
            items = [embed.file_item(path) for path in paths]
            embed.embed(items, names, extractors, store)
            return [item.key for item in items]

        def rows() -> list[float]:
            keys = features()
            examples = [Example(id=path.stem, group=path.stem) for path in paths[:clips]]
            stored = FeatureSet(
                examples=examples,
                split="noise@0",
                keys={"reference": {e.id: key for e, key in zip(examples, keys[clips:], strict=True)}},
                outputs={system.label: {e.id: key for e, key in zip(examples, keys[:clips], strict=True)}},
                feature=lambda name, key, output: store.get(extractors.signature(name), key, output),
                extractor_signature=extractors.signature,
                facts={system.label: {"run": "perf"}},
            )
            return [row.value for row in score.score(stored, [system], cards, "text2music").rows]

        first_s, first = _best(rows, times=1)
        again_s, again = _best(rows)
        features_s, _ = _best(features)
    same = bool(np.array_equal(first, again, equal_nan=True))
    what = f"of {2 * clips} clips again with a warm feature store, times as fast"
    return [
        Figure(f"features ({', '.join(names)}) {what}", *_at_least(first_s / features_s, 500, same)),
        Figure(f"{', '.join(WARM)} with intervals {what}", *_at_least(first_s / again_s, 500, same)),
    ]


def vggish(clips: int = 20) -> list[Figure]:
    """FAD-VGGish from wav files against frechet-audio-distance, same files and weights, both on the CPU."""
    import torch

    from sightsound.metrics.networks.audio.vggish import LogMel, Vggish, VggishExtractor, windows

    torch.manual_seed(0)
    network, clips_each = Vggish(), clips // 2
    with TemporaryDirectory() as name:
        folders = [Path(name) / side for side in ("background", "eval")]
        for seed, folder in enumerate(folders):
            _clips(folder, clips_each, seed=seed)
        torch.save(network.state_dict(), Path(name) / "vggish.pt")
        theirs = _reference(Path(name) / "vggish.pt", folders)
        extractor, log_mel = VggishExtractor(network, windows, "cpu"), LogMel()

        def front() -> None:
            with torch.inference_mode():
                for folder in folders:
                    for clip in _decoded(folder):
                        log_mel(torch.from_numpy(windows(clip).copy()))

        def distance() -> float:
            decoded = [clip for folder in folders for clip in _decoded(folder)]  # as a run embeds them: together
            found = [features["embedding"] for features in extractor(decoded)]
            reference, rows = (frechet.statistics(side) for side in (found[:clips_each], found[clips_each:]))
            return frechet.aggregate(rows, np.ones(len(rows)), reference, np.ones(len(reference)))

        front_s, _ = _best(front)
        total_s, ours = _best(distance)
    apart = abs(ours / theirs["value"] - 1)
    what = f"against frechet-audio-distance, {2 * clips_each} clips of 10 s at 44.1 kHz, times as fast"
    return [
        Figure(f"decode, resample and log-mel {what}", *_at_least(theirs["front_s"] / front_s, 9)),
        Figure(f"FAD-VGGish {what} (values {apart:.0e} apart)", *_at_least(theirs["total_s"] / total_s, 2.5)),
    ]


def _reference(weights: Path, folders: Sequence[Path]) -> dict[str, float]:
    """What tests/reference/fad_vggish.py measures, in the reference environment."""
    command = [
        str(REFERENCE),
        "-W",
        "ignore",
        "-m",
        "tests.reference.fad_vggish",
        str(weights),
        *map(str, folders),
    ]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=REFERENCE_S,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BenchError(
            f"frechet-audio-distance did not run ({last}); remove {REFERENCE.parents[1]} to go without"
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _decoded(folder: Path) -> list[media.Audio]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        loaded = pool.map(lambda path: media.load_audio(path, [VGGISH_HZ]), sorted(folder.iterdir()))
        return [found[VGGISH_HZ] for found in loaded]


def _clips(folder: Path, count: int, *, seconds: float = media.CLIP_S, seed: int = 0) -> list[Path]:
    """Noise with a beat, stereo, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    beat = np.abs(np.sin(np.pi * 2 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ))
    paths = []
    for index in range(count):
        samples = 0.1 * rng.standard_normal((2, len(beat))).astype(np.float32) * beat ** (1 + index % 7)
        paths.append(folder / f"{index:04d}.wav")
        media.write_audio(paths[-1], samples, RATE_HZ)
    return paths


def _best(function: Callable[[], Any], *, times: int = BEST_OF) -> tuple[float, Any]:
    """Seconds of the fastest of several calls, and what the last returned."""
    took_s = []
    for _ in range(times):
        start = time.perf_counter()
        result = function()
        took_s.append(time.perf_counter() - start)
    return min(took_s), result


def _at_least(ratio: float, target: float, agrees: bool = True) -> tuple[float, float, bool]:
    return ratio, target, agrees and ratio >= target
