"""A published folder of PE-AV, in transformers' layout, as the towers of pe_av_network.

The sizes come from its config.json; the three towers that the metrics use have to be there tensor by tensor, and
nothing that isn't a part of PE-AV beside them. Only the tower that is asked for is read from the disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import DacConfig, ModernBertConfig

from sightsound.metrics.networks.common.checkpoint import check_layout
from sightsound.metrics.networks.common.pretrained import VERSION
from sightsound.metrics.networks.joint.pe_av_network import AudioTower, EncoderSize, TextTower, VideoTower
from sightsound.metrics.networks.joint.pe_vision import ARCHITECTURES, VisionSize

# What the file calls the parts of a tower.
PUBLISHED = {
    "audio": {"encoder.": "audio_model.audio_encoder.", "head.": "audio_model.audio_head."},
    "video": {"encoder.": "video_model.video_encoder.", "head.": "video_model.video_head."},
    "text": {"text_model.": "text_model.", "head.": "audio_model.text_audio_head."},
}
# The whole model holds its towers in several places; a file names each tensor once, in whichever of them.
ALIASES = {
    "audio_video_encoder.embedder.audio_encoder.": "audio_model.audio_encoder.",
    "audio_video_encoder.embedder.video_encoder.": "video_model.video_encoder.",
    "audio_model.text_model.": "text_model.",
    "video_model.text_model.": "text_model.",
}
# Parts that no metric needs: the two media in one, a medium with a text, texts for them and for videos alone.
LEFT_OUT = (
    "audio_video_encoder.",
    "audio_video_head.",
    "text_audio_video_head.",
    "audio_plus_text_head.",
    "video_plus_text_head.",
    "video_model.text_video_head.",
)
LEFT_OUT_ENDS = ("_logit_scale", "_logit_bias", ".rope.pos_embed")
# What a config.json may leave unsaid, as transformers has it.
UNSAID: Mapping[str, Mapping[str, Any]] = {
    "encoder": {
        "hidden_size": 1792,
        "intermediate_size": 4800,
        "num_hidden_layers": 6,
        "num_attention_heads": 14,
        "head_dim": 128,
        "rms_norm_eps": 1e-5,
    },
    "dac": {"downsampling_ratios": [2, 8, 10, 12], "encoder_hidden_size": 64, "codebook_dim": 128},
    "vision": {"architecture": "vit_pe_core_large_patch14_336"},
    "text": {
        "hidden_size": 1024,
        "intermediate_size": 2624,
        "num_hidden_layers": 22,
        "num_attention_heads": 16,
    },
}
NEEDS = (5, 0)  # of transformers: ModernBERT's positions were other tensors in its versions 4
TEXT_LAYERS = 22  # the state after the 22nd is the text's; a file with more was not cut to it


def load_tower(folder: Path, modality: str) -> Any:
    """The tower `audio`, `video` or `text` of a published folder, float32, ready to run.

    ValueError unless config.json and the safetensors files are a whole PE-AV.
    """
    if VERSION < NEEDS:
        here = ".".join(map(str, VERSION))
        raise ValueError(
            f"PE-AV needs transformers {NEEDS[0]} or newer, here is {here}; pip install -U transformers"
        )
    config = read_config(folder)
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced
        towers = {name: tower(config, name) for name in PUBLISHED}
    wanted = {
        published(name, ours): value.shape
        for name, made in towers.items()
        for ours, value in made.state_dict().items()
    }
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ValueError(f"{folder} holds no safetensors file: fetch it again")
    made = towers[modality]
    with ExitStack() as stack:
        try:
            opened = [stack.enter_context(safe_open(file, framework="pt")) for file in files]
            where = {canonical(name): (file, name) for file in opened for name in file.keys()}  # noqa: SIM118
            where = {name: place for name, place in where.items() if not _left_out(name)}
            check_layout({name: _like(*place) for name, place in where.items()}, wanted, folder)
            mine = {ours: where[published(modality, ours)] for ours in made.state_dict()}
            # copied into memory of their own: how a kernel rounds depends on how its operands are aligned
            state = {ours: file.get_tensor(at).float().clone() for ours, (file, at) in mine.items()}
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{folder} holds a damaged safetensors file: fetch it again") from error
    made.load_state_dict(state, strict=True, assign=True)
    if isinstance(made, TextTower):  # the one part with numbers that no file holds
        made.text_model.rotary_emb = type(made.text_model.rotary_emb)(made.text_model.config)
    return made.eval().requires_grad_(False)


def published(modality: str, ours: str) -> str:
    """The file's name of a tensor of a tower: `head.x` -> `audio_model.audio_head.x`."""
    part = next(part for part in PUBLISHED[modality] if ours.startswith(part))
    return PUBLISHED[modality][part] + ours.removeprefix(part)


def canonical(name: str) -> str:
    """A name in the file with the tower at the place where PUBLISHED has it."""
    for alias, place in ALIASES.items():
        if name.startswith(alias):
            return place + name.removeprefix(alias)
    return name


def _like(file: Any, name: str) -> torch.Tensor:
    """A tensor of the file's shape that holds nothing."""
    return torch.empty(file.get_slice(name).get_shape(), device="meta")


def _left_out(name: str) -> bool:
    return name.startswith(LEFT_OUT) or name.endswith(LEFT_OUT_ENDS)


def read_config(folder: Path) -> dict[str, Any]:
    """config.json. ValueError where it isn't PE-AV's."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is missing or damaged: fetch it again") from error
    if not isinstance(config, dict) or config.get("model_type") != "pe_audio_video":
        raise ValueError(f"{path} is not PE-AV's in transformers' layout: is it another model's or branch's?")
    return config


def tower(config: Mapping[str, Any], modality: str) -> nn.Module:
    """An empty tower of the sizes in config.json. ValueError where one isn't usable or isn't known."""
    try:
        media = config.get("audio_video_config") or {}
        text = {**UNSAID["text"], **_known(config.get("text_config") or {})}
        part = {**UNSAID["encoder"], **(media.get(f"{modality}_config") or {})}
        out = int(text["hidden_size"])
        if modality == "text":
            if text["num_hidden_layers"] > TEXT_LAYERS:
                raise ValueError(
                    f"PE-AV's config.json has {text['num_hidden_layers']} text layers, not {TEXT_LAYERS}"
                )
            return TextTower(ModernBertConfig(**text), out)
        if modality == "audio":
            dac = {**UNSAID["dac"], **_known(part.get("dac_config") or {})}
            return AudioTower(encoder_size(part), DacConfig(**dac), out)
        return VideoTower(encoder_size(part), vision_size(part.get("vision_config") or {}), out)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"PE-AV's config.json is not usable ({error}): fetch it again") from error


def _known(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without what transformers writes into a configuration and sets by itself."""
    return {key: value for key, value in config.items() if key not in ("model_type", "_name_or_path", "dtype")}


def encoder_size(config: Mapping[str, Any]) -> EncoderSize:
    """Of the transformer over sound or over video."""
    rope = config.get("rope_parameters") or {}
    heads, keys = config["num_attention_heads"], config.get("num_key_value_heads")
    if keys not in (None, heads) or config.get("attention_bias") or rope.get("rope_type", "default") != "default":
        raise ValueError("PE-AV's config.json asks for an attention that is not built here: an unknown version?")
    return EncoderSize(
        width=config["hidden_size"],
        hidden=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        heads=heads,
        head_dim=config["head_dim"],
        eps=config["rms_norm_eps"],
        theta=float(rope.get("rope_theta", config.get("rope_theta", 20000))),
    )


def vision_size(config: Mapping[str, Any]) -> VisionSize:
    """Of the picture tower, by the name that timm has for it and what config.json changes in it."""
    name = config.get("architecture", UNSAID["vision"]["architecture"])
    if name not in ARCHITECTURES:
        raise ValueError(f"PE-AV's config.json names the picture tower {name}; known: {', '.join(ARCHITECTURES)}")
    changes = dict(config.get("model_args") or {})
    names = {"img_size": "image", "embed_dim": "width", "depth": "blocks", "num_heads": "heads"}
    if odd := sorted(changes.keys() - names):
        raise ValueError(f"PE-AV's config.json changes {odd[0]} of the picture tower, which is not built here")
    ours = {names[key]: value[0] if isinstance(value, list) else value for key, value in changes.items()}
    return replace(ARCHITECTURES[name], out=config.get("num_classes") or ARCHITECTURES[name].out, **ours)
