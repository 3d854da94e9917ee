"""Picture -> ImageBind -> projection -> GPT-2 of AudioLDM 2 -> diffusion -> the best of the waveforms.

Rinaldi et al. 2024, arXiv:2410.04906; github.com/justivanr/art2mus_ at 21ab344 (no licence stated; read, not
copied). docs/models/art2mus.md says where the released code does something else than it means to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sightsound.baselines.art2mus.projection import ImageProjection, load
from sightsound.baselines.parts.audioldm2 import GUIDANCE, STEPS, AudioLdm2
from sightsound.baselines.parts.options import positive
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import MediaError, load_image
from sightsound.bench.core.types import Example, Generated, example_seed
from sightsound.metrics.networks.extractor import Extractor
from sightsound.metrics.networks.joint import imagebind, imagebind_audio, imagebind_network

SENTENCES = {  # the constants BASIC_, HISTORICAL_ and EMOTIONAL_DATASET_TEXT of art2mus_4_pipeline.py, as they are
    "default": "Music representing the content of this artwork",
    "historical": "Music representing the period and place of this artwork",
    "emotional": "Music that evokes the emotion () of this artwork",
}
NEGATIVE = "Low quality."  # DEFAULT_NEGATIVE_PROMPT of train_test_utils.py
CANDIDATES = 3  # of test_art2mus.py, the demo; training and evaluation make one
RELEASED_TOKENS = 1  # as many T5 tokens of the negative sentence does the released code let GPT-2 read: its end


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    sentence: str = "default"
    """Which of SENTENCES T5 reads."""
    negative: str = NEGATIVE
    """The sentence to keep away from."""
    seconds: float | str = 10.0
    """Length of the music."""
    steps: int | str = STEPS
    """Of DDIM."""
    guidance: float | str = GUIDANCE
    """Weight of what is asked for against the negative sentence; above 1 for any."""
    candidates: int | str = 1
    """Waveforms of which the one is kept that ImageBind finds nearest to the picture."""
    released: int | str = 0
    """1: GPT-2 reads the negative sentence as in the released code, cut to one T5 token."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        if self.sentence not in SENTENCES:
            raise ValueError(f"sentence: {self.sentence!r} is none of {', '.join(SENTENCES)}")
        if str(self.released) not in ("0", "1"):
            raise ValueError(f"released: {self.released!r} is neither 0 nor 1")
        for name, kind in (("seconds", float), ("steps", int), ("guidance", float), ("candidates", int)):
            object.__setattr__(self, name, positive(name, getattr(self, name), kind))


@dataclass(frozen=True)
class Parts:
    """The networks."""

    sees: Extractor
    """ImageBind's embedding of pictures."""
    hears: Extractor
    """ImageBind's embedding of music at 16 kHz."""
    projection: ImageProjection
    """The authors' own part."""
    music: AudioLdm2
    """AudioLDM 2."""


class Art2Mus:
    """The whole system."""

    def __init__(self, parts: Parts, options: Options) -> None:
        self.parts, self.options = parts, options
        self.sentence = SENTENCES[options.sentence]
        self._states = parts.music.read(self.sentence)

    @torch.inference_mode()
    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.core.types.Model. What is wrong with one example is its own error; the others go on."""
        pictures: dict[str, NDArray[np.uint8]] = {}
        for example in examples:
            try:
                if example.image is None:
                    raise MediaError("it has no picture")
                pictures[example.id] = load_image(example.image)
            except MediaError as error:
                yield Generated(example.id, error=str(error))
        if not pictures:
            return
        seen = np.concatenate([found["embedding"] for found in self.parts.sees(list(pictures.values()))])
        made = self._make(seen, [example_seed(seed, name) for name in pictures])
        for name, embedding, waveforms in zip(pictures, seen, made, strict=True):
            try:
                kept = self._nearest(embedding, waveforms) if len(waveforms) > 1 else 0
            except ValueError as error:
                yield Generated(name, error=str(error))
                continue
            notes = {"sentence": self.sentence, "kept": f"{kept + 1} of {len(waveforms)}"}
            yield Generated(name, waveforms[kept : kept + 1], self.parts.music.rate_hz, notes=notes)

    def _nearest(self, embedding: NDArray[np.float32], waveforms: NDArray[np.float32]) -> int:
        """Which of `[waveforms, samples]` sounds most like the picture."""
        return int(np.argmax(cosines(embedding, self.parts.hears(list(waveforms)))))

    def _make(self, seen: NDArray[np.float32], seeds: Sequence[int]) -> list[NDArray[np.float32]]:
        """`[candidates, samples]` for each of `[pictures, 1024]`."""
        music, options = self.parts.music, self.options
        return music.generate_from(
            self._states.expand(len(seen), -1, -1),
            music.hear(self.parts.projection(torch.from_numpy(seen).to(music.device))),
            seeds,
            float(options.seconds),
            int(options.candidates),
            RELEASED_TOKENS if int(options.released) else None,
        )


def cosines(
    embedding: NDArray[np.float32], heard: Sequence[Mapping[str, NDArray[np.float32]]]
) -> NDArray[np.float32]:
    """Of the picture's embedding `[1024]` with that of each heard clip, `[clips]`."""
    rows = np.concatenate([clip["embedding"] for clip in heard])
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(embedding)
    return np.asarray(rows @ embedding / lengths, np.float32)


def _built(name: str, tokens: int, **usual: int) -> Callable[..., Art2Mus]:
    @takes(Options)
    def build(device: str, weights: Mapping[str, Path], **options: Any) -> Art2Mus:
        set_by_user = Options(**{**usual, **options})
        path, sizes = weights["imagebind"] / imagebind.WEIGHTS, imagebind_network.HUGE
        vision, audio = (imagebind_network.load_tower(path, kind, sizes) for kind in ("vision", "audio"))
        folder = weights["audioldm2"]
        music = AudioLdm2(
            device, folder, set_by_user.negative, int(set_by_user.steps), float(set_by_user.guidance)
        )
        file = weights[f"art2mus_{name}"] / f"{FILES[name]}.safetensors"
        parts = Parts(
            imagebind.image_extractor(vision, device),
            imagebind.audio_extractor(audio, device, imagebind_audio.OLD),  # the authors pin pytorchvideo 0.1.5
            load(file, tokens, music.gpt2_width).to(device),
            music,
        )
        return Art2Mus(parts, set_by_user)

    build.__doc__ = f"Art2Mus with {name.replace('_', ' ')}; `options`: see Options."
    return build


FILES = {"1_token": "art2mus_img_proj_layer", "4_tokens": "art2mus_4_img_proj_layer"}
"""The authors' names of the projections' files, by variant."""
one_token, four_tokens = _built("1_token", 1), _built("4_tokens", 4)
one_token_released, four_tokens_released = _built("1_token", 1, released=1), _built("4_tokens", 4, released=1)
four_tokens_demo = _built("4_tokens", 4, released=1, candidates=CANDIDATES)
