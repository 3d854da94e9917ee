"""The weights on the disk. The thesis published none, so the layout is ours (docs/models/musci.md):

music/config.json                           of CLAP's audio encoder, as transformers writes it
music/model.safetensors                     clap.*: the encoder under transformers' names; projection.{weight,bias}
unet/config.json                            as diffusers writes it
unet/diffusion_pytorch_model.safetensors    the same
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import ClapAudioConfig

from sightsound.baselines.musci.music import TOKENS, MusicTokens
from sightsound.baselines.parts.training import save_whole
from sightsound.metrics.networks.common.checkpoint import filled, read_safetensors
from sightsound.metrics.networks.joint.clap_weights import AudioSize, load_model

MUSIC, MUSIC_CONFIG = "music/model.safetensors", "music/config.json"
UNET, UNET_CONFIG = "unet/diffusion_pytorch_model.safetensors", "unet/config.json"


def load_music(folder: Path) -> MusicTokens:
    """CLAP and the projection. ValueError unless the file holds just what its config describes."""
    config = _music_config(_read(folder / MUSIC_CONFIG))
    state = read_safetensors(folder / MUSIC)
    rows = len(state.get("projection.bias", ()))
    if not rows or rows % TOKENS:
        raise ValueError(f"{folder / MUSIC}: its projection makes {rows} numbers, not {TOKENS} tokens")
    return filled(lambda: MusicTokens(config, rows // TOKENS), state, folder / MUSIC)


def load_unet(folder: Path) -> Any:
    """The UNet in float32. ValueError unless its file holds just what its config describes."""
    import diffusers

    config = _read(folder / UNET_CONFIG)
    try:
        return filled(
            lambda: diffusers.UNet2DConditionModel.from_config(config),
            read_safetensors(folder / UNET),
            folder / UNET,
        )
    except TypeError as error:
        raise ValueError(f"{folder / UNET_CONFIG} is no config of a UNet ({error})") from error


def unet_width(folder: Path) -> int:
    """How wide the tokens are that the UNet in a folder attends to. ValueError where its config does not say."""
    width = _read(folder / UNET_CONFIG).get("cross_attention_dim")
    if not isinstance(width, int):
        raise ValueError(f"{folder / UNET_CONFIG}: cross_attention_dim is {width!r}, not one number")
    return width


def begun(published: Path, size: AudioSize, width: int, seed: int) -> MusicTokens:
    """CLAP out of a checkpoint of laion_clap, and a new projection drawn by the seed; what is trained on."""
    model = load_model(published, size)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = MusicTokens(_music_config(model.config.audio_config.to_dict()), width)
    network.clap.audio_model, network.clap.audio_projection = model.audio_model, model.audio_projection
    return network.eval().requires_grad_(True)  # no dropout, and batch norm as published: a batch is a few clips


def save(folder: Path, music: MusicTokens, unet: Any) -> None:
    """Write the weights; each file is there whole or as it was."""
    for part in ("music", "unet"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    music.clap.config.save_pretrained(folder / "music")
    (folder / UNET_CONFIG).write_text(json.dumps(dict(unet.config), indent=2) + "\n", encoding="utf-8")
    save_whole(music.state_dict(), folder / MUSIC)
    save_whole(unet.state_dict(), folder / UNET)


def _music_config(settings: Mapping[str, Any]) -> ClapAudioConfig:
    config = ClapAudioConfig.from_dict(dict(settings))
    config._attn_implementation = "eager"
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no config ({error})") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no config: it holds no settings by name")
    return found
