"""Florence-2: one picture to a paragraph, through transformers' own class.

The repository that Microsoft published needs remote code; `florence-community` holds the same weights for the
class in transformers. Prompt and pixels are prepared here as its processor does it, without torchvision.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import Florence2ForConditionalGeneration

from sightsound.baselines.parts.captioners import Picture
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

TASK = "Describe with a paragraph what is shown in the image."
"""What the task <MORE_DETAILED_CAPTION> stands for."""
BATCH = 4


class Florence2:
    """See sightsound.baselines.parts.captioners.Captioner. float16 on CUDA, else float32."""

    def __init__(self, device: str, folder: Path, beams: int = 7, max_new_tokens: int = 1024) -> None:
        self.device = torch.device(device)
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        model: Any = Florence2ForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(self.dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.text_config.vocab_size)
        scaling = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
        self.size = (int(scaling["size"]["width"]), int(scaling["size"]["height"]))
        self.mean, self.std = (np.array(scaling[f"image_{name}"], np.float32) for name in ("mean", "std"))
        words = self.tokenizer(f"<s>{TASK}</s>", add_special_tokens=False)["input_ids"]
        self.ids = [int(model.config.image_token_id)] * int(scaling["image_seq_length"]) + words
        self.settings = {"num_beams": beams, "max_new_tokens": max_new_tokens, "do_sample": False}

    @torch.inference_mode()
    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """Paragraphs, in order; each depends on its own picture only."""
        captions: list[str] = []
        for start in range(0, len(pictures), BATCH):
            pixels = np.stack([self._pixels(picture) for picture in pictures[start : start + BATCH]])
            ids = torch.tensor([self.ids] * len(pixels), device=self.device)
            tokens = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                pixel_values=torch.from_numpy(pixels).to(self.device, self.dtype),
                **self.settings,
            )
            captions += self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(caption.split()) for caption in captions]

    def _pixels(self, picture: Picture) -> NDArray[np.float32]:
        """`[3, height, width]`: the whole picture to the square, bicubic, less the mean, by the deviation."""
        small = np.asarray(Image.fromarray(picture).resize(self.size, Image.Resampling.BICUBIC), np.float32)
        scaled: NDArray[np.float32] = ((small / np.float32(255) - self.mean) / self.std).transpose(2, 0, 1)
        return scaled
