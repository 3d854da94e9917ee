"""Card of YAMNet and its conversion to TensorFlow Lite; no package carries it."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_GITHUB = "https://raw.githubusercontent.com"
_SPEAKER_DETECTOR = f"{_GITHUB}/Jaskaran197/Speaker-Detector/4ec29b6938f1051fe36b46786f8d486d8b74a38e"
_TENSORFLOW_MODELS = f"{_GITHUB}/tensorflow/models/dbeeb148f10adf723067040eedcccda00bdce1e8"

CARDS = (
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
        title="YAMNet",
        described="YAMNet (one for each 0.98 s every 0.48 s)",
        hop_s=0.48,
        classes="scores",
        posterior="scores",
        labels="521 AudioSet classes",
    ),
    Asset(
        "yamnet",
        (
            AssetFile(
                "yamnet.tflite",
                (
                    "hf:thelou1s/yamnet@main/lite-model_yamnet_classification_tflite_1.tflite",
                    f"{_SPEAKER_DETECTOR}/yamnet.tflite",
                ),
                (
                    "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",  # the hub's conversion
                    "469be6a3421cbc52cf97e9f2f966cba984198e8e7af9854d68b3e3ebb1e04194",  # Speaker-Detector's
                ),
            ),
            AssetFile(
                "yamnet_class_map.csv",
                (
                    f"{_TENSORFLOW_MODELS}/research/audioset/yamnet/yamnet_class_map.csv",
                    f"{_SPEAKER_DETECTOR}/yamnet_class_map.csv",
                ),
                ("cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",),
            ),
        ),
        "Apache-2.0",
        "YAMNet: 521 AudioSet classes, a TensorFlow Lite conversion",
        4_140_906,
    ),
)
