"""MusicGen-small with a fine-tuned language model, from the layout in which AudioCraft saves one.

AudioCraft packs the projections of an attention's queries, keys and values into one matrix and numbers the
codebooks' embeddings and heads; transformers keeps them apart. The T5 that reads the prompt and the EnCodec that
makes the sound were not trained: they come from the published MusicGen-small.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.metrics.networks.common.checkpoint import check_layout, read_safetensors

_NAMES = (
    (r"emb\.(\d+)\.weight", r"decoder.model.decoder.embed_tokens.\1.weight"),
    (r"linears\.(\d+)\.weight", r"decoder.lm_heads.\1.weight"),
    (r"out_norm\.(weight|bias)", r"decoder.model.decoder.layer_norm.\1"),
    (r"condition_provider\.conditioners\.description\.output_proj\.(weight|bias)", r"enc_to_dec_proj.\1"),
    (r"transformer\.layers\.(\d+)\.linear([12])\.weight", r"decoder.model.decoder.layers.\1.fc\2.weight"),
    (
        r"transformer\.layers\.(\d+)\.norm1\.(weight|bias)",
        r"decoder.model.decoder.layers.\1.self_attn_layer_norm.\2",
    ),
    (r"transformer\.layers\.(\d+)\.norm2\.(weight|bias)", r"decoder.model.decoder.layers.\1.final_layer_norm.\2"),
    (
        r"transformer\.layers\.(\d+)\.norm_cross\.(weight|bias)",
        r"decoder.model.decoder.layers.\1.encoder_attn_layer_norm.\2",
    ),
    (
        r"transformer\.layers\.(\d+)\.self_attn\.out_proj\.weight",
        r"decoder.model.decoder.layers.\1.self_attn.out_proj.weight",
    ),
    (
        r"transformer\.layers\.(\d+)\.cross_attention\.out_proj\.weight",
        r"decoder.model.decoder.layers.\1.encoder_attn.out_proj.weight",
    ),
)
_PACKED = re.compile(r"transformer\.layers\.(\d+)\.(self_attn|cross_attention)\.in_proj_weight")


def finetuned(device: str, published: Path, tuned: Path, recorded: bool = True) -> MusicGen:
    """MusicGen with the weights of `tuned` in its decoder. ValueError where they are not exactly those of one."""
    system = MusicGen(device, published, recorded=recorded)
    model: Any = system.model
    state = renamed(read_safetensors(tuned), tuned)
    wanted = {
        name: value.shape
        for name, value in model.state_dict().items()
        if name.startswith(("decoder.", "enc_to_dec_proj.")) and "embed_positions" not in name
    }
    check_layout(state, wanted, tuned)
    model.load_state_dict({name: value.float() for name, value in state.items()}, strict=False)  # all have a place
    return system


def renamed(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """AudioCraft's tensors under transformers' names. ValueError for a name that is neither."""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if packed := _PACKED.fullmatch(name):
            kind = "self_attn" if packed[2] == "self_attn" else "encoder_attn"
            for part, piece in zip("qkv", torch.chunk(value, 3), strict=True):
                found[f"decoder.model.decoder.layers.{packed[1]}.{kind}.{part}_proj.weight"] = piece
            continue
        for pattern, target in _NAMES:
            if re.fullmatch(pattern, name):
                found[re.sub(pattern, target, name)] = value
                break
        else:
            raise ValueError(f"{path}: {name} is no weight of a MusicGen language model of AudioCraft")
    return found
