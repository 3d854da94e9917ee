"""MusFlow's trained parts, which nobody has published."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_FILES = ("adapters.safetensors", "unet/config.json", "unet/diffusion_pytorch_model.safetensors")


def _trained(name: str, files: tuple[str, ...], what: str, more: str = "") -> Asset:
    return Asset(
        name,
        tuple(AssetFile(file, ()) for file in files),
        "that of what they were trained on",
        f"MusFlow's {what}, trained by yourself, see docs/models/musflow.md",
        753_000_000,
        by_hand="its authors published no weights; train them by `python -m "
        f"sightsound.baselines.musflow.train --split SPLIT{more} "
        "--out DIR`, which puts them where they belong, or take someone's",
    )


CARDS: tuple[Asset, ...] = (
    _trained("musflow", _FILES, "adapters and UNet"),
    _trained("musflow_raw", _FILES[1:], "UNet without adapters (figure 4)", " --guide raw"),
    _trained("musflow_music", _FILES[1:], "UNet that the music's own vector guides (figure 4)", " --guide music"),
)
