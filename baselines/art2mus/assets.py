"""Art2Mus's projections, which the user converts once: no digest of them is known."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile


def _art2mus(variant: str, stem: str, blob: str, size_bytes: int) -> Asset:
    """A projection of Art2Mus. The authors' repository has it as a pickle, of which git's name is known and no
    sha256: no licence lets anyone pass it on, and it could not be had when this was written."""
    return Asset(
        f"art2mus_{variant}",
        (AssetFile(f"{stem}.safetensors", ()),),
        "none stated",
        f"Art2Mus, projection of pictures, {variant.replace('_', ' ')}: {stem}.pt converted once, see "
        "docs/models/art2mus.md",
        size_bytes,
        by_hand=f"art2mus_weights/{stem}.pt lies in github.com/justivanr/art2mus_ at 21ab344, git's blob "
        f"{blob[:12]}; convert it once by `python -m sightsound.metrics.networks.common.checkpoint "
        f"{stem}.pt {stem}.safetensors`",
    )


CARDS = (
    _art2mus("1_token", "art2mus_img_proj_layer", "3fb612606638cb3bc10de6fb582f0e2f15ccf683", 11_000_000),
    _art2mus("4_tokens", "art2mus_4_img_proj_layer", "8fd6e65ebd548c62b440303191e9048a204acf25", 25_200_000),
)
