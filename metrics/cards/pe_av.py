"""Cards of the metrics over PE-AV: what joint.py has over ImageBind, with an openly licensed network."""

from __future__ import annotations

from dataclasses import replace

from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.cards.joint import cosine, rank, retrieval

_SOURCE = "Vyas et al. 2025 (PE-AV)"
_CHECKPOINTS = {  # suffix of the metrics -> prefix of the extractors
    "": "pe_av_large",
    "_base": "pe_av_base",
    "_small": "pe_av_small",
    "_large_16_frame": "pe_av_large_16_frame",
    "_base_16_frame": "pe_av_base_16_frame",
    "_small_16_frame": "pe_av_small_16_frame",
}


def _needs(extractor: str) -> tuple[Need, Need, Need]:
    """The music, the picture or video, and the text."""
    return (
        Need("generated", f"{extractor}_audio", "embedding"),
        Need("image", f"{extractor}_image", "embedding", video=f"{extractor}_video"),
        Need("text", f"{extractor}_text", "embedding"),
    )


def _scores(suffix: str, extractor: str) -> tuple[MetricCard, ...]:
    music, image, text = _needs(extractor)
    of, condition = f"the PE-AV embeddings ({extractor.replace('_', '-')})", f"pe_av_score_condition{suffix}"
    return (
        cosine(condition, (music, image), f"{of} of the music and of the picture or video", _SOURCE),
        cosine(f"pe_av_score_text{suffix}", (music, text), f"{of} of the music and of the text", _SOURCE),
        cosine(
            f"pe_av_score_reference{suffix}",
            (music, replace(music, side="reference")),
            f"{of} of the generated and of the reference music",
            _SOURCE,
        ),
        replace(
            rank(f"pe_av_rank{suffix}", condition, (music, image)),
            source="IB Rank of M2UGen (Hussain et al. 2023), over PE-AV",
        ),
    )


_MUSIC, _IMAGE, _ = _needs(_CHECKPOINTS[""])

CARDS = (
    *(card for suffix, extractor in _CHECKPOINTS.items() for card in _scores(suffix, extractor)),
    *retrieval("pe_av_image_to_music", _IMAGE, _MUSIC, "music, asked for by its picture or video,", _SOURCE),
    *retrieval("pe_av_music_to_image", _MUSIC, _IMAGE, "picture or video, asked for by the music,", _SOURCE),
)
