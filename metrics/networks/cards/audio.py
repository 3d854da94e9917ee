"""Cards of the published audio networks: those that papers' FAD, KL and inception scores are made with."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

_VGGISH_LICENCE = "Apache-2.0; trained on a large YouTube data set, a forerunner of YouTube-8M"
_VGGISH = (
    "Hershey et al.: CNN architectures for large-scale audio classification, ICASSP 2017, arXiv:1609.09430; "
    "github.com/harritaylor/torchvggish"
)
_PANNS = (
    "Kong et al.: PANNs, IEEE/ACM TASLP 28, 2020, arXiv:1912.10211; "
    "github.com/qiuqiangkong/audioset_tagging_cnn; shortest clip: github.com/haoheliu/audioldm_eval"
)
_ENCODEC = "Défossez et al.: High fidelity neural audio compression, 2022, arXiv:2210.13438; transformers"
_MERT = "Li et al.: MERT, ICLR 2024, arXiv:2306.00107; github.com/yizhilll/MERT"


def _vggish(name: str, factory: str, crop: str, what: str, source: str, *more: str) -> ExtractorCard:
    return ExtractorCard(
        name=name,
        entry=f"sightsound.metrics.networks.audio.vggish:{factory}",
        modality="audio",
        assets=("vggish", *more),
        outputs={"embedding": f"[windows, 128] float32, {what}"},
        licence=_VGGISH_LICENCE,
        source=f"{_VGGISH}; {source}",
        rate_hz=16000,
        crop=crop,
        optional=True,
    )


def _panns(khz: int) -> ExtractorCard:
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
        source=_PANNS,
        rate_hz=khz * 1000,
        crop="whole,zeropad32000",
        optional=True,
    )


def _encodec(khz: int, frames: int) -> ExtractorCard:
    return ExtractorCard(
        name=f"encodec_{khz}khz",
        entry=f"sightsound.metrics.networks.audio.encodec:load_{khz}khz",
        modality="audio",
        assets=(f"encodec_{khz}khz",),
        outputs={"embedding": f"[frames, 128] float32, {frames} a second, before quantisation"},
        licence="MIT (the repository's)",
        source=f"{_ENCODEC}; framing: github.com/gudgud96/frechet-audio-distance",
        rate_hz=khz * 1000,
        crop="whole",
        optional=True,
    )


def _mert(size: str, layers: int, width: int) -> ExtractorCard:
    return ExtractorCard(
        name=f"mert_{size}",
        entry=f"sightsound.metrics.networks.audio.mert:load_{size}",
        modality="audio",
        assets=(f"mert_{size}",),
        outputs={
            "layers": f"[{layers + 1}, {width}] float32, means over time: row 0 what enters the first layer, "
            "row k what leaves the k-th"
        },
        licence="CC-BY-NC-4.0; trained on music audio without labels",
        source=_MERT,
        rate_hz=24000,
        crop="whole",
        optional=True,
    )


CARDS = (
    _vggish(
        "vggish",
        "load",
        "15600/15360,zeropad,droprest",
        "one for each 0.96 s, before the ReLU",
        "github.com/gudgud96/frechet-audio-distance (use_pca=False, use_activation=False)",
    ),
    _vggish(
        "vggish_google",
        "load_google",
        "peak0.1,16000/8000,zeropad,droprest",
        "one for each 1 s every 0.5 s of the clip over max(0.1, its peak), before the ReLU",
        "github.com/google-research/google-research, frechet_audio_distance",
    ),
    _vggish(
        "vggish_pca",
        "load_pca",
        "15600/15360,zeropad,droprest",
        "whole numbers 0 to 255, the embedding of `vggish` whitened by AudioSet's PCA and rounded to 8 bits",
        "github.com/tensorflow/models, research/audioset/vggish/vggish_postprocess.py",
        "vggish_pca",
    ),
    _panns(16),
    _panns(32),
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
    ),
    _encodec(24, 75),
    _encodec(48, 150),
    _mert("95m", 12, 768),
    _mert("330m", 24, 1024),
)
