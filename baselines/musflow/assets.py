"""MusFlow's trained parts, which nobody has published."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_FILES = ("adapters.safetensors", "unet/config.json", "unet/diffusion_pytorch_model.safetensors")

CARDS: tuple[Asset, ...] = (
    Asset(
        "musflow",
        tuple(AssetFile(file, ()) for file in _FILES),
        "that of what they were trained on",
        "MusFlow's adapters and UNet, trained by yourself, see docs/models/musflow.md",
        753_000_000,
        by_hand="its authors published no weights; train them by `python -m "
        "sightsound.baselines.musflow.train --split SPLIT "
        "--out DIR`, which puts them where they belong, or take someone's",
    ),
)
