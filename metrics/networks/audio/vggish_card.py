"""Cards of VGGish, three ways, and its published weights. The digests begin with the digits in the files'
names."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_SOURCE = (
    "Hershey et al.: CNN architectures for large-scale audio classification, ICASSP 2017, arXiv:1609.09430; "
    "github.com/harritaylor/torchvggish"
)
_VGGISH = "https://github.com/harritaylor/torchvggish/releases/download/v0.1"


def _vggish(
    name: str, factory: str, crop: str, hop_s: float, what: str, described: str, source: str, *more: str
) -> ExtractorCard:
    return ExtractorCard(
        name=name,
        entry=f"sightsound.metrics.networks.audio.vggish:{factory}",
        modality="audio",
        assets=("vggish", *more),
        outputs={"embedding": f"[windows, 128] float32, {what}"},
        licence="Apache-2.0; trained on a large YouTube data set, a forerunner of YouTube-8M",
        source=f"{_SOURCE}; {source}",
        rate_hz=16000,
        crop=crop,
        optional=True,
        title=name.replace("vggish", "VGGish").replace("_google", " Google").replace("_pca", " PCA"),
        described=described,
        hop_s=hop_s,
    )


CARDS = (
    _vggish(
        "vggish",
        "load",
        "15600/15360,zeropad,droprest",
        0.96,
        "one for each 0.96 s, before the ReLU",
        "VGGish (one for each 0.96 s, before its ReLU)",
        "github.com/gudgud96/frechet-audio-distance (use_pca=False, use_activation=False)",
    ),
    _vggish(
        "vggish_google",
        "load_google",
        "peak0.1,16000/8000,zeropad,droprest",
        0.5,
        "one for each 1 s every 0.5 s of the clip over max(0.1, its peak), before the ReLU",
        "VGGish (one for each 1 s every 0.5 s of the clip over max(0.1, its peak))",
        "github.com/google-research/google-research, frechet_audio_distance",
    ),
    _vggish(
        "vggish_pca",
        "load_pca",
        "15600/15360,zeropad,droprest",
        0.96,
        "whole numbers 0 to 255, the embedding of `vggish` whitened by AudioSet's PCA and rounded to 8 bits",
        "VGGish (one for each 0.96 s, whitened and rounded to 0..255)",
        "github.com/tensorflow/models, research/audioset/vggish/vggish_postprocess.py",
        "vggish_pca",
    ),
    Asset(
        "vggish",
        (
            AssetFile(
                "vggish-10086976.pth",
                (f"{_VGGISH}/vggish-10086976.pth",),
                ("10086976245803799d9194e9a73d9b6c1549c71d1b80106f5cade5608a561f4b",),
            ),
        ),
        "Apache-2.0",
        "VGGish, torchvggish v0.1: AudioSet's 128-d audio embedding",
        288_600_000,
    ),
    Asset(
        "vggish_pca",
        (
            AssetFile(
                "vggish_pca_params.npz",
                (
                    f"{_VGGISH}/vggish_pca_params-4d878af3.npz",
                    "https://storage.googleapis.com/audioset/vggish_pca_params.npz",
                ),
                ("4d878af3e306defbfb37095365aa7e5a6cecb86bad13e859e626151c4e6a8b9d",),
            ),
        ),
        "Apache-2.0",
        "the PCA and whitening of AudioSet's released VGGish embeddings",
        73_020,
    ),
)
