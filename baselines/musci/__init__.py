"""MusCI-CLAP: Stable Diffusion 2.1 that reads ten tokens of music behind the words."""

from __future__ import annotations

from sightsound.bench.core.types import ModelCard, Variant

TRAINED_ON = {"clap_amv": "AnimatedMusicVideo", "clap_yt8m": "YouTube8M-MusicVideo"}

CARD = ModelCard(
    name="musci",
    tasks=("music2image",),
    variants={
        name: Variant(
            f"sightsound.baselines.musci.pipeline:{name}",
            f"stable-diffusion-2-1 and LAION-CLAP's music encoder, both tuned on {data}",
            assets=(f"musci_{name}", "stable_diffusion_2_1"),
            extras=("diffusion",),
            memory_gb=9.0,
            batch_size=4,
        )
        for name, data in TRAINED_ON.items()
    },
    description="the caption's tokens and ten tokens of the music, or either alone, condition Stable Diffusion",
    licence="nothing was published: your own weights; Stable Diffusion CreativeML Open RAIL++-M, "
    "LAION-CLAP CC0-1.0",
    paper="Lawrence: Resonating Visuals: Generative AI Strategies for Capturing the Essence of Music in Image "
    "Form, master's thesis, The University of Texas at Austin, 2024, chapter 6",
    leaks="whatever your weights were trained on: training.json beside them names the split. The thesis trains on "
    "parts of amv and yt8m_mv that it does not list",
    presets={"paper": tuple(TRAINED_ON)},
)
