"""EnCodec's encoder: 128 numbers for every 1/75 s (24 kHz) or 1/150 s (48 kHz), before they are quantised.

The network is transformers' EncodecEncoder (Défossez et al. 2022, arXiv:2210.13438). Features as
frechet-audio-distance takes them (model.encoder on the whole clip): no loudness scaling and no 1 s chunks, which
the 48 kHz codec applies when it compresses; a mono clip goes into both of its channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.common.checkpoint import load_strictly, read_safetensors
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.extractor import Features

SHORTEST = 320  # samples under one frame
BATCH = {"cpu": 1, "cuda": 16}  # clips of one length in one forward pass


def load_24khz(weights: Mapping[str, Path], device: str) -> EncodecExtractor:
    """The mono, causal model, from the asset `encodec_24khz`."""
    return EncodecExtractor(*_encoder(weights["encodec_24khz"], 24000), device)


def load_48khz(weights: Mapping[str, Path], device: str) -> EncodecExtractor:
    """The stereo music model, from the asset `encodec_48khz`."""
    return EncodecExtractor(*_encoder(weights["encodec_48khz"], 48000), device)


class EncodecExtractor:
    """See Extractor. Takes mono clips at the model's rate."""

    def __init__(self, encoder: nn.Module, channels: int, device: str) -> None:
        self._encoder = encoder.to(device)
        self._channels = channels
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [frames, 128] of each clip. ValueError for one of less than 320 samples."""
        whole = []
        for clip in clips:
            audio = checked_clip(clip, "encodec")
            if len(audio) < SHORTEST:
                raise ValueError(f"encodec takes {SHORTEST} samples or more, got {len(audio)}: leave the clip out")
            whole.append([audio])
        return run_by_length(self._forward, whole, self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        frames = self._encoder(audio[:, None].expand(-1, self._channels, -1))
        return {"embedding": frames.transpose(1, 2)}


def _encoder(folder: Path, rate_hz: int) -> tuple[nn.Module, int]:
    """The encoder in a folder of transformers' layout and its number of channels.

    ValueError unless it is EnCodec at `rate_hz` with every weight of the encoder and no other.
    """
    from transformers import EncodecConfig
    from transformers.models.encodec.modeling_encodec import EncodecEncoder

    try:
        config = EncodecConfig.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder / 'config.json'} is missing or damaged: fetch it again") from error
    if config.sampling_rate != rate_hz:
        raise ValueError(
            f"{folder / 'config.json'} is of {config.sampling_rate} Hz, not {rate_hz}: another model's?"
        )
    path = folder / "model.safetensors"
    state = {
        _current(name.removeprefix("encoder.")): weight
        for name, weight in read_safetensors(path).items()
        if name.startswith("encoder.")
    }
    return load_strictly(EncodecEncoder(config), state, path), int(config.audio_channels)


def _current(name: str) -> str:
    """The name that torch gives the two parts of a normed weight today."""
    for part, now in (("weight_g", "original0"), ("weight_v", "original1")):
        if name.endswith(f".{part}"):
            return name.removesuffix(part) + f"parametrizations.weight.{now}"
    return name
