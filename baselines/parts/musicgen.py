"""MusicGen through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessorList, MusicgenForConditionalGeneration

from baselines.parts.sampling import SeededChoice
from baselines.parts.tokenizer import load_tokenizer

GUIDANCE = 3.0
TOP_K = 250


class Generator(Protocol):
    """Music for prompts."""

    rate_hz: int

    def generate(
        self, prompts: Sequence[str], seeds: Sequence[int], seconds: float
    ) -> Sequence[NDArray[np.floating[Any]]]:
        """Samples in -1..1, `[channels, samples]`, of each prompt, in order."""
        ...


class MusicGen:
    """MusicGen through transformers with the settings that the authors' call gets: sampling from the 250 likeliest
    tokens at temperature 1, guidance 3. float32, as the authors load it.

    Every example draws with its own seed (see SeededChoice); the neighbours in the batch change a result only
    through the rounding of the matrix products.
    """

    def __init__(self, device: str, folder: Path) -> None:
        model: Any = MusicgenForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        self.device = torch.device(device)
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.text_encoder.vocab_size)
        self.rate_hz = int(model.config.audio_encoder.sampling_rate)
        self.books = int(model.config.decoder.num_codebooks)

    @torch.inference_mode()
    def generate(self, prompts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Generator. `int(256 * seconds // 5)` steps, as the authors': 10 s ask for 512, which at 50 steps a
        second, less those that the delay between the codebooks takes, are 10.18 s."""
        inputs = self.tokenizer(list(prompts), padding=True, return_tensors="pt").to(self.device)
        choice = SeededChoice(seeds, self.device, top_k=TOP_K, rows=self.books, guidance=GUIDANCE)
        audio = self.model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            do_sample=False,  # `choice` does it
            guidance_scale=GUIDANCE,
            max_new_tokens=int(256 * seconds // 5),
            logits_processor=LogitsProcessorList([choice]),
        )
        return list(audio.float().cpu().numpy())
