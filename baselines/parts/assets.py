"""Published generators of music and pictures, and the networks that describe pictures for them.

In the layouts of transformers and diffusers, not pinned.

The hub could not be reached when this was written: a repository that holds no safetensors is refused when it is
fetched, and says so.
"""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile


def _pipeline(
    name: str, repository: str, parts: tuple[str, ...], licence: str, what: str, size_bytes: int
) -> Asset:
    """A pipeline of diffusers: an index, and a folder with weights for each of `parts`."""
    tree = AssetFile(
        "./",
        (f"hf:{repository}@main/",),
        drop=("*.fp16.safetensors", "*non_ema*", "*ema_pruned*", "v2-*"),
        need=("model_index.json", *(f"{part}/*.safetensors" for part in parts)),
    )
    return Asset(name, (tree,), licence, f"{repository}: {what}", size_bytes)


def _art2mus(variant: str, stem: str, blob: str, size_bytes: int) -> Asset:
    """A projection of Art2Mus. The authors' repository has it as a pickle, of which git's name is known and no
    sha256: no licence lets anyone pass it on, and it could not be had when this was written."""
    return Asset(
        f"art2mus_{variant}",
        (AssetFile(f"{stem}.safetensors", ()),),
        "none stated",
        f"Art2Mus, projection of pictures, {variant.replace('_', ' ')}: {stem}.pt converted once, see "
        "docs/models/art2mus.md",
        size_bytes,
        by_hand=f"art2mus_weights/{stem}.pt lies in github.com/justivanr/art2mus_ at 21ab344, git's blob "
        f"{blob[:12]}; convert it once by `python -m sightsound.metrics.networks.common.checkpoint "
        f"{stem}.pt {stem}.safetensors`",
    )


_AUDIOLDM2 = (
    *("unet", "vae", "vocoder", "projection_model"),
    *("language_model", "text_encoder", "text_encoder_2"),
)
_MODEL = ("config.json", "*.safetensors")

ASSETS = (
    Asset(
        "musicgen_melody",
        (AssetFile("./", ("hf:facebook/musicgen-melody@main/",), need=_MODEL),),
        "CC-BY-NC-4.0",
        "facebook/musicgen-melody: music from text and a melody",
        6_200_000_000,
    ),
    Asset(
        "florence2_large",
        (AssetFile("./", ("hf:florence-community/Florence-2-large@main/",), need=_MODEL),),
        "MIT",
        "florence-community/Florence-2-large: paragraphs about pictures",
        1_650_000_000,
    ),
    Asset(
        "clip_vit_h14",
        (
            AssetFile(
                "./",
                ("hf:laion/CLIP-ViT-H-14-laion2B-s32B-b79K@main/",),
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
        "ircam-reach/musicldm",
        ("unet", "vae", "text_encoder", "vocoder"),
        "CC-BY-NC-SA-4.0",
        "music from text",
        2_600_000_000,
    ),
    _pipeline(
        "stable_diffusion_2_1",
        "stabilityai/stable-diffusion-2-1",
        ("unet", "vae", "text_encoder"),
        "CreativeML-OpenRAIL++-M",
        "pictures from text",
        5_200_000_000,
    ),
    _pipeline("audioldm2", "cvssp/audioldm2", _AUDIOLDM2, "CC-BY-NC-SA-4.0", "sound from text", 4_500_000_000),
    _pipeline(
        "audioldm2_large",
        "cvssp/audioldm2-large",
        _AUDIOLDM2,
        "CC-BY-NC-SA-4.0",
        "sound from text",
        6_100_000_000,
    ),
    _art2mus("1_token", "art2mus_img_proj_layer", "3fb612606638cb3bc10de6fb582f0e2f15ccf683", 11_000_000),
    _art2mus("4_tokens", "art2mus_4_img_proj_layer", "8fd6e65ebd548c62b440303191e9048a204acf25", 25_200_000),
)
