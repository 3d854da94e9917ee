"""A system that makes a short noise at once: what the memory of generating and embedding is measured with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant, example_seed
from sightsound.bench.stages import embed, outputs
from sightsound.bench.stages.generate import generate

RATE_HZ, SECONDS = 8000, 0.25
TASK = "caption2music"
NETWORK = "signal"


class Noise:
    """A model: noise of the example's seed."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """One short noise an example."""
        for example in examples:
            rng = np.random.default_rng(example_seed(seed, example.id))
            noise = 0.1 * rng.standard_normal(round(SECONDS * RATE_HZ), np.float32)
            yield Generated(example.id, noise, RATE_HZ)


CARD = ModelCard("made", (TASK,), {"noise": Variant(f"{__name__}:Noise", "noise")}, "noise", "none")
SYSTEM = System(CARD, "noise", CARD.variants["noise"])


def make(run: Path, clips: int) -> None:
    """Generate in the run folder `run`."""
    examples = [Example(f"{number:06d}", f"group {number:06d}", caption="noise") for number in range(clips)]
    place = outputs.place(run, SYSTEM)
    place.mkdir(parents=True)
    made = generate(SYSTEM, registry.task(TASK), examples, place, lambda: Noise("cpu", {}), seed=0)
    assert all(each.error is None for each in made.values())


def embedded(run: Path, store: Path) -> None:
    """Embed what was made, by NETWORK, into a store."""
    place = outputs.place(run, SYSTEM)
    items = [
        embed.file_item(place / output.path)
        for output in outputs.journal(run, SYSTEM).values()
        if output.path is not None
    ]
    failures = embed.embed(items, [NETWORK], embed.Extractors([NETWORK], "cpu", None), FeatureStore(store))
    assert not failures
