"""Cards of MERT and its repositories on the hub.

The digest of the smaller one stands in Git LFS pointers of copies; the larger one's is not known here, and its
weights are taken as safetensors only, which a proposal to its repository holds (docs/extractors/audio.md).
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile, hub
from sightsound.metrics.card import ExtractorCard

_MERT_95M = "hf:m-a-p/MERT-v1-95M@12af15fef9d0ac838c3f475bfbbf26d2060dd4f5"


def _mert(size: str, layers: int, width: int) -> ExtractorCard:
    return ExtractorCard(
        name=f"mert_{size}",
        entry=f"sightsound.metrics.networks.audio.mert:load_{size}",
        modality="audio",
        assets=(f"mert_{size}",),
        outputs={
            "layers": f"[{layers + 1}, {width}] float32, means over time: row 0 what enters the first layer, "
            "row k what leaves the k-th",
            "embedding": f"[frames, {width}] float32, what leaves the last layer, 75 a second",
        },
        licence="CC-BY-NC-4.0; trained on music audio without labels",
        source="Li et al.: MERT, ICLR 2024, arXiv:2306.00107; github.com/yizhilll/MERT",
        rate_hz=24000,
        crop="whole",
        optional=True,
        version=2,
        title=f"MERT {size.upper()}",
        described=f"MERT-v1-{size.upper()} (its last layer, 75 a second)",
        hop_s=1 / 75,
    )


CARDS = (
    _mert("95m", 12, 768),
    _mert("330m", 24, 1024),
    Asset(
        "mert_95m",
        (
            AssetFile(
                "pytorch_model.bin",
                (f"{_MERT_95M}/pytorch_model.bin",),
                ("a2b8b747f72c06e0595aeae41ae5473f4364938c6b39b2c58be38c48e6bd3fcd",),
            ),
            AssetFile("config.json", (f"{_MERT_95M}/config.json",)),
            AssetFile("preprocessor_config.json", (f"{_MERT_95M}/preprocessor_config.json",)),
        ),
        "CC-BY-NC-4.0",
        "m-a-p/MERT-v1-95M: music representations, 12 layers",
        377_552_987,
    ),
    Asset(
        "mert_330m",
        hub(
            "m-a-p/MERT-v1-330M",
            *("config.json", "preprocessor_config.json", "model.safetensors"),
            revision="refs/pr/7",  # main has pytorch_model.bin only
        ),
        "CC-BY-NC-4.0",
        "m-a-p/MERT-v1-330M: music representations, 24 layers",
        1_261_000_000,
    ),
)
