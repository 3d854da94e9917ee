"""Cards of PE-AV, the Perception Encoder for sound and video: six checkpoints, four things that each takes."""

from __future__ import annotations

from typing import Literal

from sightsound.metrics.card import ExtractorCard

SIZES = "small", "base", "large"
CHECKPOINTS = {  # asset -> the frames of a video that it looks at
    **{f"pe_av_{size}": "allframes" for size in SIZES},
    **{f"pe_av_{size}_16_frame": "16frames" for size in SIZES},
}
_LICENCE = "Apache-2.0; trained on about 100 million videos with sound, captions made by models"
_SOURCE = (
    "Vyas et al.: Pushing the Frontier of Audiovisual Perception, 2025, arXiv:2512.19687; transformers 5.23 and "
    "github.com/facebookresearch/perception_models@3e352cc"
)


def _card(asset: str, modality: Literal["audio", "image", "video", "text"], crop: str) -> ExtractorCard:
    constant = asset.removeprefix("pe_av_").removesuffix("_frame").upper()
    return ExtractorCard(
        name=f"{asset}_{modality}",
        entry=f"sightsound.metrics.networks.joint.pe_av:{constant}.{modality}",
        modality=modality,
        assets=(asset,),
        outputs={"embedding": "[1, 1024] float32, as projected: not of length 1"},
        licence=_LICENCE,
        source=_SOURCE,
        rate_hz=48000 if modality == "audio" else 0,
        crop=crop,
        optional=True,
    )


CARDS = tuple(
    card
    for asset, frames in CHECKPOINTS.items()
    for card in (
        _card(asset, "audio", "whole,mirrorpad40ms"),
        _card(asset, "video", f"{frames},stretch,bilinear336"),
        _card(asset, "image", f"{frames},stretch,bilinear336"),
        _card(asset, "text", "512tokens"),
    )
)
