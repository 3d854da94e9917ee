"""Models that see pictures and answer: what `bench splits build annotate` and `caption` use.

The hub could not be reached when this was written: the files have no digest and are taken as safetensors only.
"""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile


def _hub(name: str, repository: str, licence: str, description: str, size_bytes: int) -> Asset:
    """A whole repository of the hub in transformers' layout, not pinned."""
    tree = AssetFile(
        "./",
        (f"hf:{repository}@main/",),
        need=("config.json", "*.safetensors"),
    )
    return Asset(name, (tree,), licence, f"{repository}: {description}", size_bytes)


ASSETS = (
    _hub(
        "blip2_flan_t5_xl",
        "Salesforce/blip2-flan-t5-xl",
        "MIT",
        "questions about pictures, its language model tuned on instructions",
        15_800_000_000,
    ),
    _hub(
        "qwen2_vl_7b_instruct",
        "Qwen/Qwen2-VL-7B-Instruct",
        "Apache-2.0",
        "chat about pictures",
        16_600_000_000,
    ),
)
"""Assets of models that see."""
