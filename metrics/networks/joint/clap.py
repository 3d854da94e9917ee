"""LAION-CLAP: music and sentences in one space of 512 dimensions.

Wu et al., ICASSP 2023, arXiv:2211.06687; github.com/LAION-AI/CLAP (laion_clap 1.1.7). The network is transformers'
ClapModel with the authors' checkpoints (clap_weights.py). The checkpoint decides rankings, so each has a name of
its own. Where laion_clap takes 10 s out of a longer clip at random, all of the clip is heard here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers.audio_utils import mel_filter_bank

from sightsound.metrics.networks.common.batching import checked_clip, checked_text
from sightsound.metrics.networks.common.pretrained import tokenizer_of
from sightsound.metrics.networks.joint.clap_weights import BASE, TINY, TINY_FUSION, load_model
from sightsound.metrics.networks.joint.projected import Projected

RATE_HZ = 48000
WINDOW = 480000  # samples, 10 s
FFT, HOP = 1024, 480  # samples
MELS = 64
LOW_HZ, HIGH_HZ = 50.0, 14000.0
FLOOR = 1e-10  # of a band's energy, before the logarithm
FULL_SCALE = 32767.0
TOKENS = 77
VOCABULARY = 50265
BATCH = {"cpu": 2, "cuda": 64}  # windows or texts in one forward pass

MUSIC = "music_audioset_epoch_15_esc_90.14.pt"
MUSIC_SPEECH = "music_speech_audioset_epoch_15_esc_89.98.pt"
GENERAL = "630k-audioset-best.pt"
GENERAL_FUSION = "630k-audioset-fusion-best.safetensors"
SIZES = {MUSIC: BASE, MUSIC_SPEECH: BASE, GENERAL: TINY, GENERAL_FUSION: TINY_FUSION}


def _loaders(asset: str, file: str) -> tuple[_Audio, _Texts]:
    """The factories of one checkpoint, for music and for sentences (with `roberta_tokenizer`)."""

    def audio(weights: Mapping[str, Path], device: str) -> ClapAudioExtractor:
        size = SIZES[file]
        return ClapAudioExtractor(load_model(weights[asset] / file, size), device, fusion=size.fusion)

    def text(weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
        tokenizer = load_tokenizer(weights["roberta_tokenizer"])
        return ClapTextExtractor(load_model(weights[asset] / file, SIZES[file]), tokenizer, device)

    return audio, text


def load_tokenizer(folder: Path) -> Any:
    """RoBERTa's tokenizer. ValueError if its vocabulary is not whole."""
    return tokenizer_of(folder, VOCABULARY)


class ClapAudioExtractor(Projected):
    """Takes mono clips at 48 kHz; `embedding` [windows, 512], unit vectors."""

    unit = True

    def __init__(self, model: Any, device: str, *, fusion: bool = False) -> None:
        """`fusion`: the model is one of the fusion checkpoints."""
        super().__init__(model.audio_model, model.audio_projection, device, BATCH)
        self._log_mel = LogMel(fusion=fusion).to(device)

    def _rows(self, clip: Any) -> NDArray[np.float32]:
        return windows(clip)

    def _pooled(self, rows: Tensor) -> Tensor:
        longer = torch.zeros(len(rows), 1, device=rows.device)  # no window is; only fusion models ask
        return self._tower(input_features=self._log_mel(rows), is_longer=longer).pooler_output


class ClapTextExtractor(Projected):
    """Takes sentences, of which the first 75 word pieces are read; `embedding` [1, 512], a unit vector."""

    unit = True

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        super().__init__(model.text_model, model.text_projection, device, BATCH)
        self._tokenizer = tokenizer

    def _rows(self, clip: Any) -> NDArray[np.int64]:
        text = checked_text(clip, "clap")
        ids = self._tokenizer(text, padding="max_length", truncation=True, max_length=TOKENS)
        return np.array([[ids["input_ids"], ids["attention_mask"]]], dtype=np.int64)

    def _pooled(self, rows: Tensor) -> Tensor:
        mask = rows[:, 1].clone()
        mask[:, 0] = 1  # the rows that only fill up a batch need a token to attend to
        return self._tower(input_ids=rows[:, 0], attention_mask=mask).pooler_output


_Audio = Callable[[Mapping[str, Path], str], ClapAudioExtractor]
_Texts = Callable[[Mapping[str, Path], str], ClapTextExtractor]

load_music_audio, load_music_text = _loaders("clap_music", MUSIC)
load_music_speech_audio, load_music_speech_text = _loaders("clap_music_speech", MUSIC_SPEECH)
load_630k_audio, load_630k_text = _loaders("clap_630k", GENERAL)
load_630k_fusion_audio, load_630k_fusion_text = _loaders("clap_630k_fusion", GENERAL_FUSION)


def windows(clip: NDArray[Any]) -> NDArray[np.float32]:
    """Windows of 10 s of a mono clip at 48 kHz, `[windows, 480000]`, rounded to 16 bits as laion_clap does.

    A shorter clip is repeated as often as it fits and then filled up with zeros (the authors' `repeatpad`). A
    longer one has as few windows as cover it, spread evenly from its start to its end.
    """
    audio = checked_clip(clip, "clap")
    audio = (np.clip(audio, -1, 1) * FULL_SCALE).astype(np.int16).astype(np.float32) / np.float32(FULL_SCALE)
    if len(audio) <= WINDOW:
        audio = np.tile(audio, WINDOW // len(audio))
        return np.pad(audio, (0, WINDOW - len(audio)))[None]
    count = -(-len(audio) // WINDOW)
    starts = np.rint(np.linspace(0, len(audio) - WINDOW, count)).astype(int)
    return np.stack([audio[start : start + WINDOW] for start in starts])


class LogMel(nn.Module):
    """`[windows, samples]` -> `[windows, 1, frames, 64]`: decibels of the power in mel bands.

    Slaney's bands of equal area; the fusion models have HTK's, of equal height.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, *, fusion: bool = False) -> None:
        super().__init__()
        scale, norm = ("htk", None) if fusion else ("slaney", "slaney")
        filters = mel_filter_bank(FFT // 2 + 1, MELS, LOW_HZ, HIGH_HZ, RATE_HZ, norm=norm, mel_scale=scale)
        self.register_buffer("window", torch.hann_window(FFT))
        self.register_buffer("filters", torch.from_numpy(filters).float())

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.stft(audio, FFT, HOP, window=self.window, pad_mode="reflect", return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        bands = power.transpose(1, 2) @ self.filters
        return 10 * bands.clamp(min=FLOOR).log10()[:, None]
