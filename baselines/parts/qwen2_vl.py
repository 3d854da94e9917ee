"""Qwen2-VL: a chat model that sees a picture."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import GenerationConfig, Qwen2VLForConditionalGeneration

from sightsound.baselines.parts.captioners import Picture
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

BATCH = 4  # pictures in one forward pass
MIN_PIXELS, MAX_PIXELS = 56 * 56, 1280 * 28 * 28  # at most 1,280 tokens a picture; the checkpoint's own is 16,384
SLIMMEST = 200  # longer side over shorter side; the published preprocessor refuses more
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)  # of CLIP, in the checkpoint's preprocessor_config.json
CAPTION = "Describe this image in one sentence."  # ours: nothing is published
TURNS = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n<|vision_start|>{picture}<|vision_end|>{text}<|im_end|>\n<|im_start|>assistant\n"
)
"""A conversation as the checkpoint's chat template writes it."""


class Qwen2VL:
    """Qwen2-VL through transformers, the likeliest tokens; bfloat16 on CUDA, else float32."""

    def __init__(self, device: str, folder: Path, max_new_tokens: int = 96) -> None:
        self.device = torch.device(device)
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        model: Any = Qwen2VLForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(self.dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.text_config.vocab_size)
        vision = model.config.vision_config
        self.patch, self.merge = int(vision.patch_size), int(vision.spatial_merge_size)
        self.frames = int(vision.temporal_patch_size)
        self.image_token = int(model.config.image_token_id)
        # the checkpoint's own sampling settings would be mixed into ours
        self.model.generation_config = GenerationConfig(
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=model.generation_config.eos_token_id or self.tokenizer.eos_token_id,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        # later 5.x want to be told which tokens are a picture's, earlier ones find out
        self.tells_types = (
            "mm_token_type_ids" in inspect.signature(Qwen2VLForConditionalGeneration.forward).parameters
        )

    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """See sightsound.baselines.parts.captioners.Captioner."""
        return self.ask(pictures, [CAPTION] * len(pictures))

    @torch.inference_mode()
    def ask(self, pictures: Sequence[Picture], texts: Sequence[str]) -> list[str]:
        """The answer to each text about its picture, in order, on one line. ValueError for a picture more than
        200 times as long as wide."""
        answers: list[str] = []
        for start in range(0, len(pictures), BATCH):
            parts = [
                patches(each, self.patch, self.merge, self.frames) for each in pictures[start : start + BATCH]
            ]
            ids, mask = self._tokens(texts[start : start + BATCH], [grid for _, grid in parts])
            told = {"mm_token_type_ids": (ids == self.image_token).int()} if self.tells_types else {}
            pixels = torch.from_numpy(np.concatenate([values for values, _ in parts]))
            output = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                pixel_values=pixels.to(self.device, self.dtype),
                image_grid_thw=torch.tensor([(1, *grid) for _, grid in parts], device=self.device),
                **told,
            )
            answers += self.tokenizer.batch_decode(output[:, ids.shape[1] :], skip_special_tokens=True)
        return [" ".join(answer.split()) for answer in answers]

    def _tokens(self, texts: Sequence[str], grids: Sequence[tuple[int, int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask `[texts, length]`, padded on the left; a token for each square of merge x merge patches."""
        rows = []
        for text, (high, wide) in zip(texts, grids, strict=True):
            before, between, after = (
                self.tokenizer(part, add_special_tokens=False)["input_ids"] for part in re.split(r"{.*?}", TURNS)
            )
            # what looks like a mark of the conversation in somebody's text is only text
            said = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
            picture = [self.image_token] * (high * wide // self.merge**2)
            rows.append([*before, *picture, *between, *said, *after])
        width = max(map(len, rows))
        ids = [[self.tokenizer.pad_token_id] * (width - len(row)) + row for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)


def size(height: int, width: int, step: int) -> tuple[int, int]:
    """Height and width that a picture is scaled to: whole steps, near its proportions, MIN_PIXELS to MAX_PIXELS in
    all. The rule of the published preprocessor (Qwen2-VL, arXiv:2409.12191). ValueError for one too slim."""
    if max(height, width) > SLIMMEST * min(height, width):
        raise ValueError(
            f"a picture of {width} x {height} pixels is too slim for Qwen2-VL (at most 1 : {SLIMMEST})"
        )
    high, wide = round(height / step) * step, round(width / step) * step
    if high * wide > MAX_PIXELS:
        shrink = math.sqrt(height * width / MAX_PIXELS)
        return tuple(max(step, math.floor(side / shrink / step) * step) for side in (height, width))  # type: ignore[return-value]
    if high * wide < MIN_PIXELS:
        grow = math.sqrt(MIN_PIXELS / (height * width))
        return tuple(math.ceil(side * grow / step) * step for side in (height, width))  # type: ignore[return-value]
    return high, wide


def patches(picture: Picture, patch: int, merge: int, frames: int) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """`[patches, 3 x frames x patch x patch]` and the grid (rows, columns) of patches.

    Scaled by bicubic interpolation, 0..1, minus the mean, over the standard deviation; the patches of each square
    of merge x merge one after another, the still picture standing for all frames.
    """
    height, width = size(picture.shape[0], picture.shape[1], patch * merge)
    scaled = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
    values = (
        (np.asarray(scaled, np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    ).transpose(2, 0, 1)
    high, wide = height // patch, width // patch
    squares = values.reshape(3, high // merge, merge, patch, wide // merge, merge, patch)
    ordered = squares.transpose(1, 4, 2, 5, 0, 3, 6)  # square row, square column, row, column, colour, y, x
    repeated = np.repeat(ordered[:, :, :, :, :, None], frames, axis=5)
    return repeated.reshape(high * wide, -1).astype(np.float32, copy=False), (high, wide)
