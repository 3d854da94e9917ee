"""How often two systems of the same true value are told apart, by simulation: every one is a false alarm.

The systems answer the same clips. What makes a clip hard is common to both; besides, each system does better with
some groups and worse with others (half of the variance that is its own), so that the clips of a group are no
independent witnesses of which is better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.stages import two_sets
from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics import difference, parts, seeds
from sightsound.metrics.statistics.parts import Parts
from tests.statistics.coverage import LEAST
from tests.statistics.worlds import LAWS, NORMAL, Law, Scene, generator, scenes

LEVEL = 0.05
SYSTEMS = 8
RUNS = 3
Verdict = Callable[[np.random.Generator, Scene], float]


@dataclass(frozen=True)
class Cell:
    """One line of a table."""

    kind: str
    """Of verdict."""
    what: str
    """What is compared."""
    scene: Scene
    """Clips and groups."""
    p_value: Verdict
    """The p-value of one comparison; NaN where there is none."""
    share: float = 1.0
    """Of the repetitions."""


@dataclass(frozen=True)
class Alarms:
    """What came out of a cell."""

    cell: Cell
    """The line."""
    repetitions: int
    """How many comparisons were made."""
    given: float
    """Share that has a p-value."""
    alarms: float
    """Share of those below 0.05."""

    @property
    def tests(self) -> int:
        """How many had one."""
        return round(self.repetitions * self.given)

    @property
    def error(self) -> float:
        """Standard error of `alarms`."""
        return float(np.sqrt(self.alarms * (1 - self.alarms) / max(1, self.tests)))


def measure(cell: Cell, repetitions: int) -> Alarms:
    """Make a cell's comparisons and count."""
    count = max(LEAST, round(repetitions * cell.share))
    rng = generator(cell.kind, cell.what, cell.scene)
    p = np.array([cell.p_value(rng, cell.scene) for _ in range(count)])
    given = ~np.isnan(p)
    return Alarms(cell, count, float(given.mean()), float((p[given] < LEVEL).mean()) if given.any() else np.nan)


def systems(rng: np.random.Generator, scene: Scene, law: Law, count: int) -> list[Parts]:
    """Systems of one true mean on the same clips."""
    hard = 2 * scene.shared(rng, NORMAL)
    return [parts.of_clips(hard + scene.shared(rng, law), scene.names, scene.group_names) for _ in range(count)]


def means() -> Iterator[Cell]:
    """Differences of means over clips: is 0 outside of the interval?"""
    for name, law in LAWS.items():
        for scene in scenes():

            def p_value(rng: np.random.Generator, scene: Scene, law: Law = law) -> float:
                return difference.compare(*systems(rng, scene, law, 2)).p

            yield Cell("means", name, scene, p_value)


def swaps() -> Iterator[Cell]:
    """The swap test of means, by groups."""
    for name, law in LAWS.items():
        for scene in (Scene(53, 11), Scene(53, 20), Scene(53, 53), Scene(250, 20, equal=False)):

            def p_value(rng: np.random.Generator, scene: Scene, law: Law = law) -> float:
                return difference.swap_test(difference.paired(*systems(rng, scene, law, 2)), swaps=999)

            yield Cell("swap test", name, scene, p_value)


def skewed() -> Iterator[Cell]:
    """A system that is mostly a little worse and sometimes much better: equal means, a skewed difference."""
    for name in ("lognormal 0.7", "lognormal 1"):
        for scene in (Scene(53, 11), Scene(53, 20), Scene(53, 53), Scene(250, 53), Scene(1000, 53)):

            def p_value(rng: np.random.Generator, scene: Scene, law: Law = LAWS[name]) -> float:
                apart = parts.of_clips(scene.shared(rng, law), scene.names, scene.group_names)
                return difference.of(difference.estimate(apart)).p

            yield Cell("skewed means", name, scene, p_value)


def frechet() -> Iterator[Cell]:
    """Two systems as far from the reference as each other, one to one side and one to the other."""
    card = registry.metric("fad_musicnn")

    def p_value(rng: np.random.Generator, scene: Scene, dim: int = 8) -> float:
        common = NORMAL(rng, (scene.groups, dim))[scene.place]
        sides = []
        for _ in range(3):
            group = (common + NORMAL(rng, (scene.groups, dim))[scene.place]) / np.sqrt(2)
            frames = NORMAL(rng, (scene.clips, 4, dim))
            sides.append((group[:, None] + NORMAL(rng, (scene.clips, dim))[:, None] + frames) / np.sqrt(3))
        a, b, reference = sides
        found = [
            two_sets.sets(card, scene.examples, outputs, scene.examples, reference).parts
            for outputs in (a + 0.5 * np.eye(dim)[0], b + 0.5 * np.eye(dim)[1])
        ]
        assert found[0] is not None and found[1] is not None
        return difference.compare(found[0], found[1]).p

    for scene in scenes((53, 250), (11, 20, 53)):
        yield Cell("frechet", "8 dimensions", scene, p_value, share=0.3)


def tables() -> Iterator[Cell]:
    """The smallest p-value of a table of 8 systems, corrected after Holm over its 28 pairs."""
    for name, law in LAWS.items():
        for scene in (Scene(53, 11), Scene(53, 20), Scene(53, 53), Scene(250, 53), Scene(250, 20, equal=False)):

            def p_value(rng: np.random.Generator, scene: Scene, law: Law = law) -> float:
                pairs = combinations(systems(rng, scene, law, SYSTEMS), 2)
                return min(difference.holm([difference.compare(a, b).p for a, b in pairs]))

            yield Cell("8 systems, Holm", name, scene, p_value, share=0.3)


def several_seeds() -> Iterator[Cell]:
    """Two systems with 3 seeds each. A seed moves its run's clips each for itself and, where said, all together by
    as much as the clips' standard error."""
    for moved in (0.0, 0.3):
        for scene in (Scene(53, 11), Scene(53, 20), Scene(53, 53), Scene(250, 53)):

            def p_value(rng: np.random.Generator, scene: Scene, moved: float = moved) -> float:
                a, b = (seeds.over_seeds(_runs(rng, scene, moved)) for _ in range(2))
                return seeds.difference(a, b)[0].p

            yield Cell("3 seeds", f"common effect {moved:g}", scene, p_value)


def _runs(rng: np.random.Generator, scene: Scene, moved: float) -> list[Parts]:
    """The runs of one system; `moved`: standard deviation of what a seed does to all clips together."""
    own = scene.shared(rng, NORMAL)

    def run() -> Rows:
        return own + NORMAL(rng, (scene.clips,)) + moved * float(rng.standard_normal())

    return [parts.of_clips(run(), scene.names, scene.group_names) for _ in range(RUNS)]


def detectable() -> Iterator[Cell]:
    """No false alarms but true ones: a difference as large as what is printed as detectable, found in 80%."""
    for name in ("normal", "lognormal 0.7"):
        for scene in (Scene(53, 20), Scene(53, 53), Scene(250, 53), Scene(250, 20, equal=False)):
            law = LAWS[name]
            rng = generator("detectable", name, scene)
            told = [difference.compare(*systems(rng, scene, law, 2)).detectable for _ in range(200)]
            true = float(np.mean(told))

            def p_value(rng: np.random.Generator, scene: Scene, law: Law = law, true: float = true) -> float:
                a, b = systems(rng, scene, law, 2)
                return difference.compare(Parts(a.names, a.groups, a.values + true, a.weights), b).p

            yield Cell("found", f"{name}, the detectable difference", scene, p_value)


KINDS = (means, skewed, swaps, frechet, tables, several_seeds, detectable)
