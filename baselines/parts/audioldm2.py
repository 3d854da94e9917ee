"""AudioLDM2 through diffusers (Liu et al. 2024, arXiv:2308.05734): music for sentences, or for what stands in for
their embeddings.

The pipeline of diffusers is given what it needs under transformers 5, GPT2LMHeadModel above all, and is kept
from letting examples of one batch change each other: it would pad a sentence to its longest neighbour before
GPT-2 reads it, and rank an example's waveforms among those of all. So only sentences of as many tokens are encoded
together, latents are drawn with each example's own seed, and the ranking is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.tokenizer import cut
from sightsound.metrics.networks.common.pretrained import in_dtype

GUIDANCE = 3.5
STEPS = 200
CLAP_HZ = 48000
CLAP_SAMPLES = 10 * CLAP_HZ
HEARD = 8  # states that GPT-2 goes on with, for the UNet

Conditioning = tuple[Tensor, Tensor, Tensor]
"""T5 states `[1, tokens, 1024]`, their mask of 0 and 1 `[1, tokens]`, GPT-2 states `[1, 8, 768]`."""


class AudioLdm2:
    """DDIM from each example's own noise; float16 on CUDA, as its users run it, else float32."""

    def __init__(
        self,
        device: str,
        folder: Path,
        negative: str = "Low quality.",
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        waveforms: int = 1,
    ) -> None:
        """`folder` is in the hub's layout. Of `waveforms` a sentence the one is kept that CLAP finds nearest to
        it.

        ValueError where the folder is no such pipeline or lacks a file."""
        gpt2 = _gpt2(folder, torch.float16 if torch.device(device).type == "cuda" else torch.float32)
        self.pipe = pipe = diffusion.load("AudioLDM2Pipeline", folder, device, language_model=gpt2)
        self.device = torch.device(device)
        self.t5_width, self.gpt2_width = int(pipe.text_encoder_2.config.d_model), int(gpt2.config.n_embd)
        self.rate_hz = int(pipe.vocoder.config.sampling_rate)
        self.negative, self.steps, self.guidance, self.waveforms = negative, steps, guidance, waveforms

    def cut(self, prompt: str) -> str:
        """As much of the prompt as both CLAP's and T5's tokenizer take."""
        for tokenizer in (self.pipe.tokenizer, self.pipe.tokenizer_2):
            prompt = cut(tokenizer, prompt, int(tokenizer.model_max_length))
        return prompt

    @torch.inference_mode()
    def generate(self, prompts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """Samples `[1, samples]` of each prompt, in order; `seconds` long."""
        positive, negative = zip(*self._halves(prompts), strict=True)
        return self._run(positive, negative, seeds, seconds, self.waveforms, prompts)

    @torch.inference_mode()
    def generate_from(
        self,
        t5: Tensor,
        gpt2: Tensor,
        seeds: Sequence[int],
        seconds: float,
        waveforms: int = 1,
        negative_tokens: int | None = None,
    ) -> list[NDArray[np.float32]]:
        """Music for T5 states `[examples, tokens, 1024]`, all of which are heard, and GPT-2 states `[examples, 8,
        768]`: `[waveforms, samples]` of each, all given back for there is no sentence to rank by.

        The negative sentence is padded or cut to as many T5 tokens as there are states; before GPT-2 reads it, to
        `negative_tokens` where that is given."""
        mask = torch.ones(t5.shape[:2], dtype=torch.int64, device=self.device)
        dtype = self.pipe.unet.dtype
        given = [
            (t5[i : i + 1].to(self.device, dtype), mask[i : i + 1], gpt2[i : i + 1].to(self.device, dtype))
            for i in range(len(seeds))
        ]
        states, heard, generated = self._negative(t5.shape[1])
        if negative_tokens is not None:
            generated = self._negative(negative_tokens)[2]
        return self._run(given, [(states, heard, generated)] * len(given), seeds, seconds, waveforms, None)

    @torch.inference_mode()
    def hear(self, embeddings: Tensor) -> Tensor:
        """The states `[examples, 8, 768]` with which GPT-2 goes on after embeddings `[examples, tokens, 768]`."""
        mask = torch.ones(embeddings.shape[:2], dtype=torch.int64, device=self.device)
        given = embeddings.to(self.device, self.pipe.language_model.dtype)
        heard: Tensor = self.pipe.generate_language_model(given, attention_mask=mask, max_new_tokens=HEARD)
        return heard

    @torch.inference_mode()
    def read(self, sentence: str) -> Tensor:
        """T5's states of a sentence, `[1, tokens, 1024]`."""
        words = self.pipe.tokenizer_2(sentence, truncation=True, return_tensors="pt").to(self.device)
        states: Tensor = self.pipe.text_encoder_2(**words)[0]
        return states

    def _halves(self, prompts: Sequence[str]) -> list[tuple[Conditioning, Conditioning]]:
        """What each sentence says, and the negative one, which diffusers pads to as many tokens."""
        lengths = [len(self.pipe.tokenizer_2(prompt, truncation=True)["input_ids"]) for prompt in prompts]
        found: dict[int, tuple[Conditioning, Conditioning]] = {}
        for length in sorted(set(lengths)):
            places = [place for place, other in enumerate(lengths) if other == length]
            both = self.pipe.encode_prompt(
                [prompts[place] for place in places],
                self.device,
                1,
                True,
                negative_prompt=[self.negative] * len(places),
                max_new_tokens=HEARD,
            )
            rows = list(zip(*(part.split(1) for part in both), strict=True))  # the negative ones come first
            found |= zip(places, zip(rows[len(places) :], rows[: len(places)], strict=True), strict=True)
        return [found[place] for place in range(len(prompts))]

    def _negative(self, tokens: int) -> Conditioning:
        """The negative sentence beside embeddings of so many tokens."""
        states = torch.zeros((1, tokens, self.t5_width), device=self.device)
        generated = torch.zeros((1, HEARD, self.gpt2_width), device=self.device)
        mask = torch.ones((1, tokens), dtype=torch.int64, device=self.device)
        both = self.pipe.encode_prompt(
            "",  # not read; diffusers wants it of the same type as the negative one
            self.device,
            1,
            True,
            negative_prompt=self.negative,
            prompt_embeds=states,
            attention_mask=mask,
            generated_prompt_embeds=generated,
            max_new_tokens=HEARD,
        )
        return both[0][:1], both[1][:1], both[2][:1]

    def _run(
        self,
        positive: Sequence[Conditioning],
        negative: Sequence[Conditioning],
        seeds: Sequence[int],
        seconds: float,
        count: int,
        prompts: Sequence[str] | None,
    ) -> list[NDArray[np.float32]]:
        """`[count, samples]` of each example, or of those the one waveform that is nearest to its prompt."""
        (t5, mask, gpt2), (no_t5, no_mask, no_gpt2) = _stacked(positive), _stacked(negative)
        latents = torch.cat([self._latents(own, count, seconds) for own in diffusion.generators(seeds)])
        audio = self.pipe(
            audio_length_in_s=seconds,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            num_waveforms_per_prompt=count,
            latents=latents,
            prompt_embeds=t5,
            attention_mask=mask,
            generated_prompt_embeds=gpt2,
            negative_prompt_embeds=no_t5,
            negative_attention_mask=no_mask,
            negative_generated_prompt_embeds=no_gpt2,
            output_type="np",
        ).audios.astype(np.float32)
        groups = audio.reshape(len(seeds), count, -1)
        if prompts is None or count == 1:
            return list(groups)
        return [
            group[best : best + 1] for group, best in zip(groups, map(self._nearest, prompts, groups), strict=True)
        ]

    def _latents(self, generator: torch.Generator, count: int, seconds: float) -> Tensor:
        """`[count, channels, frames / scale, mels / scale]` of noise; frames rounded up as the pipeline does."""
        vocoder, scale = self.pipe.vocoder.config, self.pipe.vae_scale_factor
        frames = int(seconds * self.rate_hz / np.prod(vocoder.upsample_rates))
        shape = (count, self.pipe.unet.config.in_channels, -(-frames // scale), vocoder.model_in_dim // scale)
        return torch.randn(shape, generator=generator).to(self.device, self.pipe.unet.dtype)

    def _nearest(self, prompt: str, waveforms: NDArray[np.float32]) -> int:
        """Which of `[waveforms, samples]` CLAP finds nearest to the sentence."""
        words = self.pipe.tokenizer(prompt, return_tensors="pt", padding=True, truncation=True).to(self.device)
        wide = [soxr.resample(wave, self.rate_hz, CLAP_HZ, quality="HQ") for wave in waveforms]
        begun = [wave[:CLAP_SAMPLES] for wave in wide]  # of a longer one its extractor takes a part at random
        heard = self.pipe.feature_extractor(begun, return_tensors="pt", sampling_rate=CLAP_HZ)
        dtype = self.pipe.text_encoder.dtype
        scores = self.pipe.text_encoder(
            input_ids=words["input_ids"],
            attention_mask=words["attention_mask"],
            input_features=heard["input_features"].to(self.device, dtype),
        ).logits_per_text
        return int(scores[0].argmax())


def _gpt2(folder: Path, dtype: torch.dtype) -> Any:
    """The published language_model, a GPT2Model, with the head that the loop of diffusers asks for, unread."""
    from transformers import GPT2LMHeadModel

    place = folder / "language_model"
    try:
        return GPT2LMHeadModel.from_pretrained(
            place, local_files_only=True, use_safetensors=True, **in_dtype(dtype)
        )
    except (OSError, ValueError) as error:
        raise ValueError(f"{place}: no GPT-2 could be read ({' '.join(str(error).split())[:200]})") from error


def _stacked(parts: Sequence[Conditioning]) -> Conditioning:
    """One batch, the T5 states padded at the end to the longest; padding has the mask 0."""
    longest = max(part[0].shape[1] for part in parts)
    states = [torch.nn.functional.pad(t5, (0, 0, 0, longest - t5.shape[1])) for t5, _, _ in parts]
    masks = [torch.nn.functional.pad(mask, (0, longest - mask.shape[1])) for _, mask, _ in parts]
    return torch.cat(states), torch.cat(masks), torch.cat([gpt2 for _, _, gpt2 in parts])
