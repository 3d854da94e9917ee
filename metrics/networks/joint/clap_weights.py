"""A laion_clap checkpoint as the weights of transformers' ClapModel.

Names and sizes after github.com/LAION-AI/CLAP (laion_clap 1.1.7: clap_module/htsat.py, model.py and the files of
clap_module/model_configs). The text tower is roberta-base, with that model's epsilon of 1e-5, not ClapConfig's
1e-12.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import ClapConfig, ClapModel

from sightsound.metrics.networks.common.checkpoint import empty, load_strictly, read_pickle, read_safetensors

TEXT_BLOCKS = 12


@dataclass(frozen=True)
class AudioSize:
    """Size of the audio tower, HTS-AT."""

    width: int
    """Channels of a patch in the first stage; they double from stage to stage."""
    depths: tuple[int, int, int, int]
    """Blocks of each stage."""
    fusion: bool = False
    """Trained with other mel bands, and to see a long clip shrunk beside crops of it. No window here is long."""


BASE = AudioSize(128, (2, 2, 12, 2))  # HTSAT-base: the music checkpoints
TINY = AudioSize(96, (2, 2, 6, 2))  # HTSAT-tiny: the 630k checkpoints
TINY_FUSION = AudioSize(96, (2, 2, 6, 2), fusion=True)  # the 630k checkpoints whose name says fusion

# What the file holds and ClapModel computes itself or does without. The transforms take part in training only.
_LEFT_OUT = re.compile(
    r"audio_branch\.(spectrogram_extractor|logmel_extractor|tscam_conv|head)\."
    r"|audio_branch\.layers\.\d+\.blocks\.\d+\.attn_mask$"
    r"|(audio|text)_transform\."
    r"|text_branch\.embeddings\.(position_ids|token_type_ids)$"  # transformers before 4.31 wrote them out
)
_AUDIO = (  # in this order
    ("attn.proj.", "attention.output.dense."),
    ("attn.", "attention.self."),
    ("norm1.", "layernorm_before."),
    ("norm2.", "layernorm_after."),
    ("mlp.fc1.", "intermediate.dense."),
    ("mlp.fc2.", "output.dense."),
    ("bn0.", "batch_norm."),
)


def load_model(path: Path, audio: AudioSize, text_blocks: int = TEXT_BLOCKS) -> Any:
    """ClapModel with the weights of a laion_clap checkpoint, or of one saved as safetensors, ready to run.

    ValueError unless the file holds that model, tensor by tensor.
    """
    state = read_safetensors(path) if path.suffix == ".safetensors" else read_pickle(path)
    model = empty(lambda: ClapModel(config(audio, text_blocks)))
    wanted = model.state_dict()
    found = renamed(state)
    for name in [name for name in wanted if re.search(r"embeddings\.(position_ids|token_type_ids)$", name)]:
        # the published ones count up from 0, or are all 0, so that they need not be read
        ids = torch.arange(wanted[name].shape[-1])[None]
        found[name] = ids if name.endswith("position_ids") else torch.zeros_like(ids)
    return load_strictly(model, found, path)


def config(audio: AudioSize, text_blocks: int = TEXT_BLOCKS) -> ClapConfig:
    """The model's sizes in transformers' words."""
    made = ClapConfig(
        text_config={"num_hidden_layers": text_blocks, "layer_norm_eps": 1e-5},
        audio_config={
            "patch_embeds_hidden_size": audio.width,
            "hidden_size": audio.width * 8,
            "depths": list(audio.depths),
            "enable_fusion": audio.fusion,
            "fusion_type": "aff_2d" if audio.fusion else None,
        },
    )
    made._attn_implementation = "eager"
    return made


def renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under ClapModel's names; query, key and value apart. A name that is not known stays as it is."""
    made: dict[str, Tensor] = {}
    for name, value in state.items():
        if _LEFT_OUT.match(name):
            continue
        if name.startswith("audio_branch."):
            name = name.replace("audio_branch.", "audio_model.audio_encoder.", 1)
            if ".attn.qkv." in name:
                for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    made[name.replace("attn.qkv", f"attention.self.{part}")] = rows
                continue
            for theirs, ours in _AUDIO:
                name = name.replace(f".{theirs}", f".{ours}")
        else:
            name = re.sub(r"^text_branch\.", "text_model.", name)
            name = re.sub(r"^(audio|text)_projection\.(0|2)\.", _linear, name)
        made[name] = value
    return made


def _linear(match: re.Match[str]) -> str:
    return f"{match[1]}_projection.linear{1 if match[2] == '0' else 2}."
