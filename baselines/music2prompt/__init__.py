"""Music2Prompt (RoMERTa, ASTRoBERTa): music to an image prompt by RoBERTa with attention to an audio encoder."""

from __future__ import annotations

from sightsound.bench.core.types import ModelCard, Variant

ENCODERS = {
    "mert95m": ("MERT-v1-95M", "mert_95m"),
    "mert330m": ("MERT-v1-330M", "mert_330m"),
    "ast": ("AST", "ast_audioset"),
}
"""Encoder's name -> what it is, the asset of the published one."""
TRAINED_ON = {"amv": "AnimatedMusicVideo", "yt8m": "YouTube8M-MusicVideo"}
VARIANTS = tuple(f"{encoder}_{data}" for encoder in ENCODERS for data in TRAINED_ON)

CARD = ModelCard(
    name="music2prompt",
    tasks=("music2prompt",),
    variants={
        f"{encoder}_{data}": Variant(
            f"sightsound.baselines.music2prompt.pipeline:{encoder}_{data}",
            f"{what} and RoBERTa-base with cross-attention, trained on {set_}",
            assets=(f"music2prompt_{encoder}_{data}",),
            memory_gb=4.0 if encoder == "mert330m" else 3.0,
            batch_size=16,
        )
        for encoder, (what, _) in ENCODERS.items()
        for data, set_ in TRAINED_ON.items()
    },
    description="RoBERTa writes an image prompt while it attends to what MERT or AST hears",
    licence="nothing was published: your own weights; MERT CC-BY-NC-4.0, AST BSD-3-Clause, RoBERTa MIT",
    paper="Lawrence: Resonating Visuals: Generative AI Strategies for Capturing the Essence of Music in Image "
    "Form, master's thesis, The University of Texas at Austin, 2024, chapter 5",
    leaks="whatever your weights were trained on: training.json beside them names the split. The thesis trains on "
    "parts of amv and yt8m_mv that it does not list",
    presets={"paper": VARIANTS},
)
