"""Stable Diffusion 2.1 under music2image: a picture for a sentence about the music."""

from sightsound.bench.core.types import ModelCard, Variant

CARD = ModelCard(
    name="stable_diffusion",
    tasks=("music2image",),
    variants={
        "2_1": Variant(
            "sightsound.baselines.stable_diffusion.pipeline:paper",
            "stable-diffusion-2-1, prompted with the tags that musicnn hears (or another prompt, see the options)",
            assets=("stable_diffusion_2_1", "musicnn"),
            extras=("diffusion",),
            memory_gb=8.0,
            batch_size=4,
        ),
        **{
            f"lyrics_{flow}": Variant(
                f"sightsound.baselines.stable_diffusion.pipeline:lyrics_{flow}",
                f"stable-diffusion-2-1, prompted by lyric2prompt:paper_{flow}_transcribed",
                assets=("stable_diffusion_2_1", "mistral_7b_instruct", "clip_bpe", "whisper_large_v2"),
                extras=("diffusion",),
                memory_gb=30.0,
                batch_size=4,
            )
            for flow in ("parallel", "conversational")
        },
        **{
            f"music_{writer}": Variant(
                f"sightsound.baselines.stable_diffusion.pipeline:music_{writer}",
                f"stable-diffusion-2-1, prompted by music2prompt:{writer}",
                assets=("stable_diffusion_2_1", f"music2prompt_{writer}"),
                extras=("diffusion",),
                memory_gb=11.0,
                batch_size=4,
            )
            for writer in ("mert95m_amv", "mert95m_yt8m")
        },
    },
    description="text to image; the prompt says what the music is",
    licence="weights CreativeML Open RAIL++-M; musicnn ISC; Mistral-7B-Instruct and Whisper Apache-2.0",
    paper="Rombach, Blattmann, Lorenz, Esser, Ommer: High-Resolution Image Synthesis with Latent Diffusion "
    "Models, CVPR 2022, arXiv:2112.10752",
    presets={"paper": ("2_1",)},
)
