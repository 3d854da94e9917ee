"""MusicGen through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    AutoConfig,
    LogitsProcessorList,
    MusicgenForConditionalGeneration,
    MusicgenMelodyForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from sightsound.baselines.parts.musicgen_steps import Decoder
from sightsound.baselines.parts.recorded import pays
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.baselines.parts.tokenizer import cut, load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype

GUIDANCE = 3.0
TOP_K = 250
LONGEST = 512  # tokens of a prompt: the length that T5 was trained with
CLASSES: dict[str, Any] = {
    "musicgen": MusicgenForConditionalGeneration,
    "musicgen_melody": MusicgenMelodyForConditionalGeneration,  # without a melody, as its authors allow
}


class Generator(Protocol):
    """Music for prompts."""

    rate_hz: int

    def generate(
        self, prompts: Sequence[str], seeds: Sequence[int], seconds: float
    ) -> Sequence[NDArray[np.floating[Any]]]:
        """Samples in -1..1, `[channels, samples]`, of each prompt, in order."""
        ...


class MusicGen:
    """MusicGen through transformers: sampling from the 250 likeliest tokens at temperature 1, guidance 3 where the
    caller says no other. float32, as the authors of the systems that use it load it.

    Every example draws with its own seed (see SeededChoice); the neighbours in the batch change a result only
    through the rounding of the matrix products.
    """

    def __init__(
        self,
        device: str,
        folder: Path | None,
        guidance: float = GUIDANCE,
        model: Any = None,
        recorded: bool = True,
    ) -> None:
        """From a folder of the hub, or with its tokenizer and a network that has its weights from elsewhere; with
        no folder for `generate_from` alone.

        `recorded`: whether steps are recorded where that pays (baselines/parts/recorded.py)."""
        if model is None:
            assert folder is not None
            kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
            if kind not in CLASSES:
                raise ValueError(f"{folder}: a {kind}, no MusicGen; fetch it again")
            model = CLASSES[kind].from_pretrained(
                folder, local_files_only=True, use_safetensors=True, **in_dtype(torch.float32)
            )
        self.device = torch.device(device)
        self.model = model.to(self.device).eval()
        self.tokenizer: Any = (
            None if folder is None else load_tokenizer(folder, model.config.text_encoder.vocab_size)
        )
        self.rate_hz = int(model.config.audio_encoder.sampling_rate)
        self.books = int(model.config.decoder.num_codebooks)
        self.guidance = guidance
        self.prefixed = model.config.model_type == "musicgen_melody"
        plain = not self.prefixed and model.config.decoder.audio_channels == 1
        self.steps = Decoder(model) if plain and recorded and pays(self.device) else None
        """None: transformers' own loop."""

    def cut(self, prompt: str) -> str:
        """The prompt's first 512 tokens; with more T5 reads on, but was never taught to."""
        return cut(self.tokenizer, prompt, LONGEST)

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        seconds: float,
        longest: int | None = None,
        frames: int | None = None,
    ) -> list[NDArray[np.float32]]:
        """See Generator. `int(256 * seconds // 5)` steps, as the authors': 10 s ask for 512, which at 50 steps a
        second, less those that the delay between the codebooks takes, are 10.18 s; or just `frames` of 1/50 s, as
        AudioCraft counts. A prompt of more than `longest` tokens is cut."""
        if frames is not None:
            seconds = (frames + self.books - 1) * 5 / 256 + 1e-6
        if not self.prefixed:
            return self._from_texts(prompts, seeds, seconds, longest)
        # The melody kind reads the text in front of the music, so that padding would shift the music's positions:
        # only texts of the same length go together.
        lengths = [len(ids) for ids in self.tokenizer(list(prompts))["input_ids"]]
        made: dict[int, NDArray[np.float32]] = {}
        for length in sorted(set(lengths)):
            places = [place for place, other in enumerate(lengths) if other == length]
            chosen = ([prompts[place] for place in places], [seeds[place] for place in places])
            made |= zip(places, self._from_texts(*chosen, seconds, longest), strict=True)
        return [made[place] for place in range(len(lengths))]

    def _from_texts(
        self, prompts: Sequence[str], seeds: Sequence[int], seconds: float, longest: int | None
    ) -> list[NDArray[np.float32]]:
        inputs = self.tokenizer(
            list(prompts), padding=True, truncation=longest is not None, max_length=longest, return_tensors="pt"
        ).to(self.device)
        return self._run(seeds, seconds, input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])

    @torch.inference_mode()
    def generate_from(
        self, states: torch.Tensor, seeds: Sequence[int], seconds: float, mask: torch.Tensor | None = None
    ) -> list[NDArray[np.float32]]:
        """Music for what stands in for the text encoder's states, `[examples, tokens, text width]`, all of which
        are heard unless a `mask` `[examples, tokens]` of 0 and 1 says otherwise."""
        states = states.to(self.device, self.model.dtype)
        mask = torch.ones(states.shape[:2], dtype=torch.int64) if mask is None else mask
        mask = mask.to(self.device)
        if self.guidance > 1:  # generate adds the unconditional half to texts only
            states, mask = (torch.cat([part, torch.zeros_like(part)]) for part in (states, mask))
        return self._run(
            seeds,
            seconds,
            input_ids=torch.zeros(
                (len(seeds), 1), dtype=torch.int64, device=self.device
            ),  # says how many; not read
            encoder_outputs=BaseModelOutput(last_hidden_state=states),
            attention_mask=mask,
        )

    def _run(self, seeds: Sequence[int], seconds: float, **inputs: Any) -> list[NDArray[np.float32]]:
        choice = SeededChoice(seeds, self.device, top_k=TOP_K, rows=self.books, guidance=self.guidance)
        length = int(256 * seconds // 5)
        if self.steps is not None:
            codes = self.steps.generate(*self._told(**inputs), length, choice.pick, self.guidance > 1)
            audio = self.model.audio_encoder.decode(codes[None], audio_scales=[None] * len(codes)).audio_values
        else:
            audio = self.model.generate(
                **inputs,
                do_sample=False,  # `choice` does it
                guidance_scale=self.guidance,
                max_new_tokens=length,
                logits_processor=LogitsProcessorList([choice]),
            )
        return list(audio.float().cpu().numpy())

    def _told(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, encoder_outputs: Any = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the decoder attends to, `[rows, tokens, width]`, and its mask; with guidance the half that is told
        nothing behind the other."""
        if encoder_outputs is None:
            states = self.model.text_encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if self.guidance > 1:
                states, attention_mask = (
                    torch.cat([part, torch.zeros_like(part)]) for part in (states, attention_mask)
                )
        else:
            states = encoder_outputs.last_hidden_state
        if self.model.config.text_encoder.hidden_size != self.model.config.decoder.hidden_size:
            states = self.model.enc_to_dec_proj(states)
        return states * attention_mask[..., None], attention_mask
