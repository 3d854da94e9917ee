"""Cards of PE-AV, the Perception Encoder for sound and video: six checkpoints, four things that each takes.

The hub could not be reached when this was written: no digests, and safetensors and JSON only. The branch
`perception_models` of the same repositories holds the authors' own layout, which is another.
"""

from __future__ import annotations

from typing import Literal

from sightsound.metrics.asset import Asset, hub
from sightsound.metrics.card import ExtractorCard

SIZES = "small", "base", "large"
CHECKPOINTS = {  # asset -> the frames of a video that it looks at
    **{f"pe_av_{size}": "allframes" for size in SIZES},
    **{f"pe_av_{size}_16_frame": "16frames" for size in SIZES},
}
_BYTES = {"small": 3_500_000_000, "base": 4_200_000_000, "large": 8_940_000_000}
"""In float32; the smaller two are estimates."""


def _card(asset: str, modality: Literal["audio", "image", "video", "text"], crop: str) -> ExtractorCard:
    constant = asset.removeprefix("pe_av_").removesuffix("_frame").upper()
    suffix = "" if asset == "pe_av_large" else asset.removeprefix("pe_av")
    sides = {"cosine_image": "condition", "cosine_text": "text", "cosine_reference": "reference"}
    names = {formula: f"pe_av_score_{side}{suffix}" for formula, side in sides.items()}
    return ExtractorCard(
        name=f"{asset}_{modality}",
        entry=f"sightsound.metrics.networks.joint.pe_av:{constant}.{modality}",
        modality=modality,
        assets=(asset,),
        outputs={"embedding": "[1, 1024] float32, as projected: not of length 1"},
        licence="Apache-2.0; trained on about 100 million videos with sound, captions made by models",
        source="Vyas et al.: Pushing the Frontier of Audiovisual Perception, 2025, arXiv:2512.19687; transformers "
        "5.23 and github.com/facebookresearch/perception_models@3e352cc",
        rate_hz=48000 if modality == "audio" else 0,
        crop=crop,
        optional=True,
        called=f"pe_av{suffix}" if modality == "audio" else "",
        names={**names, "rank_image": f"pe_av_rank{suffix}"} if modality == "audio" else {},
        spaces=(asset,),
        title=f"PE-AV {asset.removeprefix('pe_av_').replace('_', ' ')}",
        described=f"PE-AV ({asset.removeprefix('pe_av_').replace('_', '-')})",
    )


_REVISIONS = {
    "pe_av_small": "dd050762bb9704ae9cd996ca45532a98f81d817e",
    "pe_av_base": "1c4c329b78d80a18d860ebfb05daebff4bc44518",
    "pe_av_large": "0d24878d4107d64bef49e53602fc34ce6f94f6d8",
    "pe_av_small_16_frame": "9f888eea95c83622212bb742e91bf01d3b46fe96",
    "pe_av_base_16_frame": "3fd870e60a1099fb99367b240d41926e183d7112",
    "pe_av_large_16_frame": "446d823f089b1301a0ff37175ab283b6927db757",
}
"""As a benchmark of embeddings pins them (tests/hub/listings/metrics.json)."""


def _asset(asset: str) -> Asset:
    repository = f"facebook/{asset.replace('_', '-')}"
    need = ("config.json", "*.safetensors", "tokenizer.json")
    return Asset(
        asset,
        hub(repository, *need, revision=_REVISIONS[asset], then=("main",)),
        "Apache-2.0",
        f"{repository}: music, video and sentences in one space",
        _BYTES[asset.removeprefix("pe_av_").removesuffix("_16_frame")],
    )


CARDS = (
    *(
        card
        for asset, frames in CHECKPOINTS.items()
        for card in (
            _card(asset, "audio", "whole,mirrorpad40ms"),
            _card(asset, "video", f"{frames},stretch,bilinear336"),
            _card(asset, "image", f"{frames},stretch,bilinear336"),
            _card(asset, "text", "512tokens"),
        )
    ),
    *map(_asset, CHECKPOINTS),
)
