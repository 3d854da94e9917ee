"""PANNs Cnn14: 527 AudioSet classes and a 2048-d embedding of a whole clip, at 16 or 32 kHz.

Network and front end after github.com/qiuqiangkong/audioset_tagging_cnn, pytorch/models.py (Kong et al. 2020,
arXiv:1912.10211); the front end is torchlibrosa's, whose Fourier and mel matrices are part of the checkpoint and
are used as they stand there. Clips shorter than 32,000 samples are filled up with zeros at their end, at either
rate, as audioldm_eval does (datasets/load_mel.py, pad_short_audio). audioldm_eval also takes the first channel
only and subtracts the clip's mean; here channels are averaged and the mean, which no mel band sees, stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sightsound.metrics.networks.common import winograd
from sightsound.metrics.networks.common.batching import channels_last, checked_clip
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.extractor import Features

MELS = 64
CLASSES = 527
SHORTEST = 32000  # samples
CHANNELS = (64, 128, 256, 512, 1024, 2048)
BATCH = {"cpu": 1, "cuda": 32}  # clips of one length in one forward pass


def load_16k(weights: Mapping[str, Path], device: str) -> PannsExtractor:
    """Cnn14 at 16 kHz (512-sample windows every 160, 50 to 8000 Hz), from the asset `panns_16k`."""
    path = weights["panns_16k"] / "Cnn14_16k_mAP=0.438.pth"
    return PannsExtractor(filled(lambda: Cnn14(512, 160), read_pickle(path), path), device)


def load_32k(weights: Mapping[str, Path], device: str) -> PannsExtractor:
    """Cnn14 at 32 kHz (1024-sample windows every 320, 50 to 14000 Hz), from the asset `panns_32k`."""
    path = weights["panns_32k"] / "Cnn14_mAP=0.431.pth"
    return PannsExtractor(filled(lambda: Cnn14(1024, 320), read_pickle(path), path), device)


class PannsExtractor:
    """See Extractor. Takes mono clips at the network's rate."""

    def __init__(self, network: Cnn14, device: str) -> None:
        self._network = channels_last(network, device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]
        if torch.device(device).type == "cpu":
            for block in [module for module in self._network.modules() if isinstance(module, _Block)]:
                block.fold()
            winograd.replace(self._network)

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 2048] and `logits` [1, 527] of each clip."""
        whole = []
        for clip in clips:
            audio = checked_clip(clip, "panns")
            whole.append([np.pad(audio, (0, max(0, SHORTEST - len(audio))))])
        return run_by_length(self._forward, whole, self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network(audio)
        return {"embedding": embedding, "logits": logits}


class Cnn14(nn.Module):
    """`[batch, samples]` -> embedding `[batch, 2048]` and logits `[batch, 527]`; layers named as published."""

    def __init__(self, window: int, hop: int) -> None:
        super().__init__()
        self.spectrogram_extractor = _Spectrogram(window, hop)
        self.logmel_extractor = _LogMel(window)
        self.bn0 = nn.BatchNorm2d(MELS)
        for number, (channels, out) in enumerate(zip((1, *CHANNELS), CHANNELS, strict=False), start=1):
            self.add_module(f"conv_block{number}", _Block(channels, out))
        self.fc1 = nn.Linear(CHANNELS[-1], CHANNELS[-1])
        self.fc_audioset = nn.Linear(CHANNELS[-1], CLASSES)

    def forward(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        log_mel = self.logmel_extractor(self.spectrogram_extractor(audio))  # [batch, frames, bands]
        x = self.bn0(log_mel.transpose(1, 2)[..., None]).transpose(
            1, 3
        )  # a norm a band; [batch, 1, frames, bands]
        last = len(CHANNELS)
        for number in range(1, last + 1):
            x = self.get_submodule(f"conv_block{number}")(x)
            if number < last:
                x = functional.avg_pool2d(x, 2)
        x = x.mean(dim=3)
        embedding = functional.relu(self.fc1(x.amax(dim=2) + x.mean(dim=2)))
        return embedding, self.fc_audioset(embedding)


class _Spectrogram(nn.Module):
    """`[batch, samples]` -> power `[batch, frames, bins]`, frames centred, ends mirrored."""

    def __init__(self, window: int, hop: int) -> None:
        super().__init__()
        bins = window // 2 + 1
        self.stft = nn.ModuleDict(
            {part: nn.Conv1d(1, bins, window, hop, bias=False) for part in ("conv_real", "conv_imag")}
        )
        self._half = window // 2

    def forward(self, audio: Tensor) -> Tensor:
        x = functional.pad(audio[:, None], (self._half, self._half), mode="reflect")
        real, imag = self.stft["conv_real"](x), self.stft["conv_imag"](x)
        return torch.as_tensor((real.square() + imag.square()).transpose(1, 2))


class _LogMel(nn.Module):
    """`[batch, frames, bins]` -> `[batch, frames, 64]` in decibels, not below -100."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.melW = nn.Parameter(torch.empty(window // 2 + 1, MELS))

    def forward(self, power: Tensor) -> Tensor:
        return 10 * torch.log10((power @ self.melW).clamp(min=1e-10))


class _Block(nn.Module):
    """Two 3 x 3 convolutions, each with batch norm and ReLU."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.bn2 = nn.BatchNorm2d(out)

    def fold(self) -> None:
        """Put the norms into the weights: one pass over memory less for each."""
        for number in ("1", "2"):
            conv, norm = getattr(self, f"conv{number}"), getattr(self, f"bn{number}")
            if isinstance(norm, nn.BatchNorm2d):
                setattr(self, f"conv{number}", fuse_conv_bn_eval(conv, norm))
                setattr(self, f"bn{number}", nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(x)), inplace=True)
