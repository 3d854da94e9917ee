"""How often intervals of distances between two sets of unequal size hold what they should: `bench score` with
folders that are not paired. Two samples, each of single clips, nothing shared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example
from sightsound.bench.stages import two_sets
from sightsound.metrics.statistics.parts import OTHER, Parts
from tests.statistics.coverage import DISTANCES, FRAMES, Cell, Draw
from tests.statistics.worlds import NORMAL, Scene

REFERENCES = (12, 28, 200)
OUTPUTS = (28, 200)
DIM = 8


def unpaired() -> Iterator[Cell]:
    """Distances between outputs and a reference of another size; `clips` are the outputs."""
    for name in ("fad_musicnn", "kad_musicnn"):
        for shift, source in DISTANCES.items():
            for clips in OUTPUTS:
                for references in REFERENCES:
                    what = f"{name.partition('_')[0].upper()}, {DIM} dimensions, {references} references, {source}"
                    draw = _draw(name, shift, references)
                    yield Cell("unpaired", what, Scene(clips, clips), draw, share=0.3)


def _draw(name: str, shift: float, references: int) -> Draw:
    card = registry.metric(name)
    theirs = [Example(f"{OTHER}{index}", f"{OTHER}{index}") for index in range(references)]

    def draw(rng: np.random.Generator, scene: Scene) -> Parts:
        outputs, others = (
            (NORMAL(rng, (count, 1, DIM)) + NORMAL(rng, (count, FRAMES, DIM))) / np.sqrt(2)
            for count in (scene.clips, references)
        )
        found = two_sets.sets(card, scene.examples, (1 + shift) * outputs + shift, theirs, others)
        assert found.parts is not None
        return found.parts

    return draw
