"""The reference rows of every board of prompts: the best, the chance, the empty and the copied answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sightsound.baselines import reference
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant, example_seed

SENTENCE = "a picture"
OPENING = 6  # words


class Same(reference.Same):
    """The reference text itself."""

    field = "reference_text"


class Mispaired(reference.Mispaired):
    """The texts of other examples."""

    field = "reference_text"


class Shuffled(reference.Row):
    """The reference's own words in another order: all that a count of words asks for, and no sense."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The words of the reference text, an order of the example's own seed."""
        for example in examples:
            words = (example.reference_text or "").split()
            order = np.random.default_rng(example_seed(seed, example.id)).permutation(len(words))
            yield Generated(example.id, text=" ".join(words[place] for place in order))


class Sentence(reference.Row):
    """One sentence for everything."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """`SENTENCE`."""
        for example in examples:
            yield Generated(example.id, text=SENTENCE)


class Copied(reference.Row):
    """The words that the prompt is to be made from, handed back: what likeness to them is worth."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The lyrics, whole."""
        for example in examples:
            yield Generated(example.id, text=example.lyrics)


class Opening(reference.Row):
    """The first words of the lyrics, by which many a song is called: what a title for a reference gives away."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The first `OPENING` words."""
        for example in examples:
            yield Generated(example.id, text=" ".join((example.lyrics or "").split()[:OPENING]))


_HERE = "sightsound.baselines.reference_text"
CARD = ModelCard(
    name="reference_text",
    tasks=("music2prompt", "lyrics2prompt", "any2prompt"),
    variants={
        **reference.likeness(_HERE, "the reference text itself", "the texts of other examples"),
        "shuffled": Variant(f"{_HERE}:Shuffled", "the reference's own words in another order"),
        "sentence": Variant(f"{_HERE}:Sentence", f"always `{SENTENCE}`"),
    },
    description="the rows that show what a metric's values mean, for prompts",
    licence="that of the split",
    presets=dict.fromkeys(("pocket", "paper"), ("same", "halves", "mispaired", "shuffled", "sentence")),
    reference=True,
)
LYRICS = ModelCard(
    name="reference_lyrics",
    tasks=("lyrics2prompt",),
    variants={
        "copied": Variant(f"{_HERE}:Copied", "the lyrics themselves, for the prompt"),
        "opening": Variant(f"{_HERE}:Opening", "the first six words of the lyrics"),
    },
    description="the rows that show what handing the lyrics back scores",
    licence="that of the split",
    presets=dict.fromkeys(("pocket", "paper"), ("copied", "opening")),
    reference=True,
)
