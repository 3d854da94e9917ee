"""LAION-CLAP: music and sentences in one space of 512 dimensions.

Wu et al., ICASSP 2023, arXiv:2211.06687; github.com/LAION-AI/CLAP (laion_clap 1.1.7). The network is transformers'
ClapModel with the authors' checkpoints (clap_weights.py). The checkpoint decides rankings, so each has a name of
its own. Where laion_clap takes 10 s out of a longer clip at random, all of the clip is heard here.
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
from transformers import AutoTokenizer
from transformers.audio_utils import mel_filter_bank

from sightsound.metrics.networks.common.batching import checked_clip, run_batches
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.networks.joint.clap_weights import BASE, TINY, TINY_FUSION, load_model

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
GENERAL = "630k-audioset-best.safetensors"
GENERAL_FUSION = "630k-audioset-fusion-best.safetensors"
SIZES = {MUSIC: BASE, MUSIC_SPEECH: BASE, GENERAL: TINY, GENERAL_FUSION: TINY_FUSION}


def load_music_audio(weights: Mapping[str, Path], device: str) -> ClapAudioExtractor:
    """music_audioset_epoch_15_esc_90.14 for music, from the asset `clap_music`."""
    return _audio(weights["clap_music"] / MUSIC, device)


def load_music_text(weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
    """music_audioset_epoch_15_esc_90.14 for sentences, from the assets `clap_music` and `roberta_tokenizer`."""
    return _text(weights["clap_music"] / MUSIC, weights, device)


def load_music_speech_audio(weights: Mapping[str, Path], device: str) -> ClapAudioExtractor:
    """music_speech_audioset_epoch_15_esc_89.98 for music, from the asset `clap_music_speech`."""
    return _audio(weights["clap_music_speech"] / MUSIC_SPEECH, device)


def load_music_speech_text(weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
    """music_speech_audioset_epoch_15_esc_89.98 for sentences."""
    return _text(weights["clap_music_speech"] / MUSIC_SPEECH, weights, device)


def load_630k_audio(weights: Mapping[str, Path], device: str) -> ClapAudioExtractor:
    """630k-audioset-best for music, from the asset `clap_630k`, converted to safetensors."""
    return _audio(weights["clap_630k"] / GENERAL, device)


def load_630k_text(weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
    """630k-audioset-best for sentences."""
    return _text(weights["clap_630k"] / GENERAL, weights, device)


def load_630k_fusion_audio(weights: Mapping[str, Path], device: str) -> ClapAudioExtractor:
    """630k-audioset-fusion-best for music, from the asset `clap_630k_fusion`, converted to safetensors."""
    return _audio(weights["clap_630k_fusion"] / GENERAL_FUSION, device)


def load_630k_fusion_text(weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
    """630k-audioset-fusion-best for sentences."""
    return _text(weights["clap_630k_fusion"] / GENERAL_FUSION, weights, device)


def _audio(path: Path, device: str) -> ClapAudioExtractor:
    size = SIZES[path.name]
    return ClapAudioExtractor(load_model(path, size), device, fusion=size.fusion)


def _text(path: Path, weights: Mapping[str, Path], device: str) -> ClapTextExtractor:
    tokenizer = load_tokenizer(weights["roberta_tokenizer"])
    return ClapTextExtractor(load_model(path, SIZES[path.name]), tokenizer, device)


def load_tokenizer(folder: Path) -> Any:
    """RoBERTa's tokenizer. ValueError if its vocabulary is not whole."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    # a tokenizer that doesn't find its files comes back with the five special tokens and no error
    if len(tokenizer) != VOCABULARY:
        raise ValueError(
            f"{folder} gives a vocabulary of {len(tokenizer)} tokens, not {VOCABULARY}: fetch it again"
        )
    return tokenizer


class ClapAudioExtractor:
    """See Extractor. Takes mono clips at 48 kHz."""

    def __init__(self, model: Any, device: str, *, fusion: bool = False) -> None:
        """`fusion`: the model is one of the fusion checkpoints."""
        self._tower = model.audio_model.to(device).eval()
        self._projection = model.audio_projection.to(device).eval()
        self._log_mel = LogMel(fusion=fusion).to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [windows, 512] of each clip, unit vectors."""
        return run_batches(self._forward, [windows(clip) for clip in clips], self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        longer = torch.zeros(len(audio), 1, device=audio.device)  # no window is; only fusion models ask
        pooled = self._tower(input_features=self._log_mel(audio), is_longer=longer).pooler_output
        return {"embedding": functional.normalize(self._projection(pooled), dim=-1)}


class ClapTextExtractor:
    """See Extractor. Takes sentences; only the first 75 word pieces are read."""

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._tower = model.text_model.to(device).eval()
        self._projection = model.text_projection.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 512] of each text, a unit vector. ValueError for what is no text or an empty one."""
        return run_batches(self._forward, [self._ids(text) for text in clips], self._batch, self._device)

    def _ids(self, text: Any) -> NDArray[np.int64]:
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"clap takes a text of at least one word, got {text!r}: leave it out")
        ids = self._tokenizer(text, padding="max_length", truncation=True, max_length=TOKENS)
        return np.array([[ids["input_ids"], ids["attention_mask"]]], dtype=np.int64)

    def _forward(self, ids: Tensor) -> dict[str, Tensor]:
        mask = ids[:, 1].clone()
        mask[:, 0] = 1  # the rows that only fill up a batch need a token to attend to
        pooled = self._tower(input_ids=ids[:, 0], attention_mask=mask).pooler_output
        return {"embedding": functional.normalize(self._projection(pooled), dim=-1)}


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
