"""Cards of the published networks that put music, pictures and sentences into one space."""

from __future__ import annotations

from typing import Literal

from sightsound.metrics.card import ExtractorCard

_IMAGEBIND = (
    "Girdhar et al.: ImageBind, CVPR 2023, arXiv:2305.05665; github.com/facebookresearch/ImageBind@53680b0"
)
_CLAP = "Wu et al.: LAION-CLAP, ICASSP 2023, arXiv:2211.06687; github.com/LAION-AI/CLAP (laion_clap 1.1.7)"
_CLIP = "Radford et al.: CLIP, ICML 2021, arXiv:2103.00020; github.com/openai/CLIP"

_LICENCES = {
    "imagebind": "CC-BY-NC-SA 4.0, not for commercial use; trained on pairs of pictures with text, AudioSet sound "
    "and other sensors",
    "clap": "CC0-1.0; trained on {}",
    "clip": "MIT (code; the weights state none); trained on 400 million pictures with text from the web",
}
_CHECKPOINTS = {
    "clap_music": "music, AudioSet and LAION-Audio-630k",
    "clap_music_speech": "music, speech, AudioSet and LAION-Audio-630k",
    "clap_630k": "LAION-Audio-630k and AudioSet",
    "clap_630k_fusion": "LAION-Audio-630k and AudioSet",
}
_SCALED = "compare by cosine only: not of length 1"


def _imagebind(
    name: str,
    factory: str,
    modality: Literal["audio", "image", "video", "text"],
    crop: str,
    more: tuple[str, ...] = (),
) -> ExtractorCard:
    return ExtractorCard(
        name=name,
        entry=f"sightsound.metrics.networks.joint.imagebind:{factory}",
        modality=modality,
        assets=("imagebind", *more),
        outputs={"embedding": f"[1, 1024] float32, {_SCALED}"},
        licence=_LICENCES["imagebind"],
        source=_IMAGEBIND,
        rate_hz=16000 if modality == "audio" else 0,
        crop=crop,
        optional=True,
    )


def _clap(name: str) -> tuple[ExtractorCard, ...]:
    factory = f"sightsound.metrics.networks.joint.clap:load_{name.removeprefix('clap_')}"
    licence = _LICENCES["clap"].format(_CHECKPOINTS[name])
    return (
        ExtractorCard(
            name=f"{name}_audio",
            entry=f"{factory}_audio",
            modality="audio",
            assets=(name,),
            outputs={"embedding": "[windows, 512] float32, unit vectors, one for each 10 s"},
            licence=licence,
            source=_CLAP,
            rate_hz=48000,
            crop="10s,int16,repeatpad,allwindows",
            optional=True,
        ),
        ExtractorCard(
            name=f"{name}_text",
            entry=f"{factory}_text",
            modality="text",
            assets=(name, "roberta_tokenizer"),
            outputs={"embedding": "[1, 512] float32, a unit vector"},
            licence=licence,
            source=_CLAP,
            crop="77tokens",
            optional=True,
        ),
    )


def _clip(name: str) -> tuple[ExtractorCard, ...]:
    factory = f"sightsound.metrics.networks.joint.clip:load_{name.removeprefix('clip_vit_')}"
    outputs = {"embedding": "[1, 512] float32, as projected: not of length 1"}
    return (
        ExtractorCard(
            name=f"{name}_image",
            entry=f"{factory}_image",
            modality="image",
            assets=(name,),
            outputs=outputs,
            licence=_LICENCES["clip"],
            source=_CLIP,
            crop="bicubic224,centre",
            optional=True,
        ),
        ExtractorCard(
            name=f"{name}_text",
            entry=f"{factory}_text",
            modality="text",
            assets=(name, "clip_bpe"),
            outputs=outputs,
            licence=_LICENCES["clip"],
            source=_CLIP,
            crop="77tokens",
            optional=True,
        ),
    )


CARDS = (
    _imagebind("imagebind_image", "load_image", "image", "bicubic224,centre"),
    _imagebind("imagebind_video", "load_video", "video", "5x2s,0-1/4-1/2-3/4-1,2frames,3squares"),
    _imagebind("imagebind_video_old", "load_video_old", "video", "5x2s,0-1/5-2/5-3/5-4/5,2frames,3squares"),
    _imagebind("imagebind_audio", "load_audio", "audio", "3x2s,0-1/2-1"),
    _imagebind("imagebind_audio_old", "load_audio_old", "audio", "3x2s,0-1/3-2/3"),
    _imagebind("imagebind_text", "load_text", "text", "77tokens", ("clip_bpe",)),
    *_clap("clap_music"),
    *_clap("clap_music_speech"),
    *_clap("clap_630k"),
    *_clap("clap_630k_fusion"),
    *_clip("clip_vit_b16"),
    *_clip("clip_vit_b32"),
)
