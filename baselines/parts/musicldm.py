"""MusicLDM through diffusers: CLAP's sentence vector guides a latent diffusion of 16 kHz mel spectrograms.

The pipeline (diffusers, `pipelines/deprecated/musicldm`) expects of CLAP a tensor where transformers 5 gives an
object, so the sentences are embedded here and handed over as vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.tokenizer import cut

STEPS = 200
GUIDANCE = 2.0
"""The defaults of the authors' pipeline."""


class MusicLDM:
    """See baselines.parts.prompted.Generator. Each sample begins from its own seed's noise; DDIM adds none."""

    def __init__(self, device: str, folder: Path, steps: int = STEPS, guidance: float = GUIDANCE) -> None:
        self.pipeline = diffusion.load("MusicLDMPipeline", folder, device)
        self.steps, self.guidance = steps, guidance
        self.rate_hz = int(self.pipeline.vocoder.config.sampling_rate)
        self.length = int(self.pipeline.tokenizer.model_max_length)

    def cut(self, prompt: str) -> str:
        """What CLAP's text encoder reads of it."""
        return cut(self.pipeline.tokenizer, prompt, self.length)

    @torch.inference_mode()
    def generate(self, prompts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Generator."""
        audio = self.pipeline(
            prompt_embeds=self._embed(list(prompts)),
            negative_prompt_embeds=self._embed([""] * len(prompts)),
            audio_length_in_s=seconds,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            generator=diffusion.generators(seeds),
        ).audios
        return [np.asarray(clip, np.float32)[None] for clip in audio]

    def _embed(self, texts: list[str]) -> Tensor:
        """`[texts, 512]`."""
        tokens = self.pipeline.tokenizer(
            texts, padding="max_length", max_length=self.length, truncation=True, return_tensors="pt"
        ).to(self.pipeline.device)
        embedded: Tensor = self.pipeline.text_encoder.get_text_features(**tokens).pooler_output
        return embedded
