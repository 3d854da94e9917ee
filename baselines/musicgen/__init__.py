"""MusicGen: text to music, a language model over EnCodec's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sightsound.baselines.parts.options import positive, switch
from sightsound.bench.core.types import Model, ModelCard, Variant

_SIZES = {  # variant -> parameters of the decoder in millions, GB of memory, examples a batch
    "small": (300, 6.0, 16),
    "medium": (1500, 16.0, 8),
    "large": (3300, 28.0, 4),
    "melody": (1500, 16.0, 8),
}

CARD = ModelCard(
    name="musicgen",
    tasks=("caption2music", "story2music"),
    variants={
        name: Variant(
            "sightsound.baselines.musicgen:build",
            f"facebook/musicgen-{name}: {millions} million parameters"
            + (", given no melody" if name == "melody" else ""),
            assets=(f"musicgen_{name}",),
            memory_gb=memory_gb,
            batch_size=batch_size,
        )
        for name, (millions, memory_gb, batch_size) in _SIZES.items()
    },
    description="a language model over the tokens of EnCodec at 32 kHz, guided by T5's reading of the text",
    licence="weights CC-BY-NC-4.0",
    paper="Copet, Kreuk, Gat, Remez, Kant, Synnaeve, Adi, Defossez: Simple and Controllable Music Generation, "
    "NeurIPS 2023, arXiv:2306.05284",
    presets={"paper": ("small",)},
)


def build(
    device: str,
    weights: Mapping[str, Path],
    seconds: float | str = 10.0,
    guidance: float | str = 3.0,
    recorded: int | str = 1,
) -> Model:
    """The published model with the sampling of its own configuration: top 250, temperature 1, guidance 3 where
    `guidance` says no other. `recorded` 0: transformers' own loop, on a card too."""
    from sightsound.baselines.parts.musicgen import MusicGen
    from sightsound.baselines.parts.prompted import Prompted

    length_s, weight = positive("seconds", seconds, float), positive("guidance", guidance, float)
    plays_back = switch("recorded", recorded)
    (folder,) = weights.values()
    return Prompted(MusicGen(device, folder, weight, recorded=plays_back), length_s)
