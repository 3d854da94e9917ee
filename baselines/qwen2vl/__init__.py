"""MusFlow's composer under image2caption: Qwen2-VL describes music for a picture and its story."""

from __future__ import annotations

from sightsound.bench.core.types import ModelCard, Variant

RANKS = (4, 8)
"""Ranks of QLoRA that the paper tunes it with."""

CARD = ModelCard(
    name="qwen2vl",
    tasks=("image2caption",),
    variants={
        "base": Variant(
            "sightsound.baselines.qwen2vl.pipeline:base",
            "Qwen2-VL-7B-Instruct as it is published, asked for music that fits the picture and its story",
            assets=("qwen2_vl_7b_instruct",),
            memory_gb=20.0,
            batch_size=4,
        ),
        **{
            f"rank{rank}": Variant(
                f"sightsound.baselines.qwen2vl.pipeline:rank{rank}",
                f"the same, tuned by yourself with QLoRA of rank {rank} and merged",
                assets=(f"qwen2vl_rank{rank}",),
                memory_gb=20.0,
                batch_size=4,
            )
            for rank in RANKS
        },
    },
    description="a chat model that sees the picture writes a caption of music for it",
    licence="Qwen2-VL-7B-Instruct Apache-2.0; tuned weights: nothing was published, your own",
    paper="Song, Wang: MusFlow: Multimodal Music Generation via Conditional Flow Matching, 2025, "
    "arXiv:2504.13535, sections 3.2 and 4.4",
    leaks="whatever your weights were tuned on; the paper tunes on MusicCaps, MelBench and MUImage",
    presets={"paper": ("base",)},
)
