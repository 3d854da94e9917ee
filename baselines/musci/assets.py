"""MusCI's trained parts, which nobody has published."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_FILES = (
    "music/config.json",
    "music/model.safetensors",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
)

CARDS: tuple[Asset, ...] = tuple(
    Asset(
        f"musci_{variant}",
        tuple(AssetFile(file, ()) for file in _FILES),
        "that of what they were trained on; CreativeML Open RAIL++-M",
        f"MusCI {variant}: UNet, CLAP and projection, trained by yourself, see docs/models/musci.md",
        3_760_000_000,
        by_hand="the thesis published no weights; train them by `python -m "
        "sightsound.baselines.musci.train --variant "
        f"{variant} --split SPLIT --out DIR`, which puts them where they belong, or take someone's",
    )
    for variant in ("clap_amv", "clap_yt8m")
)
