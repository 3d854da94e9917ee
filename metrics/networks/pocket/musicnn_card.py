"""Cards of musicnn and the package that carries its weights."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, pinned
from sightsound.metrics.card import ExtractorCard

_MUSICNN = "pypi:musicnn==0.1.0/musicnn"
_FILES = {
    "MSD_musicnn/.index": "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    "MSD_musicnn/.data-00000-of-00001": "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
    "MTT_musicnn/.index": "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    "MTT_musicnn/.data-00000-of-00001": "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
}


def _network(name: str, factory: str, called: str, data: str, labels: str) -> ExtractorCard:
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
        source="Pons, Serra: musicnn, pre-trained convolutional neural networks for music audio tagging, ISMIR "
        "late-breaking 2019, arXiv:1909.06654; github.com/jordipons/musicnn",
        rate_hz=16000,
        crop="187fx256,zeropad,droprest",
        called=called,
        title=called.replace("_mtt", " MTT"),
        described=f"musicnn trained on the {data} (one for each 3 s)",
        hop_s=187 * 256 / 16000,
        classes="logits",
        posterior="softmax",
        labels=labels,
    )


CARDS = (
    _network("musicnn_msd", "load_msd", "musicnn", "Million Song Dataset", "50 Million Song tags"),
    _network("musicnn_mtt", "load_mtt", "musicnn_mtt", "MagnaTagATune", "50 MagnaTagATune tags"),
    Asset(
        "musicnn",
        pinned(_MUSICNN, _FILES),
        "ISC",
        "musicnn 0.1.0: music taggers trained on the Million Song Dataset and on MagnaTagATune",
        29_292_476,
    ),
)
