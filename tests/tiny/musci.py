"""Tiny weights of MusCI, and a tiny checkpoint in laion_clap's layout to train from."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor
from transformers import ClapModel

from sightsound.baselines.musci import TRAINED_ON, layout
from sightsound.baselines.musci.music import MusicTokens
from sightsound.metrics.networks.joint import clap_weights
from sightsound.metrics.networks.joint.clap import MUSIC
from sightsound.metrics.networks.joint.clap_weights import AudioSize
from tests.parity import seeded
from tests.tiny import musflow, stable_diffusion

SIZE = AudioSize(16, (1, 1, 1, 1))
WIDTH = 32  # of the tiny Stable Diffusion's cross-attention


def make(folder: Path) -> None:
    """A mirror with both variants and Stable Diffusion, if that is not there yet."""
    published = folder / "sd2-community" / "stable-diffusion-2-1"
    if not published.exists():
        stable_diffusion.make(published)
    music = MusicTokens(clap_weights.config(SIZE).audio_config, WIDTH)
    for name in TRAINED_ON:
        unet = layout.load_unet(published)
        music.load_state_dict(seeded.filled(music.state_dict()))
        layout.save(folder / f"musci_{name}", music, unet)


def checkpoint(folder: Path) -> None:
    """music_audioset_epoch_15_esc_90.14 with a small audio tower; SIZES must say so."""
    folder.mkdir(parents=True)
    with torch.device("meta"):
        names = ClapModel(clap_weights.config(SIZE, 0)).state_dict()
    state = {name: value for name, value in musflow.clap().items() if not name.startswith("audio_")}
    made = {
        name: seeded.tensor(name, tuple(value.shape)) if value.is_floating_point() else _counted(name, value)
        for name, value in names.items()
        if name.startswith("audio_")
    }
    torch.save(state | theirs(made), folder / MUSIC)


def theirs(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """ClapModel's names of the audio tower turned into laion_clap's, query, key and value together."""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        name = name.replace("audio_model.audio_encoder.", "audio_branch.")
        name = name.replace("projection.linear1.", "projection.0.").replace("projection.linear2.", "projection.2.")
        if packed := re.search(r"attention\.self\.(query|key|value)\.", name):
            name = name.replace(packed[0], "attn.qkv.")
            value = torch.cat([found[name], value]) if name in found else value
        for new, old in reversed(clap_weights._AUDIO):
            name = name.replace(f".{old}", f".{new}")
        found[name] = value
    return found


def _counted(name: str, value: Tensor) -> Tensor:
    return musflow._pairs() if name.endswith("relative_position_index") else torch.ones((), dtype=torch.int64)
