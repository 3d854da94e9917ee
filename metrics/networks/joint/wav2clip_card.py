"""Card of Wav2CLIP. Its release is a pickle whose digest no public page states, so the user converts it once."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

RELEASE = "https://github.com/descriptinc/lyrebird-wav2clip/releases/download/v0.1.0-alpha/Wav2CLIP.pt"

CARDS = (
    ExtractorCard(
        name="wav2clip",
        entry="sightsound.metrics.networks.joint.wav2clip:load",
        modality="audio",
        assets=("wav2clip",),
        outputs={"embedding": "[1, 512] float32 in the space of CLIP ViT-B/32, not of length 1"},
        licence="MIT; trained on VGGSound",
        source="Wu et al.: Wav2CLIP, ICASSP 2022, arXiv:2110.11499; github.com/descriptinc/lyrebird-wav2clip",
        rate_hz=16000,
        crop="whole",
        optional=True,
        spaces=("wav2clip", "clip_vit_b32"),
        title="Wav2CLIP",
        described="Wav2CLIP (one for a whole clip, beside CLIP ViT-B/32's pictures and texts)",
    ),
    Asset(
        "wav2clip",
        (AssetFile("Wav2CLIP.safetensors", ()),),
        "MIT",
        "Wav2CLIP v0.1.0-alpha: ResNet-18 into CLIP's space; convert it once, see docs/extractors/joint.md",
        49_000_000,
        by_hand=f"download {RELEASE}, a pickle without a known digest; convert it once by "
        "`python -m sightsound.metrics.networks.common.checkpoint Wav2CLIP.pt Wav2CLIP.safetensors`",
    ),
)
