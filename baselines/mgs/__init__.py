"""MG-S: the emotion of a painting becomes a word, a sentence or a musical description for a tuned MusicGen."""

from __future__ import annotations

from sightsound.bench.core.types import ModelCard, Variant

_WAYS = {
    "emotive": ("the emotion's name", ()),
    "narrative": ("BLIP's sentence that begins with the emotion's name", ("blip_large",)),
    "lyrical": (
        "that sentence in musical terms by Falcon-RW-1B",
        ("blip_large", "falcon_rw_1b_instruct_openorca"),
    ),
    "optimized": (
        "the same, with the generator tuned on stored tensors and its first layers frozen",
        ("blip_large", "falcon_rw_1b_instruct_openorca"),
    ),
}

CARD = ModelCard(
    name="mgs",
    tasks=("image2music",),
    variants={
        name: Variant(
            f"sightsound.baselines.mgs.pipeline:{name}",
            f"prompt: {prompt}",
            assets=("mgs_emotion", f"mgs_{name}", "musicgen_small", *assets),
            memory_gb=6.0 + 2.5 * len(assets),
            batch_size=4,
        )
        for name, (prompt, assets) in _WAYS.items()
    },
    description="the emotion of a painting, in words, for a MusicGen-small that was tuned on such pairs",
    licence="code and tuned weights: none stated; MusicGen weights CC-BY-NC-4.0, BLIP BSD-3-Clause, "
    "Falcon Apache-2.0",
    paper="Hisariya, Zhang, Liang: Bridging Paintings and Music: Exploring Emotion based Music Generation through "
    "Paintings, 2024, arXiv:2409.07827",
    leaks="trained on emotion_painting_music; pieces of one song are in its training and its test list, and its "
    "emotion network saw test paintings",
    presets={"paper": tuple(_WAYS)},
)
