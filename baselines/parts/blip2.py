"""BLIP-2: questions about pictures, answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import Blip2ForConditionalGeneration

from sightsound.baselines.parts.captioners import Picture
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

BATCH = 8  # pictures in one forward pass


class Blip2:
    """BLIP-2 through transformers, the likeliest tokens; float16 on CUDA, else float32.

    What is asked is given to the language model as it stands, behind the picture's query tokens. Its tokens for
    FLAN-T5 end with </s>, for OPT begin with </s>, as its own tokenizer makes them.
    """

    def __init__(self, device: str, folder: Path, max_new_tokens: int = 64) -> None:
        self.device = torch.device(device)
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        model: Any = Blip2ForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(self.dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.text_config.vocab_size)
        self.scaling = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
        if model.config.image_token_index is None:
            raise ValueError(
                f"{folder}/config.json: has no image_token_index; fetch a newer copy of the repository"
            )
        self.query = [int(model.config.image_token_index)] * int(model.config.num_query_tokens)
        self.max_new_tokens = max_new_tokens

    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """See sightsound.baselines.parts.captioners.Captioner: what it says when nothing is asked."""
        return self.ask(pictures, [""] * len(pictures))

    @torch.inference_mode()
    def ask(self, pictures: Sequence[Picture], questions: Sequence[str]) -> list[str]:
        """The answer to each question about its picture, in order, on one line."""
        answers: list[str] = []
        for start in range(0, len(pictures), BATCH):
            pixels = np.stack([self._pixels(picture) for picture in pictures[start : start + BATCH]])
            ids, mask = self._tokens(questions[start : start + BATCH])
            output = self.model.generate(
                pixel_values=torch.from_numpy(pixels).to(self.device, self.dtype),
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                num_beams=1,
                max_new_tokens=self.max_new_tokens,
            )
            if not self.model.config.text_config.is_encoder_decoder:
                output = output[:, ids.shape[1] :]  # a decoder gives what it was told back too
            answers += self.tokenizer.batch_decode(output, skip_special_tokens=True)
        return [" ".join(answer.split()) for answer in answers]

    def _tokens(self, questions: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask `[questions, length]`, padded on the left: where a decoder goes on writing."""
        rows = [self.query + list(self.tokenizer(question)["input_ids"]) for question in questions]
        width = max(map(len, rows))
        padding = self.tokenizer.pad_token_id
        ids = [[padding] * (width - len(row)) + row for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)

    def _pixels(self, picture: Picture) -> NDArray[np.float32]:
        """`[3, side, side]`: the whole picture to the square by bicubic interpolation, 0..1, minus the mean, over
        the standard deviation, as the checkpoint's preprocessor makes it."""
        size = self.scaling["size"]
        small = Image.fromarray(picture).resize((size["width"], size["height"]), Image.Resampling.BICUBIC)
        values = np.asarray(small) / 255 - np.asarray(self.scaling["image_mean"])
        return (values / np.asarray(self.scaling["image_std"])).transpose(2, 0, 1).astype(np.float32)
