"""The bias that is left in distances between two sets, on sets whose true distance is known.

`python -m sightsound.bench.perf.statistics_bias` prints two tables: what the Fréchet distance and its correction
give by dimensions, frames and clips, and what KAD and KID give for two sets from one source. Frames of a clip
share half their variance; where clips come in groups, three tenths are the group's, half of the rest the clip's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    corrected: float
    """Mean."""
    corrected_spread: float
    """Standard deviation over repetitions."""

    @property
    def left(self) -> float:
        """Share of the plug-in's bias that the correction leaves; below 0 where it takes off too much."""
        return (self.corrected - self.truth) / (self.plugin - self.truth)


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
    *(Sets(spectrum, 128, 10, 53) for spectrum in ("flat", "1/k^2")),
    *(Sets(spectrum, 200, 3, 250) for spectrum in SPECTRA),
    *(Sets("1/k", 128, 10, 160, in_group) for in_group in (1, 4)),
    Sets("1/k", 512, 10, 150),
)


def frechet_rows(settings: Sequence[Sets] = SETTINGS, *, repetitions: int = 20) -> Iterator[Bias]:
    """One row a setting."""
    for sets in settings:
        mix, other_mix, shift, truth = _sources(sets)
        groups = _groups(sets)
        ones = np.ones(sets.clips)
        found = []
        for repetition in range(repetitions):
            rng = np.random.default_rng(repetition)
            sides = _clips(rng, sets, mix), ones, _clips(rng, sets, other_mix) + shift, ones
            value = frechet_corrected.aggregate(*sides, groups=groups, reference_groups=groups)
            found.append((frechet.aggregate(*sides), value))
        (plugin, corrected), (spread, corrected_spread) = np.mean(found, axis=0), np.std(found, axis=0)
        yield Bias(sets, truth, *map(float, (plugin, spread, corrected, corrected_spread)))


def kernel_rows(clips: Sequence[int] = (27, 53, 250), *, repetitions: int = 400) -> Iterator[Zero]:
    """KAD with the pairs of one clip, KAD and KID, by the number of clips, each clip alone or three of a group."""
    for count in clips:
        for in_group in (1, 3):
            sets = Sets("1/k", DIM, FRAMES, count, in_group)
            mix, *_ = _sources(sets._replace(apart=False))
            groups, ones = _groups(sets), np.ones(count)
            found = []
            for repetition in range(repetitions):
                rng = np.random.default_rng(repetition)
                sides = _clips(rng, sets, mix), ones, _clips(rng, sets, mix), ones
                names = {"groups": groups, "reference_groups": groups}
                found.append((kad_pooled.aggregate(*sides), kad.aggregate(*sides), kad.aggregate(*sides, **names)))
                found[-1] += (kid.aggregate(*sides, **names),)
            for metric, values in zip(
                ("kad_pooled", "kad, by clips", "kad", "kid"), np.array(found).T, strict=True
            ):
                yield Zero(metric, count, in_group, float(values.mean()), float(values.std() / repetitions**0.5))


def main() -> None:
    """Print both tables."""
    with threadpool_limits(1, user_api="blas"):
        print(
            "| spectrum | dimensions | frames a clip | clips | a group | truth | plug-in | corrected | bias left |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for row in frechet_rows():
            sets = row.sets
            figures = f"{row.truth:.3f} | {row.plugin:.3f} ± {row.plugin_spread:.3f} | "
            figures += f"{row.corrected:.3f} ± {row.corrected_spread:.3f} | {row.left:.0%}"
            print(f"| {' | '.join(map(str, sets[:5]))} | {figures} |", flush=True)
        print("\n| clips | a group | metric | mean of equal sources | standard error |\n|---|---|---|---|---|")
        for zero in kernel_rows():
            figures = f"{zero.mean:.4f} | {zero.error:.4f}"
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
