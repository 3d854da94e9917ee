"""Made-up clips whose truth is known: groups of equal and unequal sizes, what a group's clips share, tails."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from sightsound.bench.core.types import Example
from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics.parts import effective_count

CLIPS = (27, 53, 250, 1000)
GROUPS = (5, 11, 20, 53)
SHARED = 0.5
"""Share of a clip's variance that its group has in common."""


@dataclass(frozen=True)
class Scene:
    """How many clips of how many groups of what sizes."""

    clips: int
    """Number of clips."""
    groups: int
    """Number of groups."""
    equal: bool = True
    """Whether groups are as equal in size as possible; else the k-th is about 1/k as large as the first."""

    @cached_property
    def place(self) -> Rows:
        """Group of each clip `[clips]`, 0 to groups - 1; none is empty."""
        share = np.ones(self.groups) if self.equal else 1 / np.arange(1, self.groups + 1)
        ends = np.cumsum(share / share.sum()) * (self.clips - self.groups)
        sizes = 1 + np.diff(np.round(ends), prepend=0).astype(int)
        return np.repeat(np.arange(self.groups), sizes)

    @cached_property
    def examples(self) -> list[Example]:
        """The clips."""
        return [Example(f"clip{i:04}", f"group{g:03}") for i, g in enumerate(self.place)]

    @cached_property
    def names(self) -> list[str]:
        """Ids of the clips."""
        return [example.id for example in self.examples]

    @cached_property
    def group_names(self) -> list[str]:
        """Names of the clips' groups."""
        return [example.group for example in self.examples]

    @property
    def effective(self) -> float:
        """Groups in effect."""
        return effective_count(self.group_names)

    def shared(self, rng: np.random.Generator, law: Law, *shape: int) -> Rows:
        """Values `[clips, *shape]` of variance 1, SHARED of which the clips of a group have in common."""
        return np.sqrt(SHARED) * law(rng, (self.groups, *shape))[self.place] + np.sqrt(1 - SHARED) * law(
            rng, (self.clips, *shape)
        )


Law = Callable[[np.random.Generator, tuple[int, ...]], Rows]
"""Draws of mean 0 and variance 1 in a shape."""


def _lognormal(sigma: float) -> Law:
    mean, spread = np.exp(sigma**2 / 2), np.sqrt((np.exp(sigma**2) - 1) * np.exp(sigma**2))
    return lambda rng, shape: (rng.lognormal(0, sigma, shape) - mean) / spread


LAWS: dict[str, Law] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "t, 3 df": lambda rng, shape: rng.standard_t(3, shape) / np.sqrt(3),
    "lognormal 0.7": _lognormal(0.7),
    "lognormal 1": _lognormal(1.0),
}
NORMAL = LAWS["normal"]


def scenes(
    clips: tuple[int, ...] = CLIPS, groups: tuple[int, ...] = GROUPS, *, unequal: bool = True
) -> list[Scene]:
    """Every combination with at least as many clips as groups; where they are as many, groups have one size."""
    sizes = (True, False) if unequal else (True,)
    return [Scene(n, g, equal) for equal, n, g in product(sizes, clips, groups) if n > g or (n == g and equal)]


def generator(*label: object) -> np.random.Generator:
    """A generator that belongs to a cell of a table, so that it gives the same alone as among others."""
    return np.random.default_rng(zlib.crc32(repr(label).encode()))
