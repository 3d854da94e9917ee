"""The reference rows of every board of pictures: the best, the chance and the empty answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sightsound.baselines import reference
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant, example_seed

SIDE = 512  # pixels; what the diffusion models that are compared make
GREY = 128


class Same(reference.Same):
    """The reference picture itself."""

    field = "reference_image"


class Mispaired(reference.Mispaired):
    """The pictures of other examples."""

    field = "reference_image"


class Grey(reference.Row):
    """A picture with nothing on it."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Middle grey all over."""
        for example in examples:
            yield Generated(example.id, image=np.full((SIDE, SIDE, 3), GREY, np.uint8))


class Noise(reference.Row):
    """Pixels drawn one by one."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Every channel of every pixel uniform in 0..255, by the example's own seed."""
        for example in examples:
            rng = np.random.default_rng(example_seed(seed, example.id))
            yield Generated(example.id, image=rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8))


_HERE = "sightsound.baselines.reference_image"
CARD = ModelCard(
    name="reference_image",
    tasks=("music2image", "any2image"),
    variants={
        **reference.likeness(_HERE, "the reference picture itself", "the pictures of other examples"),
        "grey": Variant(f"{_HERE}:Grey", "middle grey, 512 x 512"),
        "noise": Variant(f"{_HERE}:Noise", "uniform noise, 512 x 512"),
    },
    description="the rows that show what a metric's values mean, for pictures",
    licence="that of the split",
    presets=dict.fromkeys(("pocket", "paper"), ("same", "halves", "mispaired", "grey", "noise")),
    reference=True,
)
