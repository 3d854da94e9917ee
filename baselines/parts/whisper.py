"""Music to words: Whisper, as transformers has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

RATE_HZ = 16000
WINDOW_S = 30  # what Whisper hears at once
BATCH = 8  # windows in one forward pass


class Whisper:
    """A Whisper checkpoint, greedy, in the language that it hears; float16 on CUDA, else float32."""

    def __init__(self, device: str, folder: Path) -> None:
        self.device = torch.device(device)
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        model: Any = WhisperForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(self.dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.vocab_size)
        self.features = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)

    def transcribe(self, clips: Sequence[NDArray[np.float32]]) -> list[str]:
        """The words of each clip, mono at `RATE_HZ`; empty where none are heard. Long clips by windows of 30 s,
        one after another, each on its own."""
        size = WINDOW_S * RATE_HZ
        windows = [
            (place, clip[at : at + size]) for place, clip in enumerate(clips) for at in range(0, len(clip), size)
        ]
        heard: list[list[str]] = [[] for _ in clips]
        for start in range(0, len(windows), BATCH):
            some = windows[start : start + BATCH]
            for (place, _), text in zip(some, self._words([clip for _, clip in some]), strict=True):
                heard[place].append(text)
        return [" ".join(filter(None, texts)) for texts in heard]

    @torch.inference_mode()
    def _words(self, windows: Sequence[NDArray[np.float32]]) -> list[str]:
        heard = self.features(
            list(windows), sampling_rate=RATE_HZ, return_tensors="pt", return_attention_mask=True
        )
        tokens = self.model.generate(
            heard.input_features.to(self.device, self.dtype),
            attention_mask=heard.attention_mask.to(self.device),
            do_sample=False,
            num_beams=1,
            task="transcribe",
        )
        return [" ".join(text.split()) for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]
