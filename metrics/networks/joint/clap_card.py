"""Cards of LAION-CLAP and its published checkpoints.

The digests are those that several public projects state; of the fusion checkpoint none is known, and the user
converts it once (docs/extractors/joint.md).
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_SOURCE = "Wu et al.: LAION-CLAP, ICASSP 2023, arXiv:2211.06687; github.com/LAION-AI/CLAP (laion_clap 1.1.7)"
_LAION = "hf:lukewys/laion_clap@b3708341862f581175dba5c356a4ebf74a9b6651"
_CHECKPOINTS = {  # asset -> what metrics call it, the checkpoint, what it was trained on
    "clap_music": ("", "music_audioset_epoch_15_esc_90.14", "music, AudioSet and LAION-Audio-630k"),
    "clap_music_speech": (
        "_music_speech",
        "music_speech_audioset_epoch_15_esc_89.98",
        "music, speech, AudioSet and LAION-Audio-630k",
    ),
    "clap_630k": ("_630k", "630k-audioset-best", "LAION-Audio-630k and AudioSet"),
    "clap_630k_fusion": ("_630k_fusion", "630k-audioset-fusion-best", "LAION-Audio-630k and AudioSet"),
}
_SHA256 = {
    "clap_music": "fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd",
    "clap_music_speech": "51c68f12f9d7ea25fdaaccf741ec7f81e93ee594455410f3bca4f47f88d8e006",
    "clap_630k": "8053c9775516af2f4902e1e8281e356cc1bf7a85e8b761908170767b77c3f037",
}
_ROBERTA = "hf:FacebookAI/roberta-base@e2da8e2f811d1448a5b465c236feacd80ffbac7b"
_HOW = (
    "the hub's lukewys/laion_clap has it as {file}.pt, a pickle without a known digest; convert it once by "
    "`python -m sightsound.metrics.networks.common.checkpoint {file}.pt {file}.safetensors`"
)


def _networks(name: str) -> tuple[ExtractorCard, ExtractorCard]:
    suffix, checkpoint, trained_on = _CHECKPOINTS[name]
    factory = f"sightsound.metrics.networks.joint.clap:load_{name.removeprefix('clap_')}"
    audio = ExtractorCard(
        name=f"{name}_audio",
        entry=f"{factory}_audio",
        modality="audio",
        assets=(name,),
        outputs={"embedding": "[windows, 512] float32, unit vectors, one for each 10 s"},
        licence=f"CC0-1.0; trained on {trained_on}",
        source=_SOURCE,
        rate_hz=48000,
        crop="10s,int16,repeatpad,allwindows",
        optional=True,
        called=f"clap{suffix}",
        names={"cosine_text": f"clap_score{suffix}"},
        spaces=(name,),
        title=f"CLAP{suffix}".replace("_", " "),
        described=f"LAION-CLAP ({checkpoint}; unit vectors, all 10 s windows)",
        hop_s=10.0,
    )
    text = ExtractorCard(
        name=f"{name}_text",
        entry=f"{factory}_text",
        modality="text",
        assets=(name, "roberta_tokenizer"),
        outputs={"embedding": "[1, 512] float32, a unit vector"},
        licence=audio.licence,
        source=_SOURCE,
        crop="77tokens",
        optional=True,
        spaces=(name,),
        title=audio.title,
        described=f"LAION-CLAP ({checkpoint})",
    )
    return audio, text


def _asset(name: str) -> Asset:
    _, checkpoint, trained_on = _CHECKPOINTS[name]
    if name in _SHA256:
        file = AssetFile(f"{checkpoint}.pt", (f"{_LAION}/{checkpoint}.pt",), (_SHA256[name],))
        tower, size_bytes = ("tiny", 1_863_587_645) if name == "clap_630k" else ("base", 2_352_471_003)
        what = f"LAION-CLAP {checkpoint}.pt: HTSAT-{tower} and RoBERTa, trained on {trained_on}"
        return Asset(name, (file,), "CC0-1.0", what, size_bytes)
    return Asset(
        name,
        (AssetFile(f"{checkpoint}.safetensors", (f"{_LAION}/{checkpoint}.safetensors",)),),
        "CC0-1.0",
        f"LAION-CLAP {checkpoint}: HTSAT-tiny and RoBERTa; convert it once, see docs/extractors/joint.md",
        620_000_000,
        by_hand=_HOW.format(file=checkpoint),
    )


CARDS = (
    *(card for name in _CHECKPOINTS for card in _networks(name)),
    *map(_asset, _CHECKPOINTS),
    Asset(
        "roberta_tokenizer",
        tuple(
            AssetFile(file, (f"{_ROBERTA}/{file}",))
            for file in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
        ),
        "MIT",
        "FacebookAI/roberta-base: its tokenizer, for LAION-CLAP's sentences",
        3_200_000,
    ),
)
