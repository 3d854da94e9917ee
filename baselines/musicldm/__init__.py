"""MusicLDM: text to music by latent diffusion, guided by CLAP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sightsound.baselines.parts.options import positive
from sightsound.bench.core.types import Model, ModelCard, Variant

CARD = ModelCard(
    name="musicldm",
    tasks=("caption2music", "story2music"),
    variants={
        "paper": Variant(
            "sightsound.baselines.musicldm:paper",
            "ircam-reach/musicldm: 200 steps of DDIM, guidance 2",
            assets=("musicldm",),
            extras=("diffusion",),
            memory_gb=6.0,
        )
    },
    description="latent diffusion of 16 kHz mel spectrograms, guided by CLAP's vector of the text",
    licence="weights CC-BY-NC-SA-4.0",
    paper="Chen, Wu, Liu, Nezhurina, Berg-Kirkpatrick, Dubnov: MusicLDM: Enhancing Novelty in Text-to-Music "
    "Generation Using Beat-Synchronous Mixup Strategies, 2023, arXiv:2308.01546",
    presets={"paper": ("paper",)},
)


def paper(
    device: str,
    weights: Mapping[str, Path],
    seconds: float | str = 10.0,
    steps: int | str = 200,
    guidance: float | str = 2.0,
) -> Model:
    """The published pipeline. `seconds` of music, `steps` of DDIM, `guidance` above 1 for any."""
    from sightsound.baselines.parts.musicldm import MusicLDM
    from sightsound.baselines.parts.prompted import Prompted

    length_s = positive("seconds", seconds, float)
    number, weight = positive("steps", steps, int), positive("guidance", guidance, float)
    return Prompted(MusicLDM(device, weights["musicldm"], number, weight), length_s)
