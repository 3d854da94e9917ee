"""Cards of PANNs Cnn14 and its published weights; several public projects pin the same digests."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_SOURCE = (
    "Kong et al.: PANNs, IEEE/ACM TASLP 28, 2020, arXiv:1912.10211; "
    "github.com/qiuqiangkong/audioset_tagging_cnn; shortest clip: github.com/haoheliu/audioldm_eval"
)
_ZENODO = "https://zenodo.org/records/3987831/files"
_PANNS_LICENCE = "CC-BY-4.0"


def _panns(khz: int, called: str, names: dict[str, str]) -> ExtractorCard:
    return ExtractorCard(
        name=f"panns_{khz}k",
        entry=f"sightsound.metrics.networks.audio.panns:load_{khz}k",
        modality="audio",
        assets=(f"panns_{khz}k",),
        outputs={
            "embedding": "[1, 2048] float32, the penultimate layer after its ReLU, of the whole clip",
            "logits": "[1, 527] float32, before the sigmoid, AudioSet classes",
        },
        licence="CC-BY-4.0 (weights), MIT (code); trained on AudioSet, 527 classes",
        source=_SOURCE,
        rate_hz=khz * 1000,
        crop="whole,zeropad32000",
        optional=True,
        called=called,
        names=names,
        title="PANNs" if khz == 16 else f"PANNs {khz}k",
        described=f"PANNs Cnn14 at {khz} kHz (one for a whole clip)",
        classes="logits",
        posterior="by_frame",
        labels="527 AudioSet classes",
    )


CARDS = (
    _panns(16, "panns", {}),
    _panns(
        32,
        "panns_32k",
        {"fad_corrected": "fad_panns_32k_corrected", "kl_sigmoid": "kl_panns_sigmoid_32k"},
    ),
    Asset(
        "panns_16k",
        (
            AssetFile(
                "Cnn14_16k_mAP=0.438.pth",
                (f"{_ZENODO}/Cnn14_16k_mAP%3D0.438.pth",),
                ("e2ee543a27919542c2ea03eabaa70b24dcd4e6c8e05621de6b67a94e4c5058e6",),
            ),
        ),
        _PANNS_LICENCE,
        "PANNs Cnn14 at 16 kHz: 527 AudioSet classes",
        358_668_570,
    ),
    Asset(
        "panns_32k",
        (
            AssetFile(
                "Cnn14_mAP=0.431.pth",
                (f"{_ZENODO}/Cnn14_mAP%3D0.431.pth",),
                ("0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31",),
            ),
        ),
        _PANNS_LICENCE,
        "PANNs Cnn14 at 32 kHz: 527 AudioSet classes",
        327_428_481,
    ),
)
