"""How often the suite's intervals hold what they should hold, by simulation over its own modules.

What an interval should hold is the value's expectation over other clips of the same kind, as many, in groups of
the same sizes: for means the known mean, for all else the mean over the repetitions themselves (which is off by a
1/sqrt(repetitions) of the value's spread).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import registry
from sightsound.bench.stages import two_sets, values
from sightsound.metrics.card import MetricCard
from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics import parts
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import Parts
from tests.statistics.worlds import LAWS, NORMAL, Law, Scene, generator, scenes

FRAMES = 4
CLASSES = (10, 50)
LEAST = 6  # repetitions
Draw = Callable[[np.random.Generator, Scene], Parts]


@dataclass(frozen=True)
class Cell:
    """One line of a table."""

    kind: str
    """Of metric."""
    what: str
    """What is drawn."""
    scene: Scene
    """Clips and groups."""
    draw: Draw
    """A value in parts."""
    truth: float | None = None
    """What the value is on average; None: its mean over the repetitions is taken."""
    share: float = 1.0
    """Of the repetitions: fewer where one takes long."""


@dataclass(frozen=True)
class Held:
    """What came out of a cell."""

    cell: Cell
    """The line."""
    repetitions: int
    """How many values were drawn."""
    shown: float
    """Share that has an interval."""
    held: float
    """Share of those that hold the truth; NaN where none is shown."""
    above: float
    """Share of those that lie wholly above it; the rest lies below."""
    width: float
    """Middling width of an interval in standard deviations of the value."""

    @property
    def intervals(self) -> int:
        """How many there were."""
        return round(self.repetitions * self.shown)

    @property
    def error(self) -> float:
        """Standard error of `held`."""
        return float(np.sqrt(self.held * (1 - self.held) / max(1, self.intervals)))


def measure(cell: Cell, repetitions: int) -> Held:
    """Draw a cell's values and count."""
    count = max(LEAST, round(repetitions * cell.share))
    rng = generator(cell.kind, cell.what, cell.scene)
    found = [estimate(cell.draw(rng, cell.scene)) for _ in range(count)]
    drawn = np.array([each.value for each in found])
    low, high = (np.array([getattr(each, end) for each in found]) for end in ("low", "high"))
    truth = drawn.mean() if cell.truth is None else cell.truth
    shown = ~np.isnan(low)
    if not shown.any():
        return Held(cell, count, 0.0, *[float("nan")] * 3)
    low, high = low[shown], high[shown]
    # an end that equals the truth but for rounding: values that are always the same
    held = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
    above = (low > truth + 1e-12).mean()
    width = float(np.median(high - low) / drawn.std()) if drawn.std() > 0 else 0.0
    return Held(cell, count, float(shown.mean()), float(held.mean()), float(above), width)


def means() -> Iterator[Cell]:
    """Means over clips: KL, cosine, CLIP score, THD, ranks, BERTScore."""
    for name, law in LAWS.items():
        for scene in scenes():

            def draw(rng: np.random.Generator, scene: Scene, law: Law = law) -> Parts:
                return parts.of_clips(scene.shared(rng, law), scene.names, scene.group_names)

            yield Cell("means", name, scene, draw, truth=0.0)


def inception() -> Iterator[Cell]:
    """Inception scores, of posteriors whose logits a group shares in part."""
    card = registry.metric("inception_score_musicnn")
    for classes in CLASSES:

        def draw(rng: np.random.Generator, scene: Scene, classes: int = classes) -> Parts:
            raised = np.exp(2 * scene.shared(rng, NORMAL, classes))
            return _parts(values.aggregated(card, raised / raised.sum(axis=1, keepdims=True), scene.examples))

        for scene in scenes():
            yield Cell("inception", f"{classes} classes", scene, draw, share=0.5)


def _two_sets(name: str, dim: int, shift: float, frames: int = FRAMES) -> Draw:
    """A metric of outputs and references `[clips, frames, dim]` that share their group's effect in part."""
    card = registry.metric(name)

    def draw(rng: np.random.Generator, scene: Scene) -> Parts:
        outputs, references = pair_of_sets(rng, scene, dim, shift, frames)
        return _parts(two_sets.sets(card, scene.examples, outputs, scene.examples, references))

    return draw


def pair_of_sets(
    rng: np.random.Generator, scene: Scene, dim: int, shift: float, frames: int = FRAMES
) -> tuple[Rows, Rows]:
    """Outputs and references `[clips, frames, dim]`, a third each what a group, a clip and a frame add; the
    outputs' mean lies `shift` away in every dimension, and their spread is (1 + shift) as large."""
    common = NORMAL(rng, (scene.groups, dim))[
        scene.place
    ]  # what a picture makes of its music and of its reference
    sides = []
    for _ in range(2):
        group = (common + NORMAL(rng, (scene.groups, dim))[scene.place]) / np.sqrt(2)
        clip = NORMAL(rng, (scene.clips, dim))
        sides.append((group[:, None] + clip[:, None] + NORMAL(rng, (scene.clips, frames, dim))) / np.sqrt(3))
    return (1 + shift) * sides[0] + shift, sides[1]


DISTANCES = {0.0: "same source", 0.3: "other source"}


def frechet() -> Iterator[Cell]:
    """Fréchet distances; an extractor has 50 to 2,048 dimensions."""
    sizes = [
        *((8, scene, 0.1 if scene.clips == 1000 else 0.5) for scene in scenes()),
        *((64, scene, 0.3) for scene in scenes((27, 53, 250), (11, 20, 53), unequal=False)),
        *((200, Scene(n, g), 0.1) for n, g in ((27, 11), (53, 20), (53, 53))),
    ]
    for shift, source in DISTANCES.items():
        for dim, scene, share in sizes:
            draw = _two_sets("fad_musicnn", dim, shift)
            yield Cell("frechet", f"{dim} dimensions, {source}", scene, draw, share=share)


def corrected() -> Iterator[Cell]:
    """Fréchet distances with their bias taken off."""
    for shift, source in DISTANCES.items():
        for scene in (Scene(53, 20), Scene(53, 53), Scene(250, 53)):
            draw = _two_sets("fad_musicnn_corrected", 8, shift)
            yield Cell("corrected", f"8 dimensions, {source}", scene, draw, share=0.3)


def kernel() -> Iterator[Cell]:
    """KAD and KID."""
    shares = {27: 0.5, 53: 0.5, 250: 0.1, 1000: 0.1}
    for name in ("kad_musicnn", "kid_musicnn"):
        for shift, source in DISTANCES.items():
            for scene in scenes():
                # of many clips one frame each: every pair of frames meets its kernel
                draw = _two_sets(name, 8, shift, FRAMES if scene.clips < 1000 else 1)
                label = f"{name.partition('_')[0].upper()}, 8 dimensions, {source}"
                yield Cell("kernel", label, scene, draw, share=shares[scene.clips])


def per_song() -> Iterator[Cell]:
    """Per-song Fréchet distances."""
    for scene in scenes((27, 53, 250)):
        yield Cell("per_song", "8 dimensions", scene, _two_sets("per_song_fad_musicnn", 8, 0.3), share=0.2)


def without() -> Iterator[Cell]:
    """Metrics of which no interval is shown, with what was tried: the jackknife, and the mean over clips with
    everything that a clip is held against left as it is."""
    manifold = {"precision": True, "recall": False, "density": True, "coverage": False}  # a mean over the outputs?
    for scene in (Scene(53, 20), Scene(53, 53), Scene(250, 53)):
        for name, of_outputs in manifold.items():
            card = registry.metric(f"{name}_musicnn")
            yield Cell("without", f"{name}, jackknife", scene, _leaving_out(card), share=0.2)
            yield Cell("without", f"{name}, balls as they are", scene, _balls(card, of_outputs), share=0.2)
        for name in ("r1", "r5", "median_rank"):
            card = registry.metric(f"ib_image_to_music_{name}")
            yield Cell("without", f"{name}, jackknife", scene, _leaving_out(card), share=0.2)
            if name != "median_rank":
                yield Cell("without", f"{name}, gallery as it is", scene, _gallery(card), share=0.2)


def _points(rng: np.random.Generator, scene: Scene, card: MetricCard) -> tuple[Rows, ...]:
    """What a metric's aggregate reads: points of both sets, or pairs of unit vectors that have much in common."""
    outputs, references = (side.mean(axis=1) for side in pair_of_sets(rng, scene, 8, 0.3))
    if card.kind == "two_sets":
        return outputs, references
    near = outputs + 0.5 * references
    return (values.module_of(card).statistics(list(near[:, None]), list(references[:, None])),)


def _leaving_out(card: MetricCard) -> Draw:
    aggregate = values.function_of(card, "aggregate")

    def draw(rng: np.random.Generator, scene: Scene) -> Parts:
        sides = _points(rng, scene, card)

        def value(kept: NDArray[np.bool_]) -> float:
            some = [side[kept] for side in sides]
            return float(aggregate(*(each for rows in some for each in (rows, np.ones(len(rows))))))

        whole = value(np.ones(scene.clips, dtype=bool))

        def without_some(masks: NDArray[np.bool_]) -> Rows:
            return np.array([value(kept) for kept in masks])

        return parts.jackknife(without_some, whole, scene.names, scene.group_names)

    return draw


def _balls(card: MetricCard, of_outputs: bool) -> Draw:
    replicates = values.function_of(card, "replicates")

    def draw(rng: np.random.Generator, scene: Scene) -> Parts:
        outputs, references = _points(rng, scene, card)
        one, all_ = np.eye(scene.clips), np.ones((scene.clips, scene.clips))
        weights = (one, all_) if of_outputs else (all_, one)
        own = replicates(outputs, weights[0], references, weights[1])
        return parts.of_clips(own, scene.names, scene.group_names)

    return draw


def _gallery(card: MetricCard) -> Draw:
    def draw(rng: np.random.Generator, scene: Scene) -> Parts:
        (rows,) = _points(rng, scene, card)
        own = values.module_of(card).hits(rows, int(card.aggregate_options["at"]))
        return parts.of_clips(own, scene.names, scene.group_names)

    return draw


def _parts(value: values.Value) -> Parts:
    assert value.parts is not None, value.note
    return value.parts


KINDS = (means, inception, frechet, corrected, kernel, per_song, without)
