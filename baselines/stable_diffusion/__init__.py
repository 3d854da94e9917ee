"""Stable Diffusion 2.1 under music2image: a picture for a sentence about the music."""

from bench.types import ModelCard, Variant

CARD = ModelCard(
    name="stable_diffusion",
    tasks=("music2image",),
    variants={
        "2_1": Variant(
            "baselines.stable_diffusion.pipeline:paper",
            "stable-diffusion-2-1, prompted with the tags that musicnn hears (or another prompt, see the options)",
            assets=("stable_diffusion_2_1", "musicnn"),
            extras=("diffusion",),
            memory_gb=8.0,
            batch_size=4,
        )
    },
    description="text to image; the prompt says what the music is",
    licence="weights CreativeML Open RAIL++-M; musicnn ISC",
    paper="Rombach, Blattmann, Lorenz, Esser, Ommer: High-Resolution Image Synthesis with Latent Diffusion "
    "Models, CVPR 2022, arXiv:2112.10752",
    presets={"paper": ("2_1",)},
)
