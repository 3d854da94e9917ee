"""MG-S's tuned weights, which the authors' readme links to as a shared folder of pickles; no digest is known."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_HOW = (
    "its authors share {file} as a pickle (readme of hisariyatani123/My-Projects); convert it once by "
    "`python -m sightsound.metrics.networks.common.checkpoint {file} {name}.safetensors`"
)


def _tuned(name: str, file: str, what: str, size_bytes: int) -> Asset:
    stem = file.rpartition(".")[0]
    return Asset(
        name,
        (AssetFile(f"{stem}.safetensors", ()),),
        "none stated",
        f"MG-S, {what}: {file} converted once, see docs/models/mgs.md",
        size_bytes,
        by_hand=_HOW.format(file=file, name=stem),
    )


_FALCON = "29cc70a0af3ac4826702ec46667931c0b0af340b"  # of its files no page says what they are, so main follows

CARDS: tuple[Asset, ...] = (
    _tuned("mgs_emotion", "ResNet.pth", "emotions of paintings", 100_000_000),
    _tuned("mgs_emotive", "model_base_best.pt", "MusicGen tuned on emotions", 1_700_000_000),
    _tuned("mgs_narrative", "model_blip_best.pt", "MusicGen tuned on captions", 1_700_000_000),
    _tuned("mgs_lyrical", "lm_falcon_best.pt", "MusicGen tuned on descriptions", 1_700_000_000),
    _tuned("mgs_optimized", "lm_modify_best.pt", "MusicGen tuned on stored descriptions", 1_700_000_000),
    Asset(
        "falcon_rw_1b_instruct_openorca",
        (
            AssetFile(
                "./",
                tuple(f"hf:ericzzz/falcon-rw-1b-instruct-openorca@{revision}/" for revision in (_FALCON, "main")),
                need=("config.json", "*.safetensors"),
            ),
        ),
        "Apache-2.0",
        "ericzzz/falcon-rw-1b-instruct-openorca: a small instructed language model",
        2_650_000_000,
    ),
)
