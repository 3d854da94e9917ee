"""Wav2CLIP: music in the space of CLIP ViT-B/32, so that a picture's vector or a sentence's stands beside it.

Wu, Seetharaman, Kumar, Bello, ICASSP 2022, arXiv:2110.11499; github.com/descriptinc/lyrebird-wav2clip at 1864b39
(wav2clip/model). A ResNet-18 over a spectrogram, and two layers into CLIP's space, trained on VGGSound's clips
against the mean of CLIP's vectors of their frames. The authors scale a spectrogram by mean and deviation of the
whole batch; here each clip by its own, which is what they get for a clip alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import channels_last, checked_clip
from sightsound.metrics.networks.common.checkpoint import filled, read_safetensors
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.extractor import Features

FILE = "Wav2CLIP.safetensors"
FFT, HOP = 512, 353  # samples at 16 kHz
DIM = 512
WIDTHS = (64, 128, 256, 512)  # channels of ResNet-18's four stages
TRAINING = ("image_transform.", "loss_fn")
"""What training leaves in the checkpoint beside the encoder: a way back from pictures, scales of the loss."""
BATCH = {"cpu": 1, "cuda": 32}  # clips of one length in one forward pass


def load(weights: Mapping[str, Path], device: str) -> Wav2ClipExtractor:
    """From the asset `wav2clip`: the published checkpoint, converted once."""
    path = weights["wav2clip"] / FILE
    state = {name: value for name, value in read_safetensors(path).items() if not name.startswith(TRAINING)}
    return Wav2ClipExtractor(filled(Wav2Clip, state, path), device)


class Wav2ClipExtractor:
    """See Extractor. Takes mono clips at 16 kHz, whole."""

    def __init__(self, network: Wav2Clip, device: str) -> None:
        self._network = channels_last(network, device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 512] of each clip. ValueError for one under 512 samples."""
        whole = [[checked_clip(clip, "wav2clip")] for clip in clips]
        for (audio,) in whole:
            if len(audio) < FFT:
                raise ValueError(f"wav2clip: a clip of {len(audio)} samples is shorter than a window of {FFT}")
        return run_by_length(lambda audio: {"embedding": self._network(audio)}, whole, self._batch, self._device)


class Wav2Clip(nn.Module):
    """`[batch, samples]` -> `[batch, 512]`, not of length 1; layers named as in the checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.audio_encoder = _Encoder()
        self.audio_transform = _Transform()

    def forward(self, audio: Tensor) -> Tensor:
        vectors: Tensor = self.audio_transform(self.audio_encoder(audio))
        return vectors


class _Transform(nn.Module):
    """Two layers with a ReLU between; its dropout, the second place, plays no part here."""

    def __init__(self) -> None:
        super().__init__()
        self.sequential = nn.Sequential(nn.Linear(DIM, DIM), nn.ReLU(), nn.Identity(), nn.Linear(DIM, DIM))

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.sequential(x)
        return made


class _Spectrogram(nn.Module):
    """`[batch, samples]` -> power `[batch, 257, frames]`: periodic Hann window, frames centred, ends mirrored."""

    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.empty(FFT))  # of the checkpoint

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.stft(
            audio, FFT, HOP, FFT, self.window, center=True, pad_mode="reflect", return_complex=True
        )
        return spectrum.real.square() + spectrum.imag.square()


class _Encoder(nn.Module):
    """ResNet-18 with one channel at its entrance and none of its classes."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrogram = _Spectrogram()
        self.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        for number, (before, width) in enumerate(zip((64, *WIDTHS), WIDTHS, strict=False), start=1):
            first = _Block(before, width, 1 if number == 1 else 2)
            self.add_module(f"layer{number}", nn.Sequential(first, _Block(width, width, 1)))

    def forward(self, audio: Tensor) -> Tensor:
        x = torch.log(self.spectrogram(audio) + 1e-7)
        mean, deviation = x.mean((1, 2), keepdim=True), x.std((1, 2), keepdim=True)
        x = ((x - mean) / (deviation + 1e-9))[:, None]
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for number in range(1, len(WIDTHS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x.mean((2, 3))


class _Block(nn.Module):
    """Two 3 x 3 convolutions beside a way past them."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride > 1 or channels != width:
            past = nn.Conv2d(channels, width, 1, stride, bias=False)
            self.downsample = nn.Sequential(past, nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y)) + (x if self.downsample is None else self.downsample(x))
        return functional.relu(y)
