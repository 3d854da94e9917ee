"""The bias that is left in distances between two sets, on sets whose true distance is known.

`python -m sightsound.bench.perf.statistics_bias` prints two tables: what the Fréchet distance and its correction
give by dimensions, frames and clips, and what KAD and KID give for two sets from one source. Frames of a clip
share half their variance; where clips come in groups, three tenths are the group's, half of the rest the clip's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sightsound.metrics.formulas.two_sets import frechet, frechet_corrected, kad, kad_pooled, kid

Array = NDArray[np.float64]

SPECTRA = {"1/k": 1.0, "flat": 0.0, "1/k^2": 2.0}  # the k-th largest variance falls as k^-exponent; they sum to 1
GROUP_SHARE = 0.3  # of the variance is the same in all clips of a group
CLIP_SHARE = 0.5  # of the rest is the same in all frames of a clip
FRAMES, DIM = 3, 64  # of a clip, for the kernel distances


class Sets(NamedTuple):
    """How two sets are made."""

    spectrum: str
    """A key of SPECTRA."""
    dim: int
    """Dimensions."""
    frames: int
    """Frames a clip."""
    clips: int
    """Clips a side."""
    in_group: int = 1
    """Clips a group."""
    apart: bool = True
    """Whether the two sources differ; the true distance is 0 where not."""


class Bias(NamedTuple):
    """A distance and its correction over many repetitions."""

    sets: Sets
    truth: float
    """Distance of the sources, whose total variance is 1."""
    plugin: float
    """Mean."""
    plugin_spread: float
    """Standard deviation over repetitions."""
    line: float
    """Mean of the correction with a straight line through the same points."""
    corrected: float
    """Mean."""
    corrected_spread: float
    """Standard deviation over repetitions."""
    repetitions: int

    def left(self, value: float) -> float:
        """Share of the plug-in's bias that is left in `value`; below 0 where too much is taken off."""
        return (value - self.truth) / (self.plugin - self.truth)

    def left_error(self) -> float:
        """Standard error of the share that the correction leaves."""
        return self.corrected_spread / self.repetitions**0.5 / (self.plugin - self.truth)


class Zero(NamedTuple):
    """Mean and standard error of a kernel distance of two sets from one source, which should be 0."""

    metric: str
    clips: int
    in_group: int
    mean: float
    error: float


SETTINGS = (
    *(Sets("1/k", dim, 4, 60) for dim in (16, 64)),
    *(Sets("1/k", 128, 10, clips) for clips in (27, 53, 250)),
    Sets("1/k", 128, 10, 53, apart=False),
    *(Sets("flat", 128, 10, clips) for clips in (27, 53)),
    Sets("1/k^2", 128, 10, 53),
    *(Sets(spectrum, 200, 3, 250) for spectrum in SPECTRA),
    *(Sets("1/k", 128, 10, 160, in_group) for in_group in (1, 4)),
    Sets("1/k", 512, 10, 150),
)


def frechet_rows(settings: Sequence[Sets] = SETTINGS, *, effort: int = 4000) -> Iterator[Bias]:
    """One row a setting, over `effort` / dimensions repetitions, no fewer than eight."""
    for sets in settings:
        repetitions = max(8, effort // sets.dim)
        mix, other_mix, shift, truth = _sources(sets)
        groups = _groups(sets)
        ones = np.ones(sets.clips)
        found = []
        for repetition in range(repetitions):
            rng = np.random.default_rng(repetition)
            sides = _clips(rng, sets, mix), ones, _clips(rng, sets, other_mix) + shift, ones
            curve = frechet_corrected.curve(*sides, groups, groups)
            found.append((curve[1][0], *(frechet_corrected.limit(*curve, order=order) for order in (1, 2))))
        plugin, line, corrected = np.mean(found, axis=0).tolist()
        spread, _, corrected_spread = np.std(found, axis=0).tolist()
        yield Bias(sets, truth, plugin, spread, line, corrected, corrected_spread, repetitions)


def kernel_rows(clips: Sequence[int] = (27, 53, 250), *, repetitions: int = 400) -> Iterator[Zero]:
    """Pooled KAD, KAD without and with groups, KID with groups, of clips each alone and in groups of three."""
    for count, in_group in product(clips, (1, 3)):
        sets = Sets("1/k", DIM, FRAMES, count, in_group, apart=False)
        mix, *_ = _sources(sets)
        groups = _groups(sets)
        found: dict[str, list[float]] = {}
        for repetition in range(repetitions):
            rng, ones = np.random.default_rng(repetition), np.ones(count)
            sides = _clips(rng, sets, mix), ones, _clips(rng, sets, mix), ones
            found.setdefault("kad_pooled", []).append(kad_pooled.aggregate(*sides))
            found.setdefault("kad, clips taken for independent", []).append(kad.aggregate(*sides))
            found.setdefault("kad", []).append(kad.aggregate(*sides, groups=groups, reference_groups=groups))
            found.setdefault("kid", []).append(kid.aggregate(*sides, groups=groups, reference_groups=groups))
        for metric, values in found.items():
            yield Zero(metric, count, in_group, float(np.mean(values)), float(np.std(values) / repetitions**0.5))


def main() -> None:
    """Print both tables."""
    with threadpool_limits(1, user_api="blas"):
        heads = "spectrum, dimensions, frames a clip, clips, clips a group, truth, plug-in, corrected, bias left"
        print(f"| {heads.replace(', ', ' | ')} | by a straight line |\n|{'---|' * 10}")
        for row in frechet_rows():
            figures = f"{row.truth:.3f} | {row.plugin:.3f} ± {row.plugin_spread:.3f} | "
            figures += f"{row.corrected:.3f} ± {row.corrected_spread:.3f} | "
            figures += f"{row.left(row.corrected):.0%} ± {row.left_error():.0%} | {row.left(row.line):.0%}"
            print(f"| {' | '.join(map(str, row.sets[:5]))} | {figures} |", flush=True)
        print(f"\n| clips | clips a group | metric | mean of equal sources | its standard error |\n|{'---|' * 5}")
        for zero in kernel_rows():
            figures = f"{zero.mean:.2g} | {zero.error:.1g}"
            print(f"| {zero.clips} | {zero.in_group} | {zero.metric} | {figures} |", flush=True)


def _sources(sets: Sets) -> tuple[Array, Array, Array, float]:
    """Matrices that make frames of either source out of independent numbers, the second's shift, the truth."""
    rng = np.random.default_rng(3)
    variance = np.arange(1, sets.dim + 1) ** -SPECTRA[sets.spectrum]
    mix = np.diag(np.sqrt(variance / variance.sum()))
    if not sets.apart:
        return mix, mix, np.zeros(sets.dim), 0.0
    turned = np.eye(sets.dim) + 0.25 * rng.standard_normal((sets.dim, sets.dim)) / np.sqrt(sets.dim)
    other = 1.1 * turned @ mix
    shift = 0.3 * mix @ rng.standard_normal(sets.dim)
    x, y = mix @ mix.T, other @ other.T
    return mix, other, shift, float(shift @ shift + np.trace(x) + np.trace(y) - 2 * frechet.root_trace(x, y))


def _clips(rng: np.random.Generator, sets: Sets, mix: Array) -> Array:
    """`[clips, frames, dim]`."""
    of_group = GROUP_SHARE if sets.in_group > 1 else 0.0
    groups = rng.standard_normal((-(-sets.clips // sets.in_group), 1, sets.dim))
    shared = np.repeat(groups, sets.in_group, axis=0)[: sets.clips]
    own = rng.standard_normal((sets.clips, 1, sets.dim))
    frames = rng.standard_normal((sets.clips, sets.frames, sets.dim))
    of_clip = CLIP_SHARE * (1 - of_group)
    unmixed = np.sqrt(of_group) * shared + np.sqrt(of_clip) * own + np.sqrt(1 - of_group - of_clip) * frames
    mixed: Array = unmixed @ mix.T
    return mixed


def _groups(sets: Sets) -> list[str]:
    return [str(clip // sets.in_group) for clip in range(sets.clips)]


if __name__ == "__main__":
    main()
