"""PE-AV's published checkpoints, in transformers' layout.

The hub could not be reached when this was written: no digests, and safetensors and JSON only. The branch
`perception_models` of the same repositories holds the authors' own layout, which is another.
"""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile

# in float32; the smaller two are estimates
_BYTES = {"small": 3_500_000_000, "base": 4_200_000_000, "large": 8_940_000_000}


def _checkpoint(size: str, suffix: str) -> Asset:
    repository = f"facebook/pe-av-{size}{suffix}"
    tree = AssetFile("./", (f"hf:{repository}@main/",), need=("config.json", "*.safetensors", "tokenizer.json"))
    return Asset(
        repository.removeprefix("facebook/").replace("-", "_"),
        (tree,),
        "Apache-2.0",
        f"{repository}: music, video and sentences in one space",
        _BYTES[size],
    )


ASSETS = tuple(_checkpoint(size, suffix) for suffix in ("", "-16-frame") for size in _BYTES)
"""Assets of PE-AV."""
