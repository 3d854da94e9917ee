"""Cards of ImageBind and its published weights. The digest is the one that several public projects state."""

from __future__ import annotations

from typing import Literal

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_SOURCE = "Girdhar et al.: ImageBind, CVPR 2023, arXiv:2305.05665; github.com/facebookresearch/ImageBind@53680b0"
_BOTH = "imagebind", "imagebind_old"
_META = "https://dl.fbaipublicfiles.com/imagebind"


def _imagebind(
    name: str,
    factory: str,
    modality: Literal["audio", "image", "video", "text"],
    crop: str,
    *more: str,
    spaces: tuple[str, ...] = ("imagebind",),
    called: str = "",
    names: dict[str, str] | None = None,
) -> ExtractorCard:
    return ExtractorCard(
        name=name,
        entry=f"sightsound.metrics.networks.joint.imagebind:{factory}",
        modality=modality,
        assets=("imagebind", *more),
        outputs={"embedding": "[1, 1024] float32, compare by cosine only: not of length 1"},
        licence="CC-BY-NC-SA 4.0, not for commercial use; trained on pairs of pictures with text, AudioSet sound "
        "and other sensors",
        source=_SOURCE,
        rate_hz=16000 if modality == "audio" else 0,
        crop=crop,
        optional=True,
        called=called,
        names=names or {},
        spaces=spaces,
        title="IB" if "imagebind" in spaces else "IB old",
        described="ImageBind" if "imagebind" in spaces else "ImageBind by pytorchvideo 0.1.5's windows",
    )


CARDS = (
    _imagebind("imagebind_image", "load_image", "image", "bicubic224,centre", spaces=_BOTH),
    _imagebind("imagebind_video", "load_video", "video", "5x2s,0-1/4-1/2-3/4-1,2frames,3squares"),
    _imagebind(
        "imagebind_audio",
        "load_audio",
        "audio",
        "3x2s,0-1/2-1",
        called="ib",
        names={
            "cosine_image": "ib_score_condition",
            "cosine_text": "ib_score_text",
            "cosine_reference": "ib_score_reference",
            "rank_image": "ib_rank",
            "rank_image_dcg": "ib_rank_dcg",
        },
    ),
    _imagebind("imagebind_text", "load_text", "text", "77tokens", "clip_bpe", spaces=_BOTH),
    _imagebind(
        "imagebind_video_old",
        "load_video_old",
        "video",
        "5x2s,0-1/5-2/5-3/5-4/5,2frames,3squares",
        spaces=("imagebind_old",),
    ),
    _imagebind(
        "imagebind_audio_old",
        "load_audio_old",
        "audio",
        "3x2s,0-1/3-2/3",
        spaces=("imagebind_old",),
        called="ib_old",
        names={
            "cosine_image": "ib_score_condition_old",
            "cosine_text": "ib_score_text_old",
            "cosine_reference": "ib_score_reference_old",
            "rank_image": "ib_rank_old",
        },
    ),
    Asset(
        "imagebind",
        (
            AssetFile(
                "imagebind_huge.pth",
                (f"{_META}/imagebind_huge.pth",),
                ("d6f6c22bedcc90708448d5d2fbb7b2db9c73f505dc89bd0b2e09b23af1b62157",),
            ),
        ),
        "CC-BY-NC-SA-4.0",
        "ImageBind-huge: pictures, music and sentences in one space; not for commercial use",
        4_803_584_173,
    ),
)
