"""The reference rows of boards of captions: the best, the chance and the empty answer."""

from __future__ import annotations

from sightsound.baselines import reference
from sightsound.baselines.reference_text import SENTENCE, Sentence
from sightsound.bench.core.types import ModelCard, Variant

__all__ = ["Mispaired", "Same", "Sentence"]


class Same(reference.Same):
    """The reference caption itself."""

    field = "caption"


class Mispaired(reference.Mispaired):
    """The captions of other examples."""

    field = "caption"


_HERE = "sightsound.baselines.reference_caption"
CARD = ModelCard(
    name="reference_caption",
    tasks=("image2caption",),
    variants={
        **reference.likeness(_HERE, "the reference caption itself", "the captions of other examples"),
        "sentence": Variant(f"{_HERE}:Sentence", f"always `{SENTENCE}`"),
    },
    description="the rows that show what a metric's values mean, for captions",
    licence="that of the split",
    presets=dict.fromkeys(("pocket", "paper"), ("same", "halves", "mispaired", "sentence")),
    reference=True,
)
