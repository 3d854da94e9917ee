"""A language model that goes on from a text, without a chat template: greedy, batched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype


class Completion:
    """The likeliest continuation, `max_length` tokens long with the text it goes on from.

    bfloat16 on CUDA, else float32.
    """

    def __init__(self, device: str, folder: Path, max_length: int, repetition_penalty: float = 1.0) -> None:
        self.device = torch.device(device)
        dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.vocab_size)
        self.max_length = max_length
        self.settings = {
            "do_sample": False,
            "repetition_penalty": repetition_penalty,
            "eos_token_id": self.tokenizer.eos_token_id,
            "pad_token_id": self.tokenizer.eos_token_id,  # behind answers that end early; cut off again
        }

    @torch.inference_mode()
    def complete(self, texts: Sequence[str]) -> list[str]:
        """What follows each text, in order; nothing where the text alone has `max_length` tokens or more.

        Texts of one length go together: the limit counts the text, and a repetition penalty counts its tokens,
        of which padding must be none."""
        rows = [self.tokenizer(text)["input_ids"] for text in texts]
        answers = [""] * len(rows)
        for length in sorted({len(row) for row in rows if len(row) < self.max_length}):
            places = [place for place, row in enumerate(rows) if len(row) == length]
            made = self.model.generate(
                input_ids=torch.tensor([rows[place] for place in places], device=self.device),
                attention_mask=torch.ones((len(places), length), dtype=torch.int64, device=self.device),
                generation_config=GenerationConfig(**self.settings, max_new_tokens=self.max_length - length),
            )
            said = self.tokenizer.batch_decode(made[:, length:], skip_special_tokens=True)
            for place, text in zip(places, said, strict=True):
                answers[place] = text.strip()
        return answers
