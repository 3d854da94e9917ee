"""CoDi's published files. No digest of them is known, so the user converts each once (docs/models/codi.md)."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_HUB = "hf:ZinengTang/CoDi@main"


def _converted(name: str, folder: str, file: str, what: str, size_bytes: int) -> Asset:
    return Asset(
        name,
        (AssetFile(f"{folder}{file}.safetensors", (f"{_HUB}/{folder}{file}.safetensors",)),),
        "MIT by the model's page",
        f"CoDi, {what}: {folder}{file}.pth converted once, see docs/models/codi.md",
        size_bytes,
    )


_ENCODERS = "CoDi_encoders", "CLIP, CLAP, autoencoder and vocoder"
_AUDIO = "CoDi_audio_diffuser_m", "audio UNet"
_HALVES = "checkpoints_fp16/"

CARDS = (
    _converted("codi_encoders", "", _ENCODERS[0], f"{_ENCODERS[1]}, float32", 6_033_000_000),
    _converted("codi_audio", "", _AUDIO[0], f"{_AUDIO[1]}, float32", 1_257_000_000),
    _converted("codi_fp16_encoders", _HALVES, _ENCODERS[0], f"{_ENCODERS[1]}, float16", 3_017_000_000),
    _converted("codi_fp16_audio", _HALVES, _AUDIO[0], f"{_AUDIO[1]}, float16", 629_000_000),
)
