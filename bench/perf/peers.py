"""`bench perf peers`: from files to values, against the ways of other packages, in one run.

Same files, same weights (random: no time depends on them), one way after the other in every round, and of each way
the fastest round. A ratio is of seconds a clip, as on a card ours is measured on more clips than theirs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from sightsound.bench.core.types import Report
from sightsound.bench.perf import peer_ways as ways
from sightsound.bench.perf.metrics import Figure, stages
from sightsound.bench.perf.peer_world import (
    Found,
    Sizes,
    World,
    decoded,
    distance,
    rounds,
    suite,
)
from sightsound.bench.perf.peer_world import threads as threads_of
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.networks.audio.vggish import LogMel, windows

TARGETS = {"front": 15.0, "two threads": 2.5, "one thread": 2.4, "whole": 5.0}
APART = 0.02  # by which a value may differ: another resampler


def measure(device: str, sizes: Sizes, report: Report) -> Iterator[Figure]:
    """Every figure; FAD alone on a CPU only, as bench/perf/embedding.py measures it on a card."""
    torch.manual_seed(0)
    with TemporaryDirectory() as name:
        report("writing clips", 0, 1)
        world = World(Path(name), device, sizes)
        report("writing clips", 1, 1)
        counts = sorted({1, min(2, os.cpu_count() or 1)}) if device == "cpu" else []
        steps: dict[str, Callable[[], Iterable[Figure]]] = {
            f"FAD on {threads} thread{'s' if threads > 1 else ''}": partial(fad, world, threads)
            for threads in counts
        }
        steps |= {
            "FAD, KL and IS": partial(whole, world, max(counts, default=0)),
            "distance of features": partial(of_features, sizes),
        }
        yield from stages(steps, report)


def fad(world: World, threads: int) -> list[Figure]:
    """The Fréchet distance under VGGish, and its front end, against frechet-audio-distance's way."""
    log_mel = LogMel().to(world.device)

    def front() -> None:
        with torch.inference_mode():
            for clip in decoded(*world.ours):
                log_mel(torch.from_numpy(windows(clip).copy()).to(world.device))

    def their_front() -> None:
        for folder in world.theirs:
            for clip in ways.in_threads(folder):
                ways.log_mel(clip)

    with threads_of(threads):
        fronts = rounds({"ours": front, "theirs": their_front}, world.sizes.rounds)
        scores = rounds(
            {"ours": partial(distance, world), "theirs": partial(world.fad.score, world.theirs, ways.in_threads)},
            world.sizes.rounds,
        )
    target = TARGETS["one thread" if threads == 1 else "two threads"]
    what = f"against frechet-audio-distance's way, {_size(world.sizes)}, threads={threads}, times as fast"
    return [
        _figure(f"decode, resample and log-mel {what}", _ratio(fronts, world.sizes), TARGETS["front"]),
        _figure(
            f"FAD-VGGish from files {what}", _ratio(scores, world.sizes), target, *_values(scores, world.sizes)
        ),
    ]


def whole(world: World, threads: int) -> list[Figure]:
    """FAD, KL and inception score of two folders; ours with intervals, journal of features and all. `threads`: 0
    for as many as torch takes."""
    fresh = count()

    def classified(distance: float) -> tuple[float, float, float]:
        reference, generated = (
            ways.logits(folder, world.classify, world.device, world.sizes.loaders) for folder in world.theirs
        )
        return distance, ways.kl(generated, reference), ways.inception_score(generated)

    def audioldm_eval() -> tuple[float, float, float]:
        return classified(world.fad.score(world.theirs, ways.one_by_one))

    def fadtk() -> float:
        work = world.folder / f"fadtk{next(fresh)}"
        return ways.fadtk(world.theirs, world.weights, work, world.device, world.sizes.workers)

    times = max(1, world.sizes.rounds - 1)  # these take long
    with threads_of(threads or torch.get_num_threads()):
        found = rounds(
            {
                "ours": lambda: suite(world, world.folder / f"store{next(fresh)}"),
                "theirs": audioldm_eval,
                "fadtk": lambda: classified(fadtk()),
            },
            times,
        )
        alone = rounds({"ours": partial(distance, world), "theirs": fadtk}, times)
    size = f"{_size(world.sizes)}{f', threads={threads}' if threads else ''}, times as fast"
    of_fadtk = {"ours": found["ours"], "theirs": found["fadtk"]}
    return [
        _figure(
            f"FAD + KL + IS against audioldm_eval's way, {size}",
            _ratio(found, world.sizes),
            TARGETS["whole"],
            *_values(found, world.sizes),
        ),
        _figure(
            f"FAD + KL + IS against fadtk's way for FAD and audioldm_eval's for the rest, {size}",
            _ratio(of_fadtk, world.sizes),
            TARGETS["whole"],
            *_values(of_fadtk, world.sizes),
        ),
        _figure(f"FAD-VGGish alone against fadtk's way, {size}", _ratio(alone, world.sizes), TARGETS["whole"],
                *_values(alone, world.sizes)),
    ]  # fmt: skip


def of_features(sizes: Sizes) -> list[Figure]:
    """The Fréchet distance of features that are there against torch-fidelity's way (metric_fid.py)."""
    rng = np.random.default_rng(0)
    sides = [rng.standard_normal((sizes.rows, sizes.dim)) + shift for shift in (0.0, 0.1)]
    weights = np.ones(sizes.rows)

    def ours() -> float:
        rows, reference = (frechet.statistics(list(side[:, None])) for side in sides)
        return frechet.aggregate(rows, weights, reference, weights)

    def theirs() -> float:
        return ways.frechet(*((np.mean(side, axis=0), np.cov(side, rowvar=False)) for side in sides))

    with threads_of(1):
        found = rounds({"ours": ours, "theirs": theirs}, 1)
    apart = abs(found["ours"][1] / found["theirs"][1] - 1)
    what = f"Fréchet distance of {sizes.rows} x {sizes.dim} features against torch-fidelity's way, threads=1"
    return [_figure(f"{what}, times as fast", found["theirs"][0] / found["ours"][0], 0.0, apart, 1e-6)]


def _ratio(found: Found, sizes: Sizes) -> float:
    return (found["theirs"][0] / sizes.theirs) / (found["ours"][0] / sizes.clips)


def _values(found: Found, sizes: Sizes) -> tuple[float, float]:
    """How far apart the values are and how far they may be; they are of the same files only where theirs saw
    all."""
    if sizes.theirs != sizes.clips:
        return 0.0, APART
    ours, theirs = (np.atleast_1d(np.asarray(found[way][1], float)) for way in ("ours", "theirs"))
    return float(np.max(np.abs(ours - theirs) / (np.abs(theirs) + 1e-3))), APART


def _figure(what: str, ratio: float, target: float, apart: float = 0.0, most: float = APART) -> Figure:
    said = f" (values {apart:.0e} apart)" if apart else ""
    return Figure(f"{what}{said}", ratio, target, ratio >= target and apart <= most)


def _size(sizes: Sizes) -> str:
    more = "" if sizes.theirs == sizes.clips else f" (theirs {sizes.theirs}, by seconds a clip)"
    return f"2 x {sizes.clips} clips of {sizes.seconds:g} s{more}"
