"""Log-mel filter banks as Kaldi computes them, with the options that ImageBind and AST train with.

Formulas: Kaldi's feature-window.cc and mel-computations.cc (frames inside the signal only, each less its mean,
pre-emphasis 0.97 with the first sample its own predecessor, power spectrum, triangles over Kaldi's mel scale
1127 ln(1 + f / 700), natural logarithm). Options: 25 ms every 10 ms, Hann window, no dither, no energy.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from sightsound.metrics.networks.common.mel import triangles

RATE_HZ = 16000
FRAME = 400  # samples, 25 ms
SHIFT = 160  # samples, 10 ms
FFT = 512  # samples
LOW_HZ, HIGH_HZ = 20.0, 8000.0
PREEMPHASIS = 0.97
FLOOR = torch.finfo(torch.float32).eps  # of a band's energy, before the logarithm


def fbank(audio: Tensor, bands: int) -> Tensor:
    """float32 `[..., samples]` at 16 kHz -> `[..., frames, bands]`, frames = 1 + (samples - 400) // 160.

    ValueError for less than one frame.
    """
    if audio.shape[-1] < FRAME:
        raise ValueError(f"{audio.shape[-1]} samples at 16 kHz: a filter bank needs {FRAME} (25 ms)")
    frames = audio.unfold(-1, FRAME, SHIFT)
    frames = frames - frames.mean(dim=-1, keepdim=True)
    before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
    window = torch.hann_window(FRAME, periodic=False, device=audio.device)
    spectrum = torch.fft.rfft(functional.pad((frames - PREEMPHASIS * before) * window, (0, FFT - FRAME)))
    power = spectrum.abs().square()
    return (power @ mel_filters(bands).to(audio.device)).clamp(min=FLOOR).log()


@cache
def mel_filters(bands: int) -> Tensor:
    """Triangles of height 1, straight over the mel scale, from 20 Hz to 8 kHz; `[257, bands]`."""
    return torch.from_numpy(triangles(RATE_HZ, FFT, bands, LOW_HZ, HIGH_HZ)).float()
