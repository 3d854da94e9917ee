"""The two music generators of M2UGen, each run as the released code runs it or as the paper describes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import GenerationConfig, MusicgenConfig, MusicgenForConditionalGeneration

from sightsound.baselines.m2ugen.layout import GENERATOR, Checkpoint
from sightsound.baselines.m2ugen.projector import audioldm2_conditioning, conditioning
from sightsound.baselines.parts.audioldm2 import STEPS, AudioLdm2
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.metrics.networks.common.pretrained import in_dtype

GUIDANCE = 3.5  # of both generators
TEXT_TOKENS = 128  # to which the authors pad or cut the text for MusicGen
CANDIDATES = 3  # waveforms of AudioLDM2 that are ranked
NEGATIVE = "Low quality."


class Music(Protocol):
    """What M2UGen asks of a generator."""

    rate_hz: int

    def from_texts(
        self, texts: Sequence[str], seeds: Sequence[int], seconds: float
    ) -> list[NDArray[np.floating[Any]]]:
        """As released: music for the decoded texts."""
        ...

    def from_projected(
        self, projected: Tensor, seeds: Sequence[int], seconds: float
    ) -> list[NDArray[np.floating[Any]]]:
        """As in the paper: music for what the output projector made."""
        ...


def empty_musicgen(folder: Path) -> Callable[[], nn.Module]:
    """Builds the network that the folder's config.json describes."""
    config = MusicgenConfig.from_pretrained(folder, local_files_only=True)
    return lambda: MusicgenForConditionalGeneration(config)


class FromMusicGen:
    """MusicGen with the weights of M2UGen's checkpoint; tokenizer and settings from the hub's folder."""

    def __init__(self, device: str, folder: Path, checkpoint: Checkpoint, recorded: bool = True) -> None:
        filled = checkpoint.part(empty_musicgen(folder), f"{GENERATOR}.", "cpu").state_dict()
        state = {name: value for name, value in filled.items() if not value.is_meta}  # positions are computed
        model: Any = MusicgenForConditionalGeneration.from_pretrained(
            None, config=MusicgenConfig.from_pretrained(folder), state_dict=state, **in_dtype(torch.float32)
        )
        model.generation_config = GenerationConfig.from_pretrained(folder, local_files_only=True)
        self._music = MusicGen(device, folder, GUIDANCE, model, recorded)
        self.rate_hz = self._music.rate_hz

    def from_texts(self, texts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Music."""
        return self._music.generate(texts, seeds, seconds, longest=TEXT_TOKENS)

    def from_projected(self, projected: Tensor, seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Music."""
        return self._music.generate_from(conditioning(projected), seeds, seconds)


class FromAudioLdm2:
    """AudioLDM2 from the hub's folder; M2UGen's checkpoint holds none."""

    def __init__(self, device: str, folder: Path, steps: int = STEPS, waveforms: int = CANDIDATES) -> None:
        self._music = AudioLdm2(device, folder, NEGATIVE, steps, GUIDANCE, waveforms)
        self.rate_hz = self._music.rate_hz

    def from_texts(self, texts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Music."""
        return self._music.generate(texts, seeds, seconds)

    def from_projected(self, projected: Tensor, seeds: Sequence[int], seconds: float) -> list[NDArray[np.float32]]:
        """See Music."""
        states = audioldm2_conditioning(projected, self._music.t5_width, self._music.gpt2_width)
        return self._music.generate_from(*states, seeds, seconds)
