"""Pictures to sentences: BLIP, and the labels of EfficientNet-Lite0."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import BlipForConditionalGeneration

from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

Picture = NDArray[np.uint8]
"""RGB, `[height, width, 3]`."""

BATCH = 16  # pictures in one forward pass; a video has 25 frames or more

SURE = 0.05  # least probability of a second or third label
NEAR = 1 / 3  # of the first label's probability, the same
DARK, BRIGHT = 80, 160  # mean luma, of 255


class Captioner(Protocol):
    """One sentence a picture."""

    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """Sentences, in order; each depends on its own picture only."""
        ...


class Blip:
    """BLIP captions through transformers; float16 on CUDA as in the code of those who use it, else float32."""

    def __init__(self, device: str, folder: Path, decoding: Mapping[str, Any]) -> None:
        self.device = torch.device(device)
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        model: Any = BlipForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(self.dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.text_config.vocab_size)
        self.decoding = dict(decoding, do_sample=False)
        self.scaling = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))

    @torch.inference_mode()
    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """See Captioner."""
        captions: list[str] = []
        for start in range(0, len(pictures), BATCH):
            pixels = np.stack([self._pixels(picture) for picture in pictures[start : start + BATCH]])
            tokens = self.model.generate(
                pixel_values=torch.from_numpy(pixels).to(self.device, self.dtype), **self.decoding
            )
            captions += self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(caption.split()) for caption in captions]

    @torch.inference_mode()
    def caption_from(self, pictures: Sequence[Picture], words: Sequence[str]) -> list[str]:
        """Sentences that begin with the given word or words, in order.

        Beginnings of as many tokens go together: padding between a beginning and its sentence would be read."""
        rows = [self.tokenizer(begin)["input_ids"] for begin in words]
        captions = [""] * len(rows)
        for length in sorted({len(row) for row in rows}):
            places = [place for place, row in enumerate(rows) if len(row) == length]
            for start in range(0, len(places), BATCH):
                part = places[start : start + BATCH]
                pixels = np.stack([self._pixels(pictures[place]) for place in part])
                ids = torch.tensor([rows[place] for place in part], device=self.device)
                tokens = self.model.generate(
                    pixel_values=torch.from_numpy(pixels).to(self.device, self.dtype),
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    **self.decoding,
                )
                said = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
                for place, caption in zip(part, said, strict=True):
                    captions[place] = " ".join(caption.split())
        return captions

    def _pixels(self, picture: Picture) -> NDArray[np.float32]:
        """`[3, side, side]` as the checkpoint's preprocessor makes it, here without torchvision: whole picture to
        the square by bicubic interpolation, 0..1, minus the mean, over the standard deviation."""
        size = self.scaling["size"]
        side = (size["width"], size["height"]) if isinstance(size, dict) else (size, size)
        small = Image.fromarray(picture).resize(side, Image.Resampling.BICUBIC)
        values = np.asarray(small) / 255 - np.asarray(self.scaling["image_mean"])
        return (values / np.asarray(self.scaling["image_std"])).transpose(2, 0, 1).astype(np.float32)


class Labels:
    """`a dark picture of alp and valley`: the likeliest ImageNet classes, and the light where it is unusual.

    The classes are things that were photographed; of a painted dragon they know little.
    """

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        from sightsound.metrics.networks.pocket import efficientnet

        self.network = efficientnet.load(weights, device)
        self.names = efficientnet.class_names(weights["efficientnet_lite0"])

    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """See Captioner."""
        features = self.network(pictures)
        return [
            sentence(softmax(feature["logits"][0]), self.names, picture)
            for feature, picture in zip(features, pictures, strict=True)
        ]


def sentence(probabilities: NDArray[np.floating[Any]], names: Sequence[str], picture: Picture) -> str:
    """`a [dark|bright] picture of X[, Y and Z]`: the first name of the likeliest class, and of up to two more
    whose probability is at least 0.05 and a third of the first's. Dark and bright: mean luma (Rec. 601) of a
    uint8 RGB picture below 80 or above 160."""
    order = np.argsort(-probabilities, kind="stable")[:3]
    least = max(SURE, NEAR * float(probabilities[order[0]]))
    labels = [names[i].split(",")[0] for i in order if i == order[0] or probabilities[i] >= least]
    listed = " and ".join(part for part in (", ".join(labels[:-1]), labels[-1]) if part)
    luma = float(picture.reshape(-1, 3).mean(axis=0) @ np.array([0.299, 0.587, 0.114]))
    light = "dark " if luma < DARK else "bright " if luma > BRIGHT else ""
    return f"a {light}picture of {listed}"


def softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Probabilities of `[classes]` logits."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()
