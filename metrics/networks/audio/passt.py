"""PaSST: 527 AudioSet classes and a 768-d embedding for every 10 s, a transformer over patches of a spectrogram.

Network and front end after github.com/kkoutini/passt_hear21 (Koutini et al. 2022, arXiv:2110.05069), the model
passt_s_swa_p16_128_ap476 that hear21passt loads by default and AudioCraft's KL is defined with. A clip is cut into
segments of 10 s as audiocraft/metrics/kld.py cuts it: the last may be shorter and is not padded, and one of 0.15 s
or less, too short for a patch, is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.common.mel import triangles
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 32000
SEGMENT = 320000  # samples, 10 s
SHORTEST = 4801  # samples, just above 0.15 s
FFT, STFT_WINDOW, STFT_HOP = 1024, 800, 320  # samples
MELS = 128
HIGH_HZ = 15000.0  # half the rate less half of fmax_aug_range=2000
PATCH, STRIDE = 16, 10  # frames and bands
GRID = (12, 99)  # patches over frequency and over the time of a segment
WIDTH, HEADS, DEPTH, CLASSES = 768, 12, 12, 527
BATCH = {"cpu": 1, "cuda": 16}  # segments of one length in one forward pass


def load(weights: Mapping[str, Path], device: str) -> PasstExtractor:
    """PaSST, from the asset `passt`."""
    path = weights["passt"] / "passt-s-f128-p16-s10-ap.476-swa.pt"
    return PasstExtractor(filled(Passt, read_pickle(path), path), device)


class PasstExtractor:
    """See Extractor. Takes mono clips at 32 kHz."""

    def __init__(self, network: Passt, device: str) -> None:
        self._network = network.to(device)
        self._mel = Mel().to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [segments, 768] and `logits` [segments, 527] of each clip."""
        return run_by_length(self._forward, [segments(clip) for clip in clips], self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network(self._mel(audio))
        return {"embedding": embedding, "logits": logits}


def segments(clip: NDArray[Any]) -> list[NDArray[np.float32]]:
    """The clip's segments of 10 s, the last maybe shorter. ValueError for a clip of 0.15 s or less."""
    audio = checked_clip(clip, "passt")
    cut = [audio[start : start + SEGMENT] for start in range(0, len(audio), SEGMENT)]
    kept = [segment for segment in cut if len(segment) >= SHORTEST]
    if not kept:
        raise ValueError(f"passt takes clips longer than 0.15 s, got {len(audio) / RATE_HZ:.3f} s: leave it out")
    return kept


class Mel(nn.Module):
    """`[batch, samples]` -> `[batch, 128, frames]`: (log(m + 1e-5) + 4.5) / 5, m Kaldi's power mel spectrogram."""

    taper: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("taper", torch.hann_window(STFT_WINDOW, periodic=False))
        filters = triangles(RATE_HZ, FFT, MELS, 0.0, HIGH_HZ).T.astype(np.float32)
        self.register_buffer("filters", torch.from_numpy(filters))

    def forward(self, audio: Tensor) -> Tensor:
        sharper = audio[:, 1:] - 0.97 * audio[:, :-1]  # pre-emphasis
        spectrum = torch.stft(sharper, FFT, STFT_HOP, STFT_WINDOW, self.taper, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        return ((self.filters @ power + 1e-5).log() + 4.5) / 5


class Passt(nn.Module):
    """`[batch, 128, frames]` -> embedding `[batch, 768]` and logits `[batch, 527]`; layers named as published.

    Positions are the sum of one embedding for the frequency and one for the time of a patch. The embedding is the
    mean of the class and the distillation token; `head_dist`, the distillation token's own head in training, is
    part of the checkpoint and does not run.
    """

    def __init__(self, depth: int = DEPTH) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, WIDTH))
        self.dist_token = nn.Parameter(torch.empty(1, 1, WIDTH))
        self.new_pos_embed = nn.Parameter(torch.empty(1, 2, WIDTH))
        self.freq_new_pos_embed = nn.Parameter(torch.empty(1, WIDTH, GRID[0], 1))
        self.time_new_pos_embed = nn.Parameter(torch.empty(1, WIDTH, 1, GRID[1]))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, WIDTH, PATCH, STRIDE)})
        self.blocks = nn.Sequential(*(_Block() for _ in range(depth)))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES))
        self.head_dist = nn.Linear(WIDTH, CLASSES)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        x = self.patch_embed["proj"](mel[:, None])
        x = x + self.time_new_pos_embed[..., : x.shape[-1]] + self.freq_new_pos_embed
        tokens = torch.cat([self.cls_token, self.dist_token], dim=1) + self.new_pos_embed
        x = torch.cat([tokens.expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], dim=1)
        embedding = self.norm(self.blocks(x))[:, :2].mean(dim=1)
        return embedding, self.head(embedding)


class _Block(nn.Module):
    """A transformer layer with the norms before attention and perceptron."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = _Attention()
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(WIDTH, 4 * WIDTH), "fc2": nn.Linear(4 * WIDTH, WIDTH)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + torch.as_tensor(self.mlp["fc2"](functional.gelu(self.mlp["fc1"](self.norm2(x)))))


class _Attention(nn.Module):
    """Self-attention, written out: CUDA's fused kernels may leave float32."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        weight = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5).softmax(dim=-1)
        return torch.as_tensor(self.proj((weight @ v).transpose(1, 2).flatten(2)))
