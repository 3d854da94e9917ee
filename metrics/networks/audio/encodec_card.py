"""Cards of EnCodec's encoders and their repositories on the hub."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, hub
from sightsound.metrics.card import ExtractorCard

_NEED = "config.json", "model.safetensors"


def _encodec(khz: int, frames: int) -> ExtractorCard:
    return ExtractorCard(
        name=f"encodec_{khz}khz",
        entry=f"sightsound.metrics.networks.audio.encodec:load_{khz}khz",
        modality="audio",
        assets=(f"encodec_{khz}khz",),
        outputs={"embedding": f"[frames, 128] float32, {frames} a second, before quantisation"},
        licence="MIT (the repository's)",
        source="Défossez et al.: High fidelity neural audio compression, 2022, arXiv:2210.13438; transformers; "
        "framing: github.com/gudgud96/frechet-audio-distance",
        rate_hz=khz * 1000,
        crop="whole",
        optional=True,
        title=f"EnCodec {khz}k",
        described=f"EnCodec's {khz} kHz encoder ({frames} a second)",
        hop_s=1 / frames,
    )


CARDS = (
    _encodec(24, 75),
    _encodec(48, 150),
    Asset(
        "encodec_24khz",
        hub("facebook/encodec_24khz", *_NEED, revision="c1dbe2ae3f1de713481a3b3e7c47f357092ee040"),
        "MIT (the code's repository)",
        "facebook/encodec_24khz: neural audio codec, mono",
        93_200_000,
    ),
    Asset(
        "encodec_48khz",
        hub("facebook/encodec_48khz", *_NEED, revision="c3def8e7185ac8c8efdce6eb8c4a651e487a503e"),
        "MIT (the code's repository)",
        "facebook/encodec_48khz: neural audio codec, stereo music",
        76_000_000,
    ),
)
