"""Stable Diffusion 2.1 through diffusers: pictures for prompts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.options import positive
from sightsound.baselines.parts.tokenizer import cut

STEPS = 50
GUIDANCE = 7.5
"""The defaults of the pipeline; the thesis that uses it names no others."""


class StableDiffusion:
    """RGB uint8 `[height, width, 3]` of each prompt, in the checkpoint's own size (768 x 768 for 2.1).

    Each picture begins from its own seed's noise; the checkpoint's scheduler adds none. The safety checker, which
    the published 2.1 does not have, is left out.
    """

    def __init__(
        self, device: str, folder: Path, steps: int = STEPS, guidance: float = GUIDANCE, **parts: Any
    ) -> None:
        """`parts`: what stands in for a part of the checkpoint, e.g. another `unet`."""
        self.pipeline = diffusion.load(
            "StableDiffusionPipeline", folder, device, safety_checker=None, feature_extractor=None, **parts
        )
        self.steps, self.guidance = steps, guidance
        self.length = int(self.pipeline.text_encoder.config.max_position_embeddings)

    def cut(self, prompt: str) -> str:
        """What CLIP's text encoder reads of it."""
        return cut(self.pipeline.tokenizer, prompt, self.length)

    def generate(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[NDArray[np.uint8]]:
        """Pictures, in order."""
        return self.pictures(seeds, prompt=list(prompts))

    @torch.inference_mode()
    def pictures(self, seeds: Sequence[int], **conditions: Any) -> list[NDArray[np.uint8]]:
        """A picture a seed; `conditions`: the pipeline's own arguments, prompts or embeddings of them."""
        pictures = self.pipeline(
            **conditions,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            generator=diffusion.generators(seeds),
            output_type="np",
        ).images
        return [np.rint(picture * 255).clip(0, 255).astype(np.uint8) for picture in pictures]


def settings(steps: int | str, guidance: float | str) -> tuple[int, float]:
    """The user's numbers. ValueError, naming the one that is not positive."""
    return positive("steps", steps, int), positive("guidance", guidance, float)
