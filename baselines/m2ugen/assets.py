"""M2UGen's checkpoints, and what they need beside them.

The checkpoints are published as pickles of 23 to 31 GB of which nobody states a digest, so the user converts them
once, see docs/models/m2ugen.md.
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile, gated

_HOW = (
    "the hub's M2UGen/{repository} has it as checkpoint.pth, a pickle without a known digest; convert it once by "
    "`python -m sightsound.metrics.networks.common.checkpoint checkpoint.pth checkpoint.safetensors`"
)


def _checkpoint(name: str, repository: str, music: str, size_bytes: int) -> Asset:
    return Asset(
        name,
        (AssetFile("checkpoint.safetensors", (f"hf:M2UGen/{repository}@main/checkpoint.safetensors",)),),
        "MIT (as the hub tags it; inside are LLaMA-2 under its own licence and weights under CC-BY-NC-4.0)",
        f"M2UGen with {music}; convert checkpoint.pth once, see docs/models/m2ugen.md",
        size_bytes,
        by_hand=_HOW.format(repository=repository),
    )


_LLAMA = "01c7f73d771dfac7d292323805ebc428287df4f9"


def _settings(size: str, revision: str) -> Asset:
    files = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
    return Asset(
        f"musicgen_{size}_settings",
        tuple(AssetFile(file, (f"hf:facebook/musicgen-{size}@{revision}/{file}",)) for file in files),
        "CC-BY-NC-4.0",
        f"facebook/musicgen-{size}: settings and tokenizer, without the weights",
        2_500_000,
    )


CARDS: tuple[Asset, ...] = (
    _checkpoint("m2ugen_musicgen_small", "M2UGen-MusicGen-small", "MusicGen-small", 25_600_000_000),
    _checkpoint("m2ugen_musicgen_medium", "M2UGen-MusicGen-medium", "MusicGen-medium", 30_600_000_000),
    _checkpoint("m2ugen_audioldm2", "M2UGen-AudioLDM2", "AudioLDM2, which lies apart", 23_200_000_000),
    _settings("small", "4c8334b02c6ec4e8664a91979669a501ec497792"),
    _settings("medium", "d3bd7b00761b78ad7a8a05145ee31e7832e9916c"),
    Asset(
        "llama2_tokenizer",
        (AssetFile("tokenizer.json", (f"hf:meta-llama/Llama-2-7b-hf@{_LLAMA}/tokenizer.json",)),),
        "LLAMA 2 COMMUNITY LICENSE",
        "meta-llama/Llama-2-7b-hf: its tokenizer",
        1_842_767,
        gate=gated("meta-llama/Llama-2-7b-hf"),
    ),
    Asset(
        "audioldm2_music",
        (
            AssetFile(
                "./",
                ("hf:cvssp/audioldm2-music@main/",),
                drop=("*.fp16.safetensors",),
                need=(
                    "model_index.json",
                    *(
                        f"{part}/*.safetensors"
                        for part in (
                            *("unet", "vae", "vocoder", "projection_model"),
                            *("language_model", "text_encoder", "text_encoder_2"),
                        )
                    ),
                ),
            ),
        ),
        "CC-BY-NC-SA-4.0",
        "cvssp/audioldm2-music: music from text",
        4_500_000_000,
    ),
)
