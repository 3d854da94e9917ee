"""Holds our PE-AV against the authors' own code, where transformers may have departed from it.

`python -m tests.reference.pe_av_authors TIMM REPOSITORY`, in the environment that setup.sh makes: a folder with
timm 1.0.31 unpacked and a clone of github.com/facebookresearch/perception_models at 3e352cc. Prints the largest
difference and the scale of each tower; they stand in tests/parity/rows/pe_av.json.

The authors' text tower is two layers taller here and its fourth layer's state is taken, as `nth_text_layer` has
it: the final norm plays no part. The picture's places are as they are, not stretched to those of the training, and
the last bias is 0; in the published sizes both are the same.
"""

from __future__ import annotations

import re
import sys
import types
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.parity import seeded
from tests.parity.signals import chirps, mosaic

TIME = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2}
DAC = {"encoder_hidden_size": 4, "downsampling_ratios": [2, 8, 10, 12], "codebook_dim": 8, "codebook_size": 64}
VISION = "video_model.video_encoder.embedder.vision_model.timm_model."
NAMES = (  # theirs to the published ones, in this order
    (
        r"^audio_visual_model\.audio_model\.dac_vae_encoder\.encoder\.",
        "audio_model.audio_encoder.embedder.dac_encoder.",
    ),
    (r"^audio_visual_model\.audio_model\.data_proj", "audio_model.audio_encoder.embedder.data_proj"),
    (r"^audio_visual_model\.audio_model\.audio_transformer\.", "audio_model.audio_encoder."),
    (r"^audio_visual_model\.visual_model\.visual_transformer\.", "video_model.video_encoder."),
    (r"^audio_visual_model\.visual_model\.(proj|data_proj)", r"video_model.video_encoder.embedder.\1"),
    (r"\.embeddings\.resnet_block", ".patch_embedder.resnet_block"),
    (r"\.embeddings\.cls_token", ".patch_embedder.class_embedding"),
    (r"^audio_head", "audio_model.audio_head"),
    (r"^visual_head", "video_model.video_head"),
    (r"^audio_text_head", "audio_model.text_audio_head"),
    (r"^audio_visual_model\.visual_model\.pe_encoder\.", VISION),
    (r"timm_model\.conv1", "timm_model.patch_embed.proj"),
    (r"transformer\.resblocks\.", "blocks."),
    (r"timm_model\.ln_pre", "timm_model.norm_pre"),
    (r"timm_model\.ln_post", "timm_model.norm"),
    (r"\.ln_(\d)", r".norm\1"),
    (r"\.attn_pool\.attn\.", ".attn_pool."),
    (r"\.attn_pool\.layernorm", ".attn_pool.norm"),
    (r"(timm_model\..*)in_proj_", r"\1qkv."),
    (r"(timm_model\..*)out_proj", r"\1proj"),
    (r"\.mlp\.c_fc", ".mlp.fc1"),
    (r"\.mlp\.c_proj", ".mlp.fc2"),
)


def stand_in(name: str, **attributes: Any) -> None:
    """A module that the authors' code imports and this comparison doesn't use."""
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module


def theirs() -> Any:
    """The authors' small model with the seeded weights of the published names."""
    nothing = type("Nothing", (), {})
    masks = types.SimpleNamespace(BlockDiagonalCausalMask=nothing)
    stand_in("xformers")
    stand_in("xformers.ops", AttentionBias=nothing, fmha=types.SimpleNamespace(attn_bias=masks))
    stand_in("torchcodec")
    stand_in("torchcodec.decoders", AudioDecoder=nothing, VideoDecoder=nothing)
    import core

    stand_in("core.probe", log_stats=lambda x, name: x)
    core.probe = sys.modules["core.probe"]
    from core.audio_visual_encoder import PEAudioVisual
    from core.audio_visual_encoder.config import PEAudioVisualConfig
    from core.vision_encoder import config

    from tests.reference.pe_av import TEXT

    sizes = {"image_size": 56, "patch_size": 14, "width": 64, "layers": 2, "heads": 4, "mlp_ratio": 4.0}
    config.PE_VISION_CONFIG["small"] = config.PEConfig(
        **sizes, pool_type="attn", output_dim=40, use_cls_token=True
    )
    config.PE_TEXT_CONFIG["small"] = config.PETextConfig(8, 64, 4, 1, 40)
    text = {key: value for key, value in TEXT.items() if key != "tie_last_hidden_states"}
    parts = {
        "audio_visual_transformer": TIME,
        "visual_model": {"pe_encoder": "small", "visual_transformer": TIME},
        "audio_model": {"dac_vae_encoder": DAC | {"sampling_rate": 48000}, "audio_transformer": TIME},
    }
    text |= {"num_hidden_layers": 6}
    made = PEAudioVisual(PEAudioVisualConfig(parts, text, output_dim=48, nth_text_layer=4)).eval()
    made.load_state_dict({name: weight(name, value) for name, value in made.state_dict().items()})
    return made


def weight(name: str, like: Tensor) -> Tensor:
    """A tensor of theirs from the published ones."""
    published = name
    for pattern, replacement in NAMES:
        published = re.sub(pattern, replacement, published)
    shape = tuple(like.shape)
    if name.endswith("pe_encoder.proj"):
        return seeded.tensor(f"{VISION}head.weight", shape[::-1]).T.contiguous()
    renamed = {
        "class_embedding": "cls_token",
        "positional_embedding": "pos_embed",
        "attn_pool.probe": "attn_pool.latent",
    }
    for ours, timms in renamed.items():
        if name.endswith(f"pe_encoder.{ours}"):
            return seeded.tensor(VISION + timms, (1,) * (3 - like.ndim) + shape).reshape(shape)
    if ".attn_pool.qkv." in published:
        end, rest = published.rpartition(".")[2], shape[1:]
        sides = (("q", shape[0] // 3), ("kv", shape[0] * 2 // 3))
        return torch.cat([seeded.tensor(f"{VISION}attn_pool.{part}.{end}", (rows, *rest)) for part, rows in sides])
    if ".bottleneck.in_proj." in name:  # means, then variances, which are not used
        end = name.rpartition(".")[2]
        means = seeded.tensor(f"audio_model.audio_encoder.embedder.bottleneck.{end}", (shape[0] // 2, *shape[1:]))
        return torch.cat([means, torch.zeros_like(means)])
    return seeded.tensor(published, shape)


def compare() -> None:
    """Both on the same inputs."""
    import json

    from sightsound.metrics.networks.joint import pe_av_pixels, pe_av_weights
    from tests.reference.pe_av import PARITY

    config = json.loads((PARITY / "pe_av_config.json").read_text())
    towers: dict[str, Any] = {}
    for modality in pe_av_weights.PUBLISHED:
        tower = towers[modality] = pe_av_weights.tower(config, modality).eval()
        names = {ours: pe_av_weights.published(modality, ours) for ours in tower.state_dict()}
        tower.load_state_dict({o: seeded.tensor(n, tuple(tower.state_dict()[o].shape)) for o, n in names.items()})
    vision = towers["video"].encoder.embedder.vision_model["timm_model"]
    vision.reference = vision.side
    vision.head.bias.zero_()
    model = theirs()
    frames = np.stack([pe_av_pixels.stretched(mosaic(seed), 56) for seed in range(4)])
    pixels = pe_av_pixels.normalised(torch.from_numpy(frames))
    clip = chirps(1.237, 48000, seed=3)
    sound = torch.from_numpy(np.pad(clip, (0, -len(clip) % 1920), mode="reflect"))[None]
    ids = torch.tensor([[2, *np.random.default_rng(4).integers(3, 500, 30), 1]])
    for name, ours, reference in (
        ("audio", towers["audio"](sound), model.encode_audio(sound[None])),
        ("video", towers["video"](towers["video"].frames(pixels)[None]), model.encode_video(pixels[None])),
        (
            "one frame",
            towers["video"](towers["video"].frames(pixels[:1])[None]),
            model.encode_video(pixels[None, :1]),
        ),
        ("text", towers["text"](ids), model.encode_audio_text(ids)),
    ):
        print(f"{name}: {(ours - reference).abs().max():.2e} of {reference.abs().max():.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.reference.pe_av_authors TIMM REPOSITORY")
    sys.path[:0] = sys.argv[1:]
    from tests.reference import compat  # noqa: F401  # before the packages

    with torch.inference_mode():
        compare()
