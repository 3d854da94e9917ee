"""CoDi's published files: pickles of which no digest is known, so the user converts each once."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_REPOSITORY = "ZinengTang/CoDi"
_HUB = f"hf:{_REPOSITORY}@main"
_HOW = (
    f"the hub's {_REPOSITORY} has it as {{file}}, a pickle without a known digest; convert it once by "
    "`python -m sightsound.metrics.networks.common.checkpoint {name}.pth {name}.safetensors`"
)


def _converted(name: str, folder: str, file: str, what: str, size_bytes: int) -> Asset:
    return Asset(
        name,
        (AssetFile(f"{folder}{file}.safetensors", (f"{_HUB}/{folder}{file}.safetensors",)),),
        "MIT by the model's page",
        f"CoDi, {what}: {folder}{file}.pth converted once, see docs/models/codi.md",
        size_bytes,
        by_hand=_HOW.format(file=f"{folder}{file}.pth", name=file),
    )


_ENCODERS = "CoDi_encoders", "CLIP, CLAP, autoencoder and vocoder"
_AUDIO = "CoDi_audio_diffuser_m", "audio UNet"
_HALVES = "checkpoints_fp16/"

CARDS = (
    _converted("codi_encoders", "", _ENCODERS[0], f"{_ENCODERS[1]}, float32", 6_033_000_000),
    _converted("codi_audio", "", _AUDIO[0], f"{_AUDIO[1]}, float32", 6_910_000_000),
    _converted("codi_fp16_encoders", _HALVES, _ENCODERS[0], f"{_ENCODERS[1]}, float16", 3_017_000_000),
    _converted("codi_fp16_audio", _HALVES, _AUDIO[0], f"{_AUDIO[1]}, float16", 629_000_000),
)
