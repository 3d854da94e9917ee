"""The tuned Qwen2-VL of MusFlow, which nobody has published."""

from __future__ import annotations

from sightsound.baselines.qwen2vl import RANKS
from sightsound.metrics.asset import Asset, AssetFile

CARDS: tuple[Asset, ...] = tuple(
    Asset(
        f"qwen2vl_rank{rank}",
        tuple(AssetFile(file, ()) for file in ("config.json", "tokenizer.json", "model.safetensors")),
        "Apache-2.0, and that of what they were tuned on",
        f"Qwen2-VL-7B-Instruct tuned with QLoRA of rank {rank}, by yourself, see docs/models/qwen2vl.md",
        16_600_000_000,
        by_hand=f"the paper published none; tune Qwen/Qwen2-VL-7B-Instruct with QLoRA of rank {rank}, merge, "
        "and save it as one model.safetensors with its config.json and tokenizer.json",
    )
    for rank in RANKS
)
