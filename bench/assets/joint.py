"""The published networks that put music, pictures and sentences into one space.

The digests of the pickles are those that several public projects state; the files themselves could not be had when
this was written. The digest of the list of merges was computed from it.
"""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile

_META = "https://dl.fbaipublicfiles.com/imagebind"
_OPENAI = "https://raw.githubusercontent.com/openai/CLIP/d05afc436d78f1c48dc0dbf8e5980a9d471f35f6/clip"
_LAION = "hf:lukewys/laion_clap@main"


def _laion(name: str, file: str, sha256: str, trained_on: str) -> Asset:
    return Asset(
        name,
        (AssetFile(file, (f"{_LAION}/{file}",), (sha256,)),),
        "CC0-1.0",
        f"LAION-CLAP {file}: HTSAT-base and RoBERTa, trained on {trained_on}",
        2_352_471_003,
    )


def _converted(name: str, checkpoint: str) -> Asset:
    """A checkpoint of which no digest is known: the user converts it once, see docs/extractors/joint.md."""
    return Asset(
        name,
        (AssetFile(f"{checkpoint}.safetensors", (f"{_LAION}/{checkpoint}.safetensors",)),),
        "CC0-1.0",
        f"LAION-CLAP {checkpoint}: HTSAT-tiny and RoBERTa; convert it once, see docs/extractors/joint.md",
        620_000_000,
    )


ASSETS = (
    Asset(
        "imagebind",
        (
            AssetFile(
                "imagebind_huge.pth",
                (f"{_META}/imagebind_huge.pth",),
                ("d6f6c22bedcc90708448d5d2fbb7b2db9c73f505dc89bd0b2e09b23af1b62157",),
            ),
        ),
        "CC-BY-NC-SA-4.0",
        "ImageBind-huge: pictures, music and sentences in one space; not for commercial use",
        4_803_584_173,
    ),
    Asset(
        "clip_bpe",
        (
            AssetFile(
                "bpe_simple_vocab_16e6.txt.gz",
                (
                    "pypi:open-clip-torch==2.32.0/open_clip/bpe_simple_vocab_16e6.txt.gz",
                    f"{_OPENAI}/bpe_simple_vocab_16e6.txt.gz",
                ),
                ("924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",),
            ),
        ),
        "MIT",
        "CLIP's byte-pair merges, which ImageBind reads text with too",
        1_356_917,
    ),
    _laion(
        "clap_music",
        "music_audioset_epoch_15_esc_90.14.pt",
        "fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd",
        "music, AudioSet and LAION-Audio-630k",
    ),
    _laion(
        "clap_music_speech",
        "music_speech_audioset_epoch_15_esc_89.98.pt",
        "51c68f12f9d7ea25fdaaccf741ec7f81e93ee594455410f3bca4f47f88d8e006",
        "music, speech, AudioSet and LAION-Audio-630k",
    ),
    _converted("clap_630k", "630k-audioset-best"),
    _converted("clap_630k_fusion", "630k-audioset-fusion-best"),
    Asset(
        "roberta_tokenizer",
        tuple(
            AssetFile(file, (f"hf:FacebookAI/roberta-base@main/{file}",))
            for file in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
        ),
        "MIT",
        "FacebookAI/roberta-base: its tokenizer, for LAION-CLAP's sentences",
        3_200_000,
    ),
    Asset(
        "clip_vit_b16",
        (
            AssetFile("config.json", ("hf:openai/clip-vit-base-patch16@main/config.json",)),
            AssetFile("model.safetensors", ("hf:openai/clip-vit-base-patch16@main/model.safetensors",)),
        ),
        "MIT (code; the weights state none)",
        "openai/clip-vit-base-patch16: pictures and sentences",
        599_000_000,
    ),
    Asset(
        "clip_vit_b32",
        (
            AssetFile("config.json", ("hf:openai/clip-vit-base-patch32@main/config.json",)),
            AssetFile(
                "pytorch_model.bin",
                ("hf:openai/clip-vit-base-patch32@main/pytorch_model.bin",),
                ("a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f",),
            ),
        ),
        "MIT (code; the weights state none)",
        "openai/clip-vit-base-patch32: pictures and sentences",
        605_247_071,
    ),
)
"""Assets of the joint embeddings."""
