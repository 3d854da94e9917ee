"""Card of PaSST and its published weights; several public projects pin the same digest."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_PASST = "https://github.com/kkoutini/PaSST/releases/download/v0.0.1-audioset"

CARDS = (
    ExtractorCard(
        name="passt",
        entry="sightsound.metrics.networks.audio.passt:load",
        modality="audio",
        assets=("passt",),
        outputs={
            "embedding": "[segments, 768] float32, mean of the class and the distillation token",
            "logits": "[segments, 527] float32, before the sigmoid, AudioSet classes",
        },
        licence="Apache-2.0; trained on AudioSet, 527 classes",
        source=(
            "Koutini et al.: PaSST, Interspeech 2022, arXiv:2110.05069; github.com/kkoutini/passt_hear21; "
            "segments: audiocraft/metrics/kld.py"
        ),
        rate_hz=32000,
        crop="320000/320000,rest>4800",
        optional=True,
        title="PaSST",
        described="PaSST (one for each 10 s segment)",
        hop_s=10.0,
        classes="logits",
        posterior="by_frame",
        labels="527 AudioSet classes",
    ),
    Asset(
        "passt",
        (
            AssetFile(
                "passt-s-f128-p16-s10-ap.476-swa.pt",
                (f"{_PASST}/passt-s-f128-p16-s10-ap.476-swa.pt",),
                ("302903fa8c4aee817b11dc982da0b29aaf8d11a3e722420476d0a12c9db70c2c",),
            ),
        ),
        "Apache-2.0",
        "PaSST passt_s_swa_p16_128_ap476: 527 AudioSet classes",
        344_665_734,
    ),
)
